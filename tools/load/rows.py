# rows.py: the rows of design section 7 that are measured, in groups that share their servers.

from .holding import latency, memory, wake
from .ingesting import sources, window
from .listening import listening
from .requesting import requests
from .rewinding import rewinding
from .storing import storing

GROUPS = [
    (requests, ["playlist", "segment"]),
    (latency, ["latency"]),
    (listening, ["raw", "icy", "offset"]),
    (memory, ["memory"]),
    (wake, ["wake"]),
    (sources, ["sources"]),
    (window, ["window"]),
    (storing, ["disk-memory", "disk-start", "download"]),
    (rewinding, ["cold"]),
]

# Rows in which peers take part: all that --peers-only can measure.
PEERS = {"playlist", "segment", "raw"}

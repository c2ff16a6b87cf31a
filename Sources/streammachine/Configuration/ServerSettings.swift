// ServerSettings: the configuration, checked.

import Logging
import Origin
import Segmenter

/// The configuration after every value has been checked.
struct ServerSettings {
    var bind = "0.0.0.0"
    var apiBind = "127.0.0.1"
    var port = 8001
    var sourcePort = 8002
    /// Where SHOUTcast encoders connect: by their custom the port above the source port.
    var shoutcastPort = 8003
    var apiPort = 8010
    var grid = SlotGrid.standard
    /// Length of the live playlists, seconds.
    var hlsWindow = 900
    /// Where the rewind is stored; `nil` when it is in memory alone.
    var store: StoreSettings?
    var logLevel = Logger.Level.info
    var logsJSON = false
    var streams: [StreamDefinition] = []
}

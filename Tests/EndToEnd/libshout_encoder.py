"""An encoder on libshout, paced by it: Debian's own `shout` program refuses --format mp3, whatever its --usage.

(`shout` 2.4.6 never clears SHOUT_USAGE_UNKNOWN, which the library does not accept with MP3. What goes over the wire is
the library's doing, so this drives the library.)
"""

from __future__ import annotations

import argparse
import ctypes
import ctypes.util
import sys
from pathlib import Path

FORMAT_MP3 = 1
PROTOCOLS = {"http": 0, "icy": 2}


def library() -> ctypes.CDLL:
    """libshout, with the types of what is used of it."""
    loaded = ctypes.CDLL(ctypes.util.find_library("shout") or "libshout.so.3")
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint
    loaded.shout_new.restype, loaded.shout_new.argtypes = pointer, []
    loaded.shout_get_error.restype, loaded.shout_get_error.argtypes = text, [pointer]
    for name in ("host", "user", "password", "mount"):
        getattr(loaded, f"shout_set_{name}").argtypes = [pointer, text]
    loaded.shout_set_port.argtypes = [pointer, ctypes.c_ushort]
    loaded.shout_set_protocol.argtypes = loaded.shout_set_format.argtypes = [pointer, number]
    loaded.shout_send.argtypes = [pointer, text, ctypes.c_size_t]
    loaded.shout_open.argtypes = loaded.shout_sync.argtypes = [pointer]
    loaded.shout_set_meta.argtypes = [pointer, text, text]
    return loaded


def main() -> None:
    """Connects and loops the file until it is told to stop or the server hangs up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True, help="with --protocol icy, libshout adds one to it")
    parser.add_argument("--mount", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--protocol", choices=sorted(PROTOCOLS), default="http")
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    shout = library()
    shout.shout_init()
    handle = shout.shout_new()

    def check(result: int, what: str) -> None:
        if result != 0:
            sys.exit(f"{what}: {shout.shout_get_error(handle).decode()}")

    check(shout.shout_set_host(handle, arguments.host.encode()), "host")
    check(shout.shout_set_port(handle, arguments.port), "port")
    check(shout.shout_set_user(handle, b"source"), "user")
    check(shout.shout_set_password(handle, arguments.password.encode()), "password")
    check(shout.shout_set_mount(handle, f"/{arguments.mount}".encode()), "mount")
    check(shout.shout_set_protocol(handle, PROTOCOLS[arguments.protocol]), "protocol")
    check(shout.shout_set_format(handle, FORMAT_MP3), "format")
    check(shout.shout_set_meta(handle, b"name", b"libshout"), "name")
    check(shout.shout_open(handle), "open")
    data = arguments.file.read_bytes()
    while True:
        for at in range(0, len(data), 4_096):
            piece = data[at:at + 4_096]
            check(shout.shout_send(handle, piece, len(piece)), "send")
            shout.shout_sync(handle)


if __name__ == "__main__":
    main()

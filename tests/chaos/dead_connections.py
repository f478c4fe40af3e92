"""Network connections that transfer nothing any more without any error, as behind a router that has lost its state.

A filter that drops all packets is set on both ends of every connection to a port, in any process: nothing is
acknowledged, not even keepalives. New connections work. Linux only; the sockets of a process can be changed by its
ancestors and by root.
"""

import ctypes
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

SO_ATTACH_FILTER = 26
PIDFD_GETFD = 438  # the same number on all architectures
RETURN_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF: accept 0 bytes of each packet
ESTABLISHED = "01"

_libc = ctypes.CDLL(None, use_errno=True)


def swallow(port: int) -> int:
    """Drop all packets of the connections to a local port; return the number of sockets that were changed."""
    if sys.platform != "linux":
        return 0
    inodes = _sockets_of(port)
    changed = 0
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            for entry in folder.iterdir():
                with suppress(OSError):
                    if os.readlink(entry) in inodes:
                        _drop_packets(int(folder.parent.name), int(entry.name))
                        changed += 1
    return changed


def _sockets_of(port: int) -> set[str]:
    """Return the sockets of established connections to the port, as links in /proc name them."""
    suffix = f":{port:04X}"
    sockets = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *rest = line.split()
        if state == ESTABLISHED and (local.endswith(suffix) or remote.endswith(suffix)):
            sockets.add(f"socket:[{rest[5]}]")
    return sockets


def _drop_packets(pid: int, number: int) -> None:
    """Set the filter on another process's socket. Raises OSError."""
    process = os.pidfd_open(pid)
    try:
        copied = _libc.syscall(PIDFD_GETFD, process, number, 0)
    finally:
        os.close(process)
    if copied < 0:
        raise OSError(ctypes.get_errno(), "the socket cannot be accessed")
    program = ctypes.create_string_buffer(RETURN_NOTHING, len(RETURN_NOTHING))
    with socket.socket(fileno=copied) as end:
        end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))

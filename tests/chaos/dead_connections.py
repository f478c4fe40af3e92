"""Network lines that pass nothing any more and end in no error, as behind a router that has lost its state.

A filter that lets nothing in is set on both ends of every connection to a port, in whatever process has it: nothing
is acknowledged, keepalives included. New connections pass. Linux only; a process may be asked for its sockets by
its ancestors and by root.
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
    """Have the connections to a port on this machine pass nothing any more; return how many ends were reached."""
    if sys.platform != "linux":
        return 0
    inodes = _ends_of(port)
    reached = 0
    for folder in Path("/proc").glob("[0-9]*/fd"):
        with suppress(OSError):
            for entry in folder.iterdir():
                with suppress(OSError):
                    if os.readlink(entry) in inodes:
                        _shut_out(int(folder.parent.name), int(entry.name))
                        reached += 1
    return reached


def _ends_of(port: int) -> set[str]:
    """The sockets of established connections to the port, as links in /proc name them."""
    wanted = f":{port:04X}"
    ends = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state, *rest = line.split()
        if state == ESTABLISHED and (local.endswith(wanted) or remote.endswith(wanted)):
            ends.add(f"socket:[{rest[5]}]")
    return ends


def _shut_out(pid: int, number: int) -> None:
    """Set the filter on another process's socket. Raises OSError."""
    process = os.pidfd_open(pid)
    try:
        copied = _libc.syscall(PIDFD_GETFD, process, number, 0)
    finally:
        os.close(process)
    if copied < 0:
        raise OSError(ctypes.get_errno(), "the socket cannot be reached")
    program = ctypes.create_string_buffer(RETURN_NOTHING, len(RETURN_NOTHING))
    with socket.socket(fileno=copied) as end:
        end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))

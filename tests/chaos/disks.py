"""Small disks that can be full: each in memory, in a mount namespace of this process and those that it starts.

They need root. They are gone with the last of these processes, whatever becomes of it.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNS = 0x20000
ROOM = 64 * 1024  # bytes left on a full one, less than anybody needs


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder of its own size."""

    folder: Path
    megabytes: int

    def fill(self) -> bool:
        """Leave no room; False where it could not be done."""
        status = os.statvfs(self.folder)
        used = (status.f_blocks - status.f_bfree) * status.f_frsize
        return self._resize(used + ROOM)

    def free(self) -> bool:
        """Give back the room."""
        return self._resize(self.megabytes << 20)

    def _resize(self, size: int) -> bool:
        command = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


def mount(folders: Sequence[Path], *, megabytes: int) -> list[Disk]:
    """Make each folder a disk; none where this is not root on Linux. Call it while the process has one thread."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return []
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
        return []
    made = []
    for folder in folders:
        for command in (
            ["mount", "--make-rprivate", "/"],
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder)],
        ):
            if subprocess.run(command, check=False, capture_output=True).returncode != 0:
                return []
        made.append(Disk(folder, megabytes))
    return made

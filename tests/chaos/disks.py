"""Small disks that can be filled: each in memory, in a mount namespace of this process and its children.

They need root, and disappear with the last of these processes.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNS = 0x20000
FREE_BYTES = 64 * 1024  # left on a full disk, less than any program needs


@dataclass(frozen=True, slots=True)
class Disk:
    """A folder with a limited size."""

    folder: Path
    megabytes: int

    def fill(self) -> bool:
        """Fill the disk; return False on failure."""
        status = os.statvfs(self.folder)
        used = (status.f_blocks - status.f_bfree) * status.f_frsize
        return self._resize(used + FREE_BYTES)

    def free(self) -> bool:
        """Restore the size; return False on failure."""
        return self._resize(self.megabytes << 20)

    def _resize(self, size: int) -> bool:
        command = ["mount", "-o", f"remount,size={size}", str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


def mount(folders: Sequence[Path], *, megabytes: int) -> list[Disk]:
    """Make each folder a disk and return them; empty unless root on Linux. Call it while the process has one thread."""
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

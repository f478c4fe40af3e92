"""Refuse network disks for SQLite: its WAL mode shares memory between processes, which does not work there."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# Names of network file systems on Linux and macOS. Without 9p, virtiofs and the like, which connect a virtual machine
# with its own host.
NETWORK = {
    *("nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afpfs", "afs", "coda", "webdav", "davfs"),
    *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "orangefs", "pvfs2"),
    *("fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse"),
    *("fuse.curlftpfs", "fuse.davfs2", "fuse.smbnetfs", "fuse.juicefs", "fuse.mount-s3", "fuse.blobfuse2"),
}


def refuse_network_disk(folder: Path) -> None:
    """Raise ImproperlyConfigured if the folder is on a network disk."""
    kind = file_system(folder, mounts())
    if kind in NETWORK:
        raise ImproperlyConfigured(
            f"SQLite cannot be used in {folder}, which is on a network disk ({kind}): processes would not see each "
            "other's changes. Set DATA_DIR (or DATABASE_URL) to a local disk, or use PostgreSQL."
        )


def file_system(folder: Path, mounted: dict[Path, str]) -> str | None:
    """Return the type of the file system that holds the folder; None: unknown."""
    folder = folder.resolve()
    return next((mounted[path] for path in (folder, *folder.parents) if path in mounted), None)


def mounts() -> dict[Path, str]:
    """Return the types of file systems by mount point (the last mounted wins); empty if they cannot be listed."""
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        return dict(_mounted_on_macos() if sys.platform == "darwin" else _mounted_on_linux())
    return {}


def _mounted_on_linux() -> Iterator[tuple[Path, str]]:
    for line in Path("/proc/self/mounts").read_bytes().splitlines():
        _, path, kind = line.split()[:3]
        # Spaces and other special characters are escaped in octal: \040.
        yield Path(path.decode("unicode_escape").encode("latin-1").decode(errors="surrogateescape")), kind.decode()


def _mounted_on_macos() -> Iterator[tuple[Path, str]]:
    listed = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=True).stdout
    for line in listed.splitlines():  # //me@server/share on /Volumes/share (smbfs, nodev, nosuid)
        path, _, options = line.partition(" on ")[2].rpartition(" (")
        yield Path(path), options.partition(",")[0].rstrip(")")

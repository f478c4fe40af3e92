"""Which disk a folder is on: SQLite in WAL mode shares memory between processes, which no network disk can."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# Names of file systems as Linux and macOS have them. Not 9p, virtiofs and the like: those are a virtual machine's own.
NETWORK = {
    *("nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "ncpfs", "afpfs", "afs", "coda", "webdav", "davfs"),
    *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "orangefs", "pvfs2"),
    *("fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse"),
    *("fuse.curlftpfs", "fuse.davfs2", "fuse.smbnetfs", "fuse.juicefs", "fuse.mount-s3", "fuse.blobfuse2"),
}


def refuse_network_disk(folder: Path) -> None:
    """Raise ImproperlyConfigured where the folder is on a network disk."""
    kind = file_system(folder, mounts())
    if kind in NETWORK:
        raise ImproperlyConfigured(
            f"SQLite cannot be used in {folder}, which is on a network disk ({kind}): its processes would not see each "
            "other's changes. Set DATA_DIR (or DATABASE_URL) to a local disk, or use PostgreSQL."
        )


def file_system(folder: Path, mounted: dict[Path, str]) -> str | None:
    """Return the kind of file system that holds the folder; None: unknown."""
    folder = folder.resolve()
    return next((mounted[place] for place in (folder, *folder.parents) if place in mounted), None)


def mounts() -> dict[Path, str]:
    """Return the file systems by where they are mounted, of two at one place the upper; none where it is not known."""
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        return dict(_mounted_on_macos() if sys.platform == "darwin" else _mounted_on_linux())
    return {}


def _mounted_on_linux() -> Iterator[tuple[Path, str]]:
    for line in Path("/proc/self/mounts").read_bytes().splitlines():
        _, place, kind = line.split()[:3]
        # Blanks and the like are octal there: \040.
        yield Path(place.decode("unicode_escape").encode("latin-1").decode(errors="surrogateescape")), kind.decode()


def _mounted_on_macos() -> Iterator[tuple[Path, str]]:
    listed = subprocess.run(["/sbin/mount"], capture_output=True, text=True, timeout=5, check=True).stdout
    for line in listed.splitlines():  # //me@server/share on /Volumes/share (smbfs, nodev, nosuid)
        place, _, options = line.partition(" on ")[2].rpartition(" (")
        yield Path(place), options.partition(",")[0].rstrip(")")

"""SQLite on a network disk is refused with a clear error, and each commit is synced to the disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from config import disks

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "smbfs"])
def test_a_network_disk_is_refused_with_a_clear_error(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disks, "mounts", lambda: {Path("/"): "ext4", tmp_path.resolve().parent: kind})
    with pytest.raises(ImproperlyConfigured, match=rf"network disk \({kind}\).*DATA_DIR.*PostgreSQL"):
        disks.refuse_network_disk(tmp_path)


@pytest.mark.parametrize(
    "kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "9p", "virtiofs", "apfs", "fuse.grpcfuse"]
)
def test_a_local_disk_is_accepted(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "mounts", lambda: {Path("/"): "nfs", tmp_path.resolve(): kind})
    disks.refuse_network_disk(tmp_path)


def test_an_unknown_disk_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks, "mounts", dict)
    disks.refuse_network_disk(tmp_path)


def test_escaped_characters_in_mount_points_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = b"server:/a /mnt/our\\040files nfs4 rw 0 0\nnone /mnt/\xd0\xb4 tmpfs rw 0 0\n"
    monkeypatch.setattr(Path, "read_bytes", lambda self: lines)
    found = dict(disks._mounted_on_linux())
    assert found == {Path("/mnt/our files"): "nfs4", Path("/mnt/д"): "tmpfs"}
    assert disks.file_system(Path("/mnt/our files/data"), found) == "nfs4"


def test_the_list_of_mounts_of_macos_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "/dev/disk3s1s1 on / (apfs, sealed, local)\n//me@nas/a on /Volumes/a b (smbfs, nodev)\n"
    done = subprocess.CompletedProcess([], 0, stdout=listed)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)
    assert dict(disks._mounted_on_macos()) == {Path("/"): "apfs", Path("/Volumes/a b"): "smbfs"}


@pytest.mark.engine("sqlite", reason="a setting of SQLite")
def test_sqlite_syncs_every_commit(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        assert cursor.fetchone() == (2,)  # FULL
    assert ("fullfsync=1" in str(settings.DATABASES["default"]["OPTIONS"]["init_command"])) == (
        sys.platform == "darwin"
    )


@pytest.mark.processes
def test_the_settings_refuse_a_network_disk(tmp_path: Path) -> None:
    refuse = "from config import disks; disks.mounts = lambda: {disks.Path('/'): 'nfs'}; import config.settings"
    env = os.environ | {"DATABASE_URL": "", "DATA_DIR": str(tmp_path)}
    refused = subprocess.run(
        [sys.executable, "-c", refuse], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert "SQLite cannot be used in" in refused.stderr

"""Write the database of this version with data, as the upgrade test of the next one reads it: `python -m tests.config.releases.seed`.

`make release` runs it. What it writes is a backup in text, so that both engines take it in.
"""

import json
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

FOLDER = Path(__file__).parent
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def write(version: str, backup: Path) -> None:
    """Write what a backup has into the folder of a version, and remove those of others."""
    for old in FOLDER.glob("*/manifest.json"):
        shutil.rmtree(old.parent)
    folder = FOLDER / version
    folder.mkdir()
    with ZipFile(backup) as archive:
        for name in archive.namelist():
            if content := archive.read(name):
                (folder / name).write_bytes(content.rstrip(b"\n") + b"\n")


def zipped(version: str, to: Path) -> Path:
    """Make the backup of a version again, of what `write` has written."""
    folder = FOLDER / version
    manifest = (folder / "manifest.json").read_text()
    with ZipFile(to, "w") as archive:
        archive.writestr("manifest.json", manifest)
        for table in json.loads(manifest)["tables"]:
            file = folder / f"{table['model']}.jsonl"
            archive.writestr(file.name, file.read_bytes() if file.exists() else b"")
    return to


def make_people() -> None:
    """Make the demo's people, and alice and bob with an object of each kind."""
    import time_machine
    from django.core.management import call_command

    from tests import make
    from tests.project.test_two_people import Hers

    with time_machine.travel(NOW, tick=False):
        call_command("demo", stdout=StringIO())
        hers = Hers(make.person("alice", time_zone="Pacific/Apia"))
        bob = make.person("bob", chat=True)
        make.client(bob).post("/api/tracks/", {"habit": hers.public.pk})
        weekly = {"frequency": "weekly", "weekdays": frozenset({0, 3})}
        make.log(make.track(bob, name="Run", schedule=weekly), "2026-11-23")


def main() -> None:
    """Make a database, and write it."""
    with tempfile.TemporaryDirectory() as data:
        os.environ |= {
            "DATABASE_URL": f"sqlite:///{data}/db.sqlite3",
            "DATA_DIR": data,
            "REDIS_URL": "redis://127.0.0.1:1/0",  # nothing listens: messages stay in the outbox
            "DJANGO_READ_DOT_ENV": "off",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.test.utils import setup_test_environment

        setup_test_environment()  # answers to the test client's host, sends no mail

        from config.backups.making import make_backup

        call_command("migrate", verbosity=0)
        make_people()
        backup = Path(data, "backup.zip")
        manifest = make_backup(backup, now=NOW)
        write(sys.argv[1], backup)
        print(f"{FOLDER / sys.argv[1]}: {manifest.rows} rows")


if __name__ == "__main__":
    main()

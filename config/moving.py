"""Move a whole installation from SQLite to PostgreSQL: a backup of the one, restored into the other."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from common import clock
from config.backups.archive import Manifest
from config.backups.making import make_backup
from config.env import database


class CannotMove(Exception):
    """The installation cannot be moved there; the message says why."""


def move(url: str) -> Manifest:
    """Copy all tables to the PostgreSQL database of a DATABASE_URL, which holds no accounts, and return what was copied.

    All rows are there, or none. Streaks are then counted there from the logs. Raises CannotMove.
    """
    if connections[DEFAULT_DB_ALIAS].vendor != "sqlite":
        raise CannotMove("This installation is not on SQLite: DATABASE_URL names another database.")
    try:
        wanted = database(url)
    except ValueError as error:
        raise CannotMove(f"The address of the target is wrong: {error}.") from error
    if "postgresql" not in str(wanted["ENGINE"]):
        raise CannotMove("The target must be PostgreSQL: postgres://user:password@host:5432/name.")
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:  # as private as the database
        backup = Path(folder, "move.zip")
        manifest = make_backup(backup, now=clock.now())
        _run("restore", str(backup), "--recount", url=url)
    return manifest


def _run(*command: str, url: str) -> None:
    """Run a management command on the target, in a process that knows no other database."""
    arguments = [sys.executable, str(settings.BASE_DIR / "manage.py"), *command]
    done = subprocess.run(
        arguments, env=os.environ | {"DATABASE_URL": url}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CannotMove(f"`manage.py {command[0]}` failed on the target:\n{done.stderr[-2000:]}")

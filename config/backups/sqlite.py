"""A copy of a SQLite database, made before it is migrated: the old version of the program can go on with it."""

import os
from datetime import datetime
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connections

KEPT = 3


def copy_database(folder: Path, *, now: datetime) -> Path:
    """Copy the SQLite database to a new file in the folder, which only its owner can read, and return its path.

    The copy is whole also while others write. The latest `KEPT` copies stay.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{now:%Y-%m-%d-%H%M%S}.sqlite3"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(path)])  # takes an empty file for none
    for old in sorted(folder.glob("*.sqlite3"))[:-KEPT]:
        old.unlink()
    return path

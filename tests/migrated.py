"""A migrated SQLite database, kept between runs: copying it takes a moment, migrating an empty one seconds.

It is named after the migrations and the pinned packages, so that a change of either makes it again. The first test
database is migrated in the ordinary way and kept; later ones begin as its copy, and Django's `migrate` finds nothing
left to do. (PostgreSQL's server is new in each run, and its migrations are part of what the run proves.)
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection

KEPT = 3  # this branch's, and those of others


def kept_file(folder: Path) -> Path:
    """The file that holds the tables of today's migrations, whether it is there yet or not."""
    digest = hashlib.sha256((settings.BASE_DIR / "requirements.lock").read_bytes())
    for app in apps.get_app_configs():
        if Path(app.path).parent == settings.BASE_DIR:
            for path in sorted(Path(app.path, "migrations").glob("*.py")):
                digest.update(f"{app.label}/{path.name}".encode() + path.read_bytes())
    return folder / f"{digest.hexdigest()[:16]}.sqlite3"


@contextmanager
def copied(file: Path) -> Iterator[None]:
    """Within, the test database in memory holds what the file holds, where there is one."""
    if not file.exists():
        yield
        return
    creation: Any = connection.creation
    # Such a database lives as long as a connection to it.
    with closing(sqlite3.connect(creation._get_test_db_name(), uri=True)) as target:
        with closing(sqlite3.connect(file)) as kept:
            kept.backup(target)
        yield


def keep(file: Path) -> None:
    """Write the test database to the file, unless another process did; remove the oldest."""
    if file.exists():
        return
    fresh = file.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(fresh)) as kept:
        connection.connection.backup(kept)
    fresh.rename(file)
    for old in sorted(file.parent.glob("*.sqlite3"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)

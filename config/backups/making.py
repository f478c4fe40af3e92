"""Making a backup: one state of the whole database, while the service runs on."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from config.backups.archive import ArchiveWriter, Manifest
from config.backups.values import columns_of, to_json

_CHUNK = 2000


def make_backup(
    path: Path, *, now: datetime, progress: Callable[[str, int], object] = lambda table, rows: None
) -> Manifest:
    """Write all tables to a new file that only its owner can read, and return what it holds.

    The file has its name once it is whole. Raises FileExistsError.
    """
    if path.exists():
        raise FileExistsError(path)
    connection = connections[DEFAULT_DB_ALIAS]
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with ArchiveWriter(part) as archive, _one_state(connection):
            for model in all_models():
                fields = columns_of(model)
                label = model._meta.label
                rows = archive.add_table(label, [field.attname for field in fields], _rows(model))
                progress(label, rows)
            manifest = archive.finish(
                made_at=now.isoformat(),
                engine=connection.vendor,
                migrations=sorted(MigrationRecorder(connection).applied_migrations()),
            )
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


def all_models() -> list[type[models.Model]]:
    """Return the models of all tables, those of many-to-many relations included."""
    return [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]


def _rows(model: type[models.Model]) -> Iterator[list[object]]:
    fields = columns_of(model)
    values = model._base_manager.order_by("pk").values_list(*(field.attname for field in fields))
    for row in values.iterator(chunk_size=_CHUNK):
        yield [to_json(field, value) for field, value in zip(fields, row, strict=True)]


@contextmanager
def _one_state(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Have all statements within read the same state, without keeping writers waiting."""
    begin = "BEGIN"
    if connection.vendor == "postgresql":
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
    with connection.cursor() as cursor:
        cursor.execute(begin)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK")

"""The archive of a backup: a zip of one JSON Lines file a table, and a manifest with counts and SHA-256 sums. Pure.

A row is a JSON list of its values, in the order of the table's columns.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

FORMAT, VERSION = "habit-tracker-backup", 1
MANIFEST = "manifest.json"

Migration = tuple[str, str]


class BadArchive(Exception):
    """A file that is no backup, or that is damaged. The text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Table:
    """What an archive holds of a table. `model`: as "app.Model"; `columns`: the names of its fields."""

    model: str
    columns: tuple[str, ...]
    rows: int
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.model}.jsonl"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `migrations`: those that had been applied, as (app, name); `made_at`: ISO 8601, UTC."""

    made_at: str
    engine: str
    migrations: tuple[Migration, ...]
    tables: tuple[Table, ...]

    @property
    def rows(self) -> int:
        """Return the number of all rows."""
        return sum(table.rows for table in self.tables)


class ArchiveWriter:
    """Write an archive, table by table. Used as a context manager; `finish` comes last."""

    def __init__(self, path: Path) -> None:
        self._zip = ZipFile(path, "w", ZIP_DEFLATED)
        self._tables: list[Table] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()

    def add_table(self, model: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Write the rows of a table, values as JSON has them. Return their number."""
        digest, count = hashlib.sha256(), 0
        with self._zip.open(f"{model}.jsonl", "w", force_zip64=True) as file:
            for row in rows:
                line = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"
                digest.update(line)
                file.write(line)
                count += 1
        self._tables.append(Table(model, tuple(columns), count, digest.hexdigest()))
        return count

    def finish(self, *, made_at: str, engine: str, migrations: Sequence[Migration]) -> Manifest:
        """Write the manifest and return it."""
        manifest = Manifest(made_at, engine, tuple(migrations), tuple(self._tables))
        content = {"format": FORMAT, "version": VERSION} | asdict(manifest)
        self._zip.writestr(MANIFEST, json.dumps(content, indent=1))
        return manifest


class ArchiveReader:
    """Read an archive. Raises BadArchive."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = ZipFile(path)
            content = json.loads(self._zip.read(MANIFEST))
            if (content["format"], content["version"]) != (FORMAT, VERSION):
                raise BadArchive(f"This is {content['format']} {content['version']}, not {FORMAT} {VERSION}.")
            self.manifest = Manifest(
                made_at=content["made_at"],
                engine=content["engine"],
                migrations=tuple((app, name) for app, name in content["migrations"]),
                tables=tuple(Table(**(each | {"columns": tuple(each["columns"])})) for each in content["tables"]),
            )
        except (BadZipFile, KeyError, TypeError, ValueError) as error:
            raise BadArchive(f"This file is no backup: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._zip.close()

    def rows(self, table: Table) -> Iterator[list[Any]]:
        """Yield the rows of a table, and raise BadArchive at its end if they are not those that were written."""
        digest, count = hashlib.sha256(), 0
        try:
            with self._zip.open(table.file) as file:
                for line in file:
                    digest.update(line)
                    count += 1
                    yield json.loads(line)
        except (BadZipFile, KeyError, OSError, ValueError) as error:
            raise BadArchive(f"{table.file} is damaged: {error}") from error
        if (count, digest.hexdigest()) != (table.rows, table.sha256):
            raise BadArchive(f"{table.file} is not as it was written: {count} of {table.rows} rows.")

    def check(self, progress: Callable[[Table], object] = lambda table: None) -> None:
        """Read everything once. Raises BadArchive."""
        for table in self.manifest.tables:
            for _ in self.rows(table):
                pass
            progress(table)

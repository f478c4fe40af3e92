"""`manage.py backup FILE`: write the whole database to a file that `restore` takes in, on either engine."""

import errno
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common import clock
from config.backups.making import make_backup


class Command(BaseCommand):
    help = "Writes the whole database to a new file, while the service runs on. The file is as private as the database."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = make_backup(file, now=clock.now(), progress=self.tell)
        except OSError as error:
            raise CommandError(f"The backup could not be written: {why(error, file)}") from error
        self.stdout.write(f"{file}: {manifest.rows} rows of {len(manifest.tables)} tables.")
        self.stdout.write("Keep SECRET_KEY (or DATA_DIR/secret_key) as well: without it sessions and links end.")

    def tell(self, table: str, rows: int) -> None:
        if rows:
            self.stdout.write(f"{rows:10} {table}")


def why(error: OSError, file: Path) -> str:
    """Return why a file cannot be written, for an operator to read."""
    if isinstance(error, FileExistsError):
        return f"{file} exists already. Name a new file, or remove that one."
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return f"there is no folder {file.parent}."
    if isinstance(error, PermissionError):
        return f"this user may not write into {file.parent}."
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"no space is left in {file.parent}."
    return str(error)

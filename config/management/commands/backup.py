"""`manage.py backup FILE`: write the whole database to a file that `restore` takes in, on either engine."""

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
            raise CommandError(f"The backup could not be written: {error}") from error
        self.stdout.write(f"{file}: {manifest.rows} rows of {len(manifest.tables)} tables.")
        self.stdout.write("Keep SECRET_KEY (or DATA_DIR/secret_key) as well: without it sessions and links end.")

    def tell(self, table: str, rows: int) -> None:
        if rows:
            self.stdout.write(f"{rows:10} {table}")

"""`manage.py restore FILE`: make the database what it was when the backup was made."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backups.archive import BadArchive
from config.backups.restoring import NotEmpty, restore_backup


class Command(BaseCommand):
    help = "Makes the database what it was when a backup was made, on either engine. Stop the service first."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="delete what the database has now")
        parser.add_argument("--recount", action="store_true", help="then recount all streaks and say which differ")

    def handle(self, *args: Any, file: Path, replace: bool, recount: bool, **options: Any) -> None:
        try:
            manifest = restore_backup(file, replace=replace, progress=self.tell)
        except NotEmpty as error:
            raise CommandError("The database has accounts. --replace deletes them, and everything else.") from error
        except (BadArchive, OSError) as error:
            raise CommandError(f"Nothing was changed. {error}") from error
        self.stdout.write(f"{manifest.rows} rows of {manifest.made_at} are back.")
        if recount:
            call_command("recount_streaks", stdout=self.stdout)

    def tell(self, table: str, rows: int) -> None:
        if rows:
            self.stdout.write(f"{rows:10} {table}")

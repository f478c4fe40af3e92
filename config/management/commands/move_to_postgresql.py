"""Management command: move this installation from SQLite to PostgreSQL."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.moving import CannotMove, move


class Command(BaseCommand):
    help = (
        "Copies every row of this installation's SQLite database to an empty PostgreSQL database, and checks the number of "
        "rows and all streaks there. Stop the service first; then set DATABASE_URL and start it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("database_url", help="postgres://user:password@host:5432/name")

    def handle(self, *args: Any, database_url: str, **options: Any) -> None:
        try:
            manifest = move(database_url)
        except CannotMove as error:
            raise CommandError(str(error)) from error
        for table in manifest.tables:
            if table.rows:
                self.stdout.write(f"{table.rows:10} {table.model}")
        self.stdout.write(f"Moved {manifest.rows} rows. All streaks count the same there.")
        self.stdout.write("Set DATABASE_URL to the new database, and start the service.")

"""`manage.py upgrade`: migrate the database; a SQLite database that has data is copied before."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from common import clock
from config.backups.sqlite import copy_database


class Command(BaseCommand):
    help = "Migrates the database. SQLite with older data is first copied to DATA_DIR/backups."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        applied = executor.loader.applied_migrations
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if not pending:
            self.stdout.write("Nothing to do: all migrations are applied.")
        if pending and applied and connection.vendor == "sqlite":
            try:
                path = copy_database(Path(settings.DATA_DIR) / "backups", now=clock.now())
            except OSError as error:
                raise CommandError(f"The database could not be copied before its migration: {error}") from error
            self.stdout.write(f"Copied the database to {path} before its migration.")
        call_command("migrate", interactive=False, verbosity=0)

"""Restoring a backup: the tables as they were, on either engine, then the migrations that have come since."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps.registry import Apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from psycopg2.extras import execute_values

from common.archiving import continue_numbers
from config.backups.archive import ArchiveReader, BadArchive, Manifest, Migration, Table
from config.backups.values import to_database
from integrations.models import ArchivedWebhook, WebhookDelivery
from notifications.models import ArchivedDelivery, Delivery
from users.models import User

_CHUNK = 1000


class NotEmpty(Exception):
    """The database has accounts, and replacing them was not asked for."""


def restore_backup(
    path: Path, *, replace: bool, progress: Callable[[str, int], object] = lambda table, rows: None
) -> Manifest:
    """Make the database what it was when the backup was made, migrated to this version; return what the backup holds.

    The backup is read whole before anything is changed, and a database of the same version is changed in one
    transaction. No process may use it meanwhile. Raises BadArchive, NotEmpty unless `replace`.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    with ArchiveReader(path) as archive:
        manifest = archive.manifest
        executor = MigrationExecutor(connection)
        _check_known(executor, manifest)
        archive.check()
        if not replace and _has_accounts(connection):
            raise NotEmpty
        if set(executor.loader.applied_migrations) != set(manifest.migrations):
            _drop_tables(connection)
            migrate_to(manifest.migrations)
        load(archive, executor.loader.project_state(list(manifest.migrations)).apps, progress=progress)
    call_command("migrate", verbosity=0)
    continue_numbers(Delivery, ArchivedDelivery)
    continue_numbers(WebhookDelivery, ArchivedWebhook)
    return manifest


def migrate_to(migrations: Sequence[Migration]) -> None:
    """Apply those of these migrations that are not applied yet, and no others."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    executor.migrate(_last_of_each_app(executor, migrations))


def load(
    archive: ArchiveReader, state: Apps, *, progress: Callable[[str, int], object] = lambda table, rows: None
) -> None:
    """Replace all rows by those of a backup, in one transaction, by the models of the version that made it."""
    connection = connections[DEFAULT_DB_ALIAS]
    with transaction.atomic():
        _empty_tables(connection, state)
        for table in archive.manifest.tables:
            _load(connection, archive, table, state)
            progress(table.model, table.rows)
        connection.check_constraints()
    _reset_sequences(connection, state)


def _check_known(executor: MigrationExecutor, manifest: Manifest) -> None:
    unknown = [name for name in manifest.migrations if name not in executor.loader.graph.nodes]
    if unknown:
        app, name = unknown[0]
        raise BadArchive(f"This backup is of a newer version: this one does not know the migration {app}.{name}.")


def _has_accounts(connection: BaseDatabaseWrapper) -> bool:
    return User._meta.db_table in connection.introspection.table_names() and User.everyone.exists()


def _drop_tables(connection: BaseDatabaseWrapper) -> None:
    cascade = " CASCADE" if connection.vendor == "postgresql" else ""
    with connection.constraint_checks_disabled(), connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}{cascade}")


def _last_of_each_app(executor: MigrationExecutor, migrations: Sequence[Migration]) -> list[Migration]:
    """Return the migrations that no other one of the same app builds on."""
    graph, those = executor.loader.graph, set(migrations)
    return [
        (app, name)
        for app, name in migrations
        if not any(child.key[0] == app and child.key in those for child in graph.node_map[app, name].children)
    ]


def _empty_tables(connection: BaseDatabaseWrapper, state: Apps) -> None:
    """Delete all rows, those that migrations filled in as well, and those that a later version's tables have of them."""
    tables = [model._meta.db_table for model in state.get_models(include_auto_created=True)]
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables, allow_cascade=True))


def _load(connection: BaseDatabaseWrapper, archive: ArchiveReader, table: Table, state: Apps) -> None:
    model = state.get_model(table.model)
    fields = [model._meta.get_field(name) for name in table.columns]
    rows = (
        [to_database(field, value, connection) for field, value in zip(fields, row, strict=True)]
        for row in archive.rows(table)
    )
    _insert(connection, model, fields, rows)


def _insert(
    connection: BaseDatabaseWrapper, model: type[models.Model], fields: Sequence[Any], rows: Iterator[list[Any]]
) -> None:
    quote = connection.ops.quote_name
    into = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(quote(field.column) for field in fields)}) VALUES "
    with connection.cursor() as cursor:
        while chunk := list(islice(rows, _CHUNK)):
            if connection.vendor == "postgresql":
                execute_values(cursor.cursor, f"{into}%s", chunk, page_size=_CHUNK)
            else:
                cursor.executemany(f"{into}({', '.join(['%s'] * len(fields))})", chunk)


def _reset_sequences(connection: BaseDatabaseWrapper, state: Apps) -> None:
    """Have new rows numbered after those that were loaded."""
    every = state.get_models(include_auto_created=True)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), every):
            cursor.execute(statement)

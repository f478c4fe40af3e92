"""What a migration may do while processes of the release before it are running: add. What they use goes one release later."""

import re
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.fields import NOT_PROVIDED

REMOVING_SQL = re.compile(r"\bDROP\s+(TABLE|COLUMN)\b|\bRENAME\b|\bSET\s+NOT\s+NULL\b", re.IGNORECASE)
# What a column may become, because all that was written to it still fits.
WIDER = {
    ("CharField", "TextField"),
    ("IntegerField", "BigIntegerField"),
    ("PositiveSmallIntegerField", "PositiveIntegerField"),
    ("SmallIntegerField", "IntegerField"),
}


def what_breaks(migration: Any, released: ProjectState) -> Iterator[str]:
    """Yield a sentence for each operation of a migration with which processes of a release could not go on.

    `released`: the models of that release. What came after it is free to change. What RunPython does is not looked at,
    nor whether a new constraint holds for what old processes write.
    """
    for operation in migration.operations:
        is_separate = isinstance(operation, operations.SeparateDatabaseAndState)
        for part in operation.database_operations if is_separate else [operation]:
            if why := _why(part, migration.app_label, released):
                yield f"{migration.app_label}.{migration.name}: {part.describe()}: {why}"


def _why(operation: Operation, app: str, released: ProjectState) -> str:
    match operation:
        case operations.RunSQL():
            return "it takes away what old processes use" if REMOVING_SQL.search(str(operation.sql)) else ""
        case operations.AddField() if _model(released, app, operation.model_name_lower):
            return "" if _may_be_left_out(operation.field) else "old processes insert rows without it"
        case operations.AlterField() if old := _field(released, app, operation.model_name_lower, operation.name):
            return _why_altered(old, operation.field)
        case operations.RemoveField() if _field(released, app, operation.model_name_lower, operation.name):
            return "old processes use it: remove it one release later"
        case operations.RenameField() if _field(released, app, operation.model_name_lower, operation.old_name):
            return "old processes use it by its old name"
        case operations.DeleteModel() | operations.AlterModelTable() if _model(released, app, operation.name_lower):
            return "old processes use it: remove it one release later"
        case operations.RenameModel() if _model(released, app, operation.old_name_lower):
            return "old processes use it by its old name"
    return ""


def _model(released: ProjectState, app: str, name: str) -> bool:
    return (app, name) in released.models


def _field(released: ProjectState, app: str, model: str, name: str) -> models.Field[Any, Any] | None:
    return released.models[app, model].fields.get(name) if _model(released, app, model) else None


def _why_altered(old: models.Field[Any, Any], new: models.Field[Any, Any]) -> str:
    kinds = old.get_internal_type(), new.get_internal_type()
    if kinds[0] != kinds[1] and kinds not in WIDER:
        return "old processes write values of the type that it had"
    if (new.max_length or 0) < (old.max_length or 0) and kinds[1] != "TextField":
        return "old processes write values as long as it had"
    if old.db_column != new.db_column:
        return "old processes use it by its old name"
    if _may_be_left_out(old) and not _may_be_left_out(new):
        return "old processes insert rows without it"
    return ""


def _may_be_left_out(field: models.Field[Any, Any]) -> bool:
    """Return whether a row can be inserted without the field, as code does that does not know it."""
    return bool(field.null or field.many_to_many or field.generated or field.db_default is not NOT_PROVIDED)

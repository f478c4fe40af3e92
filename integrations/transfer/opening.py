"""Open a file that came in, and describe it: the preview that the worker makes."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from integrations.models import Transfer
from integrations.transfer import imports, own_format, previews, restoring
from integrations.transfer.own_format import OwnExport
from integrations.transfer.reading.archives import MAGIC, open_archive
from integrations.transfer.reading.recognition import read_file
from integrations.transfer.reading.values import ImportedFile, Reading
from users.models import User


def open_file(content: bytes, user: User, choices: dict[str, Any], *, now: datetime) -> ImportedFile | OwnExport:
    """Return what a file has: one of another tracker, or an export of this service. Raises its refusals."""
    if content.startswith(MAGIC) and own_format.is_own(
        archive := open_archive(content, max_bytes=own_format.MAX_RESTORED_BYTES)
    ):
        return own_format.open_export(archive)
    reading = Reading(
        today=user.clock.day_of(now),
        zone=ZoneInfo(user.time_zone),
        max_gap_days=settings.HABIT_MAX_GAP_DAYS,
        date_order=choices.get("date_order", ""),
        mapping=choices.get("columns", {}),
    )
    return read_file(content, reading)


def described(found: ImportedFile | OwnExport, user: User) -> dict[str, Any]:
    """Return the columns of a transfer that say what its file has."""
    if isinstance(found, OwnExport):
        kind, source, preview = Transfer.Kind.RESTORE, restoring.SOURCE, restoring.preview_of(found, user)
    else:
        known = imports.known_keys(user, found.source, [habit.key for habit in found.habits])
        kind, source, preview = Transfer.Kind.IMPORT, found.source, previews.preview_of(found, known=known)
    return {"kind": kind, "source": source, "preview": preview, "total": len(found.habits)}

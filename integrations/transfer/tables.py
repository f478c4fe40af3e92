"""The logs of a track as a table for spreadsheets."""

import csv
import io
from collections.abc import Iterator

from integrations.transfer.rules import harmless
from tracking.models import HabitLog, HabitTrack
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import with_plan
from users.models import User

HEADER = ("day", "habit", "status", "amount", "unit", "note", "completed_at", "source")


def track_of(user: User, track_id: int) -> HabitTrack:
    """Return the user's track with its plan. Raises HabitTrack.DoesNotExist."""
    return with_plan(HabitTrack.objects.filter(user=user)).get(pk=track_id)


def csv_of(track: HabitTrack) -> Iterator[bytes]:
    """Yield the lines of the CSV, in UTF-8 with its mark, in order of day."""
    yield b"\xef\xbb\xbf" + _line(HEADER)
    plan, name = plan_of(track), harmless(track.habit.name)
    for log in HabitLog.objects.filter(track=track).order_by("day").iterator(chunk_size=1000):
        amount = "" if log.amount is None else str(log.amount)
        unit = harmless(plan.in_force(log.day).unit)
        completed_at = log.completed_at.isoformat() if log.completed_at else ""
        yield _line((str(log.day), name, log.status, amount, unit, harmless(log.note), completed_at, log.source))


def _line(cells: tuple[str, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()

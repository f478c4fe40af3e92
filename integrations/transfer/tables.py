"""The logs of a track as a table for spreadsheets."""

import csv
import io
from collections.abc import Iterator

from django.utils import translation
from django.utils.translation import gettext as _

from integrations.transfer.rules import harmless
from tracking.models import HabitLog, HabitTrack
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import with_plan
from users.models import User

HEADER = ("day", "habit", "status", "amount", "unit", "note", "completed_at", "source")


def track_of(user: User, track_id: int) -> HabitTrack:
    """Return the user's track with its plan. Raises HabitTrack.DoesNotExist."""
    return with_plan(HabitTrack.objects.filter(user=user)).get(pk=track_id)


def is_withheld(track: HabitTrack) -> bool:
    """Return whether the habit is another person's that the user has left, and nobody but its followers may see now."""
    return track.left_at is not None and not track.habit.is_published and track.habit.owner_id != track.user_id


def name_of(track: HabitTrack) -> str:
    """Return the name of the track's habit as the user may know it: its owner may have renamed it since they left."""
    if track.left_at is None or not is_withheld(track):
        return track.habit.name
    with translation.override(track.user.language):
        left_on = track.user.clock.day_of(track.left_at)
        return _("A habit that I left on %(day)s") % {"day": left_on}


def csv_of(track: HabitTrack) -> Iterator[bytes]:
    """Yield the lines of the CSV, in UTF-8 with its mark, in order of day."""
    yield b"\xef\xbb\xbf" + _line(HEADER)
    plan, name = plan_of(track), harmless(name_of(track))
    for log in HabitLog.objects.filter(track=track).order_by("day").iterator(chunk_size=1000):
        amount = "" if log.amount is None else str(log.amount)
        unit = harmless(plan.in_force(log.day).unit)
        completed_at = log.completed_at.isoformat() if log.completed_at else ""
        yield _line((str(log.day), name, log.status, amount, unit, harmless(log.note), completed_at, log.source))


def _line(cells: tuple[str, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()

"""What a log says of a day, as a value: what stood before a change, and can be set again to undo it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tracking.models import AmountAdded, HabitLog, HabitTrack


@dataclass(frozen=True, slots=True)
class DayContent:
    """Everything of a log that its user sets. Set again, it makes the log what it was."""

    status: str
    amount: Decimal | None
    note: str
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class LogWrite:
    """A log that was set, with the updated track, and what the day said before (None: nothing)."""

    log: HabitLog
    before: DayContent | None


@dataclass(frozen=True, slots=True)
class LogDeletion:
    """The updated track of a day that was cleared, and what the day said before (None: nothing)."""

    track: HabitTrack
    before: DayContent | None


def content_of(log: HabitLog | None) -> DayContent | None:
    """Return what a log says, or None without a log."""
    return None if log is None else DayContent(log.status, log.amount, log.note, log.completed_at)


def content_before(added: AmountAdded, log: HabitLog) -> DayContent | None:
    """Return what the day said before an addition, given its log after it: an addition changes no note."""
    if added.status_before is None:  # added by a version that did not keep it
        return content_of(log)
    if not added.status_before:
        return None
    return DayContent(added.status_before, added.amount_before, log.note, added.completed_before)

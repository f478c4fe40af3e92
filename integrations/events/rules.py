"""The numbers of events, and what the stored events of a day mean. Pure.

What is stored of events is a set: of several versions of the same event the greatest counts (`newest`), so the order in
which they arrive, repetitions and splits make no difference. The value of a day is calculated from the whole set.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import groupby

from common.errors import DomainError
from common.limits import MAX_AMOUNT, MIN_AMOUNT
from tracking.streaks.rules import Status

MAX_ITEMS = 1000  # of one request
MAX_ADAPTED_ITEMS = 5000  # of one request in a form that another program defines
MAX_REFUSALS_SHOWN = 100
MAX_TYPES = 200  # of one user
MAX_RULES = 50
MAX_EVENTS_OF_A_DAY = 3000  # of one type
MAX_KINDS = 50  # that are listed of a type
MAX_SOURCE_LENGTH = 40
MAX_TYPE_LENGTH = 100
MAX_MOMENT_LENGTH = 64  # of a date or an instant as text
MAX_KIND_LENGTH = 60
MAX_UNIT_LENGTH = 40
MAX_ID_LENGTH = 200
KEY_LENGTH = 40

VALUE_DIGITS, VALUE_DECIMALS = 15, 6
MAX_VALUE = Decimal(10) ** (VALUE_DIGITS - VALUE_DECIMALS)
FACTOR_DIGITS, FACTOR_DECIMALS = 14, 6
MIN_FACTOR = Decimal(1).scaleb(-FACTOR_DECIMALS)
MAX_FACTOR = Decimal(1_000_000)

KEPT_DAYS = 400  # with a rule
KEPT_DAYS_WITHOUT_RULE = 31  # one more than a new rule reads, since a day ends at different moments
REPLAYED_DAYS = 30
MAX_LENGTH = timedelta(days=7)  # from start to end of an event
CLOCK_TOLERANCE = timedelta(minutes=10)  # by which a device's clock may be ahead
MAX_TRACKS_AT_ONCE = 5  # that a request changes itself; the worker does the rest
MAX_DAYS_AT_ONCE = 400  # of a track in one transaction


class Mode(StrEnum):
    TOTAL = "total"
    DELTA = "delta"


class Aggregation(StrEnum):
    SUM = "sum"
    MAX = "max"
    LAST = "last"
    COUNT = "count"
    DURATION = "duration"


class Outcome(StrEnum):
    """What became of an event."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    NO_RULE = "no_rule"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event as it is stored. `key`: which event of its type it is; versions of the same event have the same key.

    `moment`: what it was true for: its end, else its start; of a bare date the end of the day. `peak`: the greatest
    value that any version had.
    """

    key: str
    day: date
    mode: Mode
    value: Decimal
    peak: Decimal
    unit: str = ""
    kind: str = ""
    start: datetime | None = None
    end: datetime | None = None
    moment: datetime

    @property
    def rank(self) -> tuple[object, ...]:
        """Return what orders versions of an event: the later, then the greater; the rest only makes the order total."""
        start, end = (each.isoformat() if each else "" for each in (self.start, self.end))
        return self.moment, self.value, self.day, start, end, self.kind, self.unit, self.mode

    @property
    def seconds(self) -> int:
        """Return the time from start to end; 0 if either is not known."""
        if self.start is None or self.end is None:
            return 0
        return (self.end - self.start) // timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a rule reads the events of a day. `kind`: only those of this kind; empty: all."""

    aggregation: Aggregation
    factor: Decimal
    kind: str
    only_raise: bool

    def takes(self, kind: str) -> bool:
        """Return whether the rule counts events of the kind."""
        return not self.kind or self.kind.casefold() == kind.casefold()


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """What a person has recorded for a day themselves; an empty status: nothing."""

    status: str = ""
    amount: Decimal | None = None


def newest(one: Event, other: Event) -> Event:
    """Return what is stored of two versions of an event: the greater one, with the peak of both.

    Commutative, associative and idempotent, which is why the order of arrival makes no difference.
    """
    return replace(max(one, other, key=lambda each: each.rank), peak=max(one.peak, other.peak))


def day_value(events: Iterable[Event], reading: Reading) -> Decimal | None:
    """Return the amount that a rule gives a day with these events; None if none of them counts.

    Only raising, a later value that is lower lowers nothing: the greatest that each event had counts.
    """
    found = [each for each in events if reading.takes(each.kind)]
    if not found:
        return None
    return amount_of(_aggregated(found, reading) * reading.factor)


def amount_of(value: Decimal) -> Decimal:
    """Return a value as an amount: from 0 to MAX_AMOUNT, with two decimals, half up."""
    return max(Decimal(0), min(value, MAX_AMOUNT)).quantize(MIN_AMOUNT, rounding=ROUND_HALF_UP)


def _aggregated(events: Collection[Event], reading: Reading) -> Decimal:
    match reading.aggregation:
        case Aggregation.COUNT:
            return Decimal(sum(each.value > 0 for each in events))
        case Aggregation.DURATION:
            return Decimal(sum(each.seconds for each in events)) / 60
        case Aggregation.SUM:
            return _sum(events, only_raise=reading.only_raise)
        case Aggregation.LAST if not reading.only_raise:
            return max(events, key=_order).value
    return max(each.peak if reading.only_raise else each.value for each in events)


def _sum(events: Collection[Event], *, only_raise: bool) -> Decimal:
    """Return the sum of a day: in order of time, a total says how much it is up to its moment, a delta adds to it.

    Totals of different kinds are totals of different things.
    """
    ordered = sorted(events, key=lambda each: (each.kind, _order(each)))
    return sum((_folded(group, only_raise) for _, group in groupby(ordered, key=lambda each: each.kind)), Decimal(0))


def _folded(events: Iterable[Event], only_raise: bool) -> Decimal:
    so_far = Decimal(0)
    for each in events:
        if each.mode == Mode.DELTA:
            so_far += max(Decimal(0), each.peak) if only_raise else each.value
        else:
            so_far = max(so_far, each.peak) if only_raise else each.value
    return so_far


def _order(event: Event) -> tuple[object, ...]:
    """Return the place of an event in its day. A total includes the deltas of its moment."""
    return event.moment, event.mode == Mode.TOTAL, event.value, event.key


def amount_to_record(value: Decimal | None, own: OwnEntry, *, daily_amount: Decimal, is_limit: bool) -> Decimal | None:
    """Return the amount that a day gets from events, or None if what the person recorded stands.

    It never lowers the person's own amount. A day that they skipped or missed changes once events complete it.
    """
    if value is None:
        return None
    if is_limit:
        return None if own.status == Status.SKIPPED else max(value, own.amount or Decimal(0))
    if value <= 0:
        return None
    if own.status in {Status.SKIPPED, Status.MISSED}:
        return value if value >= daily_amount else None
    return max(value, own.amount or Decimal(0))


def check_factor(factor: Decimal) -> None:
    """Raise DomainError out_of_range unless a rule can have the factor."""
    if not MIN_FACTOR <= factor <= MAX_FACTOR:
        raise DomainError("out_of_range", f"The factor must be from {MIN_FACTOR} to {MAX_FACTOR}.", "factor")

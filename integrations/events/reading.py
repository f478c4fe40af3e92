"""Reading events as others send them. Pure: `now` is a parameter.

Each item is read on its own, and refused on its own by a DomainError: devices send everything again, so one wrong item
must not keep back the others.
"""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from common.days import parse_day
from common.errors import DomainError
from integrations.events import rules
from integrations.events.rules import Event, Mode
from users.timing import DAY, Clock

_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_INSTANT = re.compile(r"(\d{4})-\d\d-\d\d[Tt ]\d\d:\d\d", re.ASCII)
_OFFSET_AFTER_SPACE = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)", re.ASCII)
_YEARS = range(1970, 2200)
_STEP = Decimal(1).scaleb(-rules.VALUE_DECIMALS)
SLEEP = "sleep"  # how the names of types begin whose day is that of their end


@dataclass(frozen=True, slots=True)
class TypedEvent:
    """An event with the name of its type."""

    type: str
    event: Event


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that an item gives: an instant, or a bare date."""

    day: date
    instant: datetime | None


def read_event(item: object, *, clock: Clock, now: datetime) -> TypedEvent:
    """Return the event of an item. Raises DomainError with a code that says what is wrong with it.

    `clock`: the user's, by which its day is found. What the form does not have is ignored.
    """
    if not isinstance(item, Mapping):
        raise DomainError("not_an_object", "An event is an object with type, value, start and mode.")
    name = text(item, "type", rules.MAX_TYPE_LENGTH)
    mode = item.get("mode")
    if mode not in [each.value for each in Mode]:
        raise DomainError("invalid_mode", "The mode is total or delta.", "mode")
    value = number(item.get("value"))
    kind = text(item, "kind", rules.MAX_KIND_LENGTH, required=False)
    given_id = text(item, "id", rules.MAX_ID_LENGTH, required=False)
    given_end = item.get("end")
    start = moment(item.get("start"), clock, "start")
    end = None if given_end is None or given_end == "" else moment(given_end, clock, "end")
    of_day = end if end and name.casefold().startswith(SLEEP) else start
    _check_times(start, end, of_day.day, clock=clock, now=now)
    event = Event(
        key=key_of(mode=Mode(mode), given_id=given_id, day=of_day.day, kind=kind, start=start, end=end),
        day=of_day.day,
        mode=Mode(mode),
        value=value,
        peak=value,
        unit=text(item, "unit", rules.MAX_UNIT_LENGTH, required=False),
        kind=kind,
        start=start.instant,
        end=end.instant if end else None,
        moment=_moment(start, end, clock),
    )
    return TypedEvent(name, event)


def key_of(*, mode: Mode, given_id: str, day: date, kind: str, start: Moment, end: Moment | None) -> str:
    """Return which event of its type it is: of a total its day, else its id, else its start and end."""
    if mode == Mode.TOTAL:
        identity = f"day:{day}:{kind}"
    elif given_id:
        identity = f"id:{given_id}"
    else:
        identity = f"at:{start.instant or start.day}:{(end.instant or end.day) if end else ''}"
    return hashlib.sha256(identity.encode()).hexdigest()[: rules.KEY_LENGTH]


def text(item: Mapping[str, object], field: str, max_length: int, *, required: bool = True) -> str:
    """Return a text of an item without surrounding spaces. Raises DomainError required, invalid_text, too_long."""
    given = item.get(field)
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) < 10**18:
        given = str(given)  # an id
    if given is None or given == "":
        if required:
            raise DomainError("required", f"An event needs {field}.", field)
        return ""
    if not isinstance(given, str) or not given.isprintable() or not given.strip():
        raise DomainError("invalid_text", f"{field} must be a text of one line.", field)
    if len(given.strip()) > max_length:
        raise DomainError("too_long", f"{field} can have up to {max_length} characters.", field)
    return given.strip()


def number(given: object) -> Decimal:
    """Return a value with VALUE_DECIMALS decimals. Raises DomainError required, invalid_value, value_out_of_range."""
    if given is None:
        raise DomainError("required", "An event needs a value.", "value")
    if isinstance(given, str) and _NUMBER.fullmatch(given.strip()):
        value = Decimal(given.strip())
    elif isinstance(given, float) and math.isfinite(given):
        value = Decimal(repr(given))
    elif isinstance(given, int) and not isinstance(given, bool):
        value = Decimal(given) if abs(given) < rules.MAX_VALUE else rules.MAX_VALUE
    else:
        raise DomainError("invalid_value", "The value must be a number.", "value")
    if abs(value) >= rules.MAX_VALUE:
        raise DomainError("value_out_of_range", f"The value must be less than {rules.MAX_VALUE}.", "value")
    return value.quantize(_STEP, rounding=ROUND_HALF_UP) + 0  # no negative zero


def moment(given: object, clock: Clock, field: str) -> Moment:
    """Return a time: a bare date, or an instant with its local day. One without an offset is in the user's zone.

    Raises DomainError required, invalid_time, day_out_of_range.
    """
    if given is None or given == "":
        raise DomainError("required", f"An event needs {field}.", field)
    written = _OFFSET_AFTER_SPACE.sub("", given.strip()) if isinstance(given, str) and len(given) <= 64 else ""
    try:
        if not _INSTANT.match(written):
            day = parse_day(written)
            _check_year(day.year, field)
            return Moment(day, None)
        _check_year(int(written[:4]), field)
        at = datetime.fromisoformat(written)
    except ValueError as error:
        raise DomainError("invalid_time", f"{field} must be YYYY-MM-DD, or that with a time.", field) from error
    instant = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(clock.zone))).astimezone(UTC)
    return Moment(clock.day_of(instant), instant)


def _moment(start: Moment, end: Moment | None, clock: Clock) -> datetime:
    """Return what an event is true for: its end, else its start; of a bare date the end of the day."""
    last = end or start
    return last.instant or start.instant or clock.start(last.day + DAY)


def _check_year(year: int, field: str) -> None:
    if year not in _YEARS:
        raise DomainError("day_out_of_range", f"{field} must be in the years {_YEARS[0]} to {_YEARS[-1]}.", field)


def _check_times(start: Moment, end: Moment | None, day: date, *, clock: Clock, now: datetime) -> None:
    """Raise DomainError end_before_start, too_long_period, future_day, in_future, too_old, skipped_date."""
    if end is not None:
        length = _beginning(end, clock) - _beginning(start, clock)
        if length < timedelta(0) and (start.instant is not None or end.day < start.day):
            raise DomainError("end_before_start", "The end is before the start.", "end")
        if length > rules.MAX_LENGTH:
            raise DomainError("too_long_period", f"An event lasts at most {rules.MAX_LENGTH.days} days.", "end")
    today = clock.day_of(now)
    if day > today:
        raise DomainError("future_day", "This day is in the future.", "start")
    if start.instant is not None and start.instant > now + rules.CLOCK_TOLERANCE:
        raise DomainError("in_future", "This time is in the future.", "start")
    if day <= today - rules.KEPT_DAYS * DAY:
        raise DomainError("too_old", f"Events are taken for the last {rules.KEPT_DAYS} days.", "start")
    if not clock.exists(day):
        raise DomainError("skipped_date", f"The time zone {clock.zone} skips this date.", "start")


def _beginning(at: Moment, clock: Clock) -> datetime:
    return at.instant or clock.start(at.day)

"""The service's own export format: a zip of JSON Lines with a manifest. What its records have, and how they are checked.

Pure. A file may come from anybody: a record that is not as expected refuses the whole file.

    manifest.json       format, version, when it was made, and rows and SHA-256 of each file
    habits.jsonl        a habit a line, with the versions of its schedule and its track
    logs/ID.jsonl       the logs of the habit with this id, in order of day
    pauses.jsonl        pauses of all habits together
    achievements.jsonl  what is held; judged again when it is restored
    memberships.jsonl   challenges and groups by name; for reading only
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from common.amounts import NotAnAmount, round_amount
from common.limits import MAX_AMOUNT, MAX_DESCRIPTION_LENGTH, MAX_ID, MAX_NAME_LENGTH
from habits.patterns import MAX_INTERVAL, Frequency
from habits.recurrence import WEEKDAYS, Schedule, Version
from habits.rules import MAX_HABITS, MAX_UNIT_LENGTH, GoalType
from integrations.transfer.reading.archives import Archive
from integrations.transfer.reading.documents import document_of
from integrations.transfer.reading.texts import can_be_stored
from integrations.transfer.reading.values import refusal
from notifications.reminders import rules as reminders
from tracking.goals.rules import MAX_DAYS, MAX_GOALS
from tracking.logs.rules import MAX_NOTE_LENGTH
from tracking.streaks.rules import Status
from tracking.tags import rules as tags
from tracking.tracks.rules import MAX_ICON_LENGTH

FORMAT, VERSION = "habit-tracker-export", 1
MANIFEST, HABITS, PAUSES = "manifest.json", "habits.jsonl", "pauses.jsonl"
ACHIEVEMENTS, MEMBERSHIPS = "achievements.jsonl", "memberships.jsonl"
MAX_RESTORED_BYTES = 500_000_000  # unpacked; a habit at a time is in memory
MAX_EXPORTED_HABITS = 10 * MAX_HABITS  # with those of others, also such as were left
MAX_ROWS_OF_A_FILE = 50_000  # there are 20,000 days since 1970
MAX_LISTED = 50_000  # versions, pauses and extensions of a habit: one a day at most
MAX_LINE = 2_000_000  # a habit whose schedule was edited daily for twenty years
SOURCES = frozenset({"web", "api", "telegram", "import", "event"})
REASONS = frozenset({"manual", "left", "archived"})

Record = Mapping[str, Any]
Check = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class OwnLog:
    """A log as it was: also its time, and by which way it came."""

    day: date
    status: Status
    amount: Decimal | None
    note: str
    completed_at: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class OwnPause:
    first_day: date
    last_day: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class OwnGoal:
    amount: Decimal
    days: int
    first_day: date
    deadline: date | None
    reached_on: date | None
    reached_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnReminder:
    local_time: time | None
    text: str
    is_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTrack:
    started_on: date
    windows_from: date | None
    archived_at: datetime | None
    colour: str
    icon: str
    position: int | None
    tags: tuple[str, ...]
    pauses: tuple[OwnPause, ...]
    goals: tuple[OwnGoal, ...]
    reminders: tuple[OwnReminder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnHabit:
    """A habit of an export. `is_own`: not followed; a followed one becomes one's own when it is restored.

    Where it was made, it is known by its id and its moment of creation: a database that begins again gives ids again.
    """

    id: int
    created_at: datetime
    is_own: bool
    name: str
    description: str
    action: str
    place: str
    time: time | None
    is_pleasant: bool
    reward: str
    linked_habit: int | None
    duration: int | None
    goal_type: GoalType
    start_date: date | None
    end_date: date | None
    extensions: tuple[tuple[date, date], ...]
    created_on: date
    is_published: bool
    versions: tuple[Version, ...]
    track: OwnTrack | None


@dataclass(frozen=True, slots=True)
class OwnExport:
    """An export that was checked against its manifest. Logs are read habit by habit."""

    archive: Archive
    origin: str
    habits: tuple[OwnHabit, ...]
    pauses: tuple[OwnPause, ...]
    rows: Mapping[str, int]

    def logs_of(self, habit: OwnHabit) -> list[OwnLog]:
        """Return the logs of a habit, in order of day."""
        name = logs_name(habit.id)
        return [_log(record) for record in _records(self.archive.read(name))] if name in self.archive.entries else []


def logs_name(habit_id: int) -> str:
    """Return the name of the file with the logs of a habit."""
    return f"logs/{habit_id}.jsonl"


def is_own(archive: Archive) -> bool:
    """Return whether the archive looks like an export of this service."""
    return MANIFEST in archive.entries and HABITS in archive.entries


def open_export(archive: Archive) -> OwnExport:
    """Return an export. Refuses one that is not as its manifest says, or that a newer version made."""
    manifest = document_of(archive.read(MANIFEST))
    if manifest.get("format") != FORMAT:
        raise refusal("unknown_format")
    if not isinstance(manifest.get("version"), int) or manifest["version"] > VERSION:
        raise refusal("newer_version")
    rows = _check_files(archive, manifest.get("files"))
    if rows[HABITS] > MAX_EXPORTED_HABITS:
        raise refusal("too_many_habits")
    if max(rows.values()) > MAX_ROWS_OF_A_FILE:
        raise refusal("too_many_rows")
    habits = tuple(_habit(record) for record in _records(archive.read(HABITS)))
    if len({habit.id for habit in habits}) < len(habits):
        raise refusal("unexpected_content")
    pauses = tuple(_pause(record) for record in (_records(archive.read(PAUSES)) if PAUSES in archive.entries else ()))
    return OwnExport(archive, _text(200)(manifest.get("origin")), habits, pauses, rows)


def line_of(record: Record) -> bytes:
    """Return a record as a line."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=_written).encode() + b"\n"


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    assert isinstance(value, Decimal)
    return str(value)


def _check_files(archive: Archive, listed: object) -> dict[str, int]:
    """Compare every file with the manifest, one after the other, and return the rows of each."""
    if not isinstance(listed, dict) or set(listed) != set(archive.names) - {MANIFEST}:
        raise refusal("damaged_archive")
    rows: dict[str, int] = {}
    before = archive.left
    for name, said in listed.items():
        content = archive.read(name)
        if not isinstance(said, dict) or said.get("sha256") != hashlib.sha256(content).hexdigest():
            raise refusal("damaged_archive")
        rows[name] = content.count(b"\n")
        if said.get("rows") != rows[name]:
            raise refusal("damaged_archive")
    archive.left = before  # they are read a second time, one after the other
    return rows


def _records(content: bytes) -> Iterator[Record]:
    # By the same sign as rows are counted: one that were split otherwise would have more than its manifest says.
    for line in content.removesuffix(b"\n").split(b"\n") if content else ():
        if len(line) > MAX_LINE:
            raise refusal("unexpected_content")
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise refusal("broken_json") from error
        if not isinstance(record, dict):
            raise refusal("unexpected_content")
        yield record


# --- what a value may be -------------------------------------------------------------------------------------------


def _text(longest: int) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > longest or not can_be_stored(value):
            raise refusal("unexpected_content")
        return value

    return check


def _integer(least: int, most: int) -> Check:
    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise refusal("unexpected_content")
        return value

    return check


def _one_of(choices: Callable[[str], Any] | frozenset[str]) -> Check:
    def check(value: Any) -> Any:
        if isinstance(choices, frozenset):
            if not isinstance(value, str) or value not in choices:
                raise refusal("unexpected_content")
            return value
        try:
            return choices(value)
        except ValueError as error:
            raise refusal("unexpected_content") from error

    return check


def _or_none(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _parsed(parse: Callable[[str], Any]) -> Check:
    def check(value: Any) -> Any:
        try:
            if not isinstance(value, str) or len(value) > 40:
                raise ValueError
            return parse(value)
        except (ValueError, OverflowError, NotAnAmount, ArithmeticError) as error:
            raise refusal("unexpected_content") from error

    return check


def _to_amount(written: str) -> Decimal:
    amount = round_amount(Decimal(written))
    if not 0 <= amount <= MAX_AMOUNT:
        raise ValueError("out of range")
    return amount


def _to_instant(written: str) -> datetime:
    instant = datetime.fromisoformat(written)
    if instant.tzinfo is None or not 1970 <= instant.year <= 9000:
        raise ValueError("no instant")
    return instant


def _to_time(written: str) -> time:
    found = time.fromisoformat(written)
    if found.tzinfo is not None:
        raise ValueError("no local time")
    return found


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise refusal("unexpected_content")
    return value


def _list(each: Check, longest: int = MAX_LISTED) -> Check:
    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > longest:
            raise refusal("unexpected_content")
        return tuple(each(one) for one in value)

    return check


def _pair(value: Any) -> tuple[date, date]:
    first, last = _list(_DAY, 2)(value) if isinstance(value, list) and len(value) == 2 else _fail()
    return first, last


def _fail() -> Any:
    raise refusal("unexpected_content")


_DAY, _INSTANT, _TIME, _AMOUNT = (
    _parsed(date.fromisoformat),
    _parsed(_to_instant),
    _parsed(_to_time),
    _parsed(_to_amount),
)
_NAME, _SMALL, _ID = _text(MAX_NAME_LENGTH), _integer(0, 32_767), _integer(1, MAX_ID)


def _checked(record: Any, fields: Mapping[str, Check]) -> dict[str, Any]:
    """Return the fields of a record, checked. Further fields are left alone: a later version may have them."""
    if not isinstance(record, Mapping) or not fields.keys() <= record.keys():
        raise refusal("unexpected_content")
    return {name: check(record[name]) for name, check in fields.items()}


_LOG_FIELDS: Mapping[str, Check] = {
    "day": _DAY,
    "status": _one_of(Status),
    "amount": _or_none(_AMOUNT),
    "note": _text(MAX_NOTE_LENGTH),
    "completed_at": _or_none(_INSTANT),
    "source": _one_of(SOURCES),
}
_PAUSE_FIELDS: Mapping[str, Check] = {"first_day": _DAY, "last_day": _or_none(_DAY), "reason": _one_of(REASONS)}
_GOAL_FIELDS: Mapping[str, Check] = {
    "amount": _AMOUNT,
    "days": _integer(1, MAX_DAYS),
    "first_day": _DAY,
    "deadline": _or_none(_DAY),
    "reached_on": _or_none(_DAY),
    "reached_at": _or_none(_INSTANT),
}
_REMINDER_FIELDS: Mapping[str, Check] = {
    "local_time": _or_none(_TIME),
    "text": _text(reminders.MAX_TEXT_LENGTH),
    "is_on": _boolean,
}
_SCHEDULE_FIELDS: Mapping[str, Check] = {
    "starts_on": _or_none(_DAY),
    "frequency": _one_of(Frequency),
    "interval": _integer(1, MAX_INTERVAL),
    "weekdays": _list(_one_of(frozenset(WEEKDAYS)), 7),
    "times_per_period": _integer(1, 366),
    "daily_amount": _AMOUNT,
    "unit": _text(MAX_UNIT_LENGTH),
    "limit_per_period": _or_none(_AMOUNT),
    "derives_times": _boolean,
}


def _log(record: Any) -> OwnLog:
    log = OwnLog(**_checked(record, _LOG_FIELDS))
    has_amount = log.amount is not None and (log.amount > 0 or log.status is Status.COUNTED)
    if has_amount != (log.status not in {Status.SKIPPED, Status.MISSED}):
        raise refusal("unexpected_content")
    return log


def _pause(record: Any) -> OwnPause:
    pause = OwnPause(**_checked(record, _PAUSE_FIELDS))
    if pause.last_day and pause.last_day < pause.first_day:
        raise refusal("unexpected_content")
    return pause


def _goal(record: Any) -> OwnGoal:
    goal = OwnGoal(**_checked(record, _GOAL_FIELDS))
    is_reached = goal.reached_on is not None
    if not goal.amount or is_reached != (goal.reached_at is not None):
        raise refusal("unexpected_content")
    if goal.deadline and goal.deadline < goal.first_day:
        raise refusal("unexpected_content")
    return goal


def _version(record: Any) -> Version:
    fields = _checked(record, _SCHEDULE_FIELDS)
    weekdays = frozenset(WEEKDAYS.index(day) for day in fields.pop("weekdays"))
    return Version(fields.pop("starts_on"), Schedule(weekdays=weekdays, **fields))


def _versions(value: Any) -> tuple[Version, ...]:
    versions: tuple[Version, ...] = _list(_version)(value)
    days = [version.starts_on for version in versions]
    later = [day for day in days[1:] if day is not None]
    if not versions or days[0] is not None or len(later) < len(days) - 1 or sorted(set(later)) != later:
        raise refusal("unexpected_content")
    return versions


_TRACK_FIELDS: Mapping[str, Check] = {
    "started_on": _DAY,
    "windows_from": _or_none(_DAY),
    "archived_at": _or_none(_INSTANT),
    "colour": _text(6),
    "icon": _text(MAX_ICON_LENGTH),
    "position": _or_none(_integer(0, 10**6)),
    "tags": _list(_text(tags.MAX_NAME_LENGTH), tags.MAX_PER_TRACK),
    "pauses": _list(_pause),
    "goals": _list(_goal, MAX_GOALS),
    "reminders": _list(lambda record: OwnReminder(**_checked(record, _REMINDER_FIELDS)), reminders.MAX_PER_TRACK),
}
_HABIT_FIELDS: Mapping[str, Check] = {
    "id": _ID,
    "created_at": _INSTANT,
    "is_own": _boolean,
    "name": _NAME,
    "description": _text(MAX_DESCRIPTION_LENGTH),
    "action": _NAME,
    "place": _NAME,
    "time": _or_none(_TIME),
    "is_pleasant": _boolean,
    "reward": _NAME,
    "linked_habit": _or_none(_ID),
    "duration": _or_none(_SMALL),
    "goal_type": _one_of(GoalType),
    "start_date": _or_none(_DAY),
    "end_date": _or_none(_DAY),
    "extensions": _list(_pair),
    "created_on": _DAY,
    "is_published": _boolean,
    "versions": _versions,
    "track": _or_none(lambda record: OwnTrack(**_checked(record, _TRACK_FIELDS))),
}


def _habit(record: Any) -> OwnHabit:
    return OwnHabit(**_checked(record, _HABIT_FIELDS))

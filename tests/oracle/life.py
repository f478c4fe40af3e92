"""The life of one track: what was done to it, in order, and what is on record after all of it.

A life holds all that is known; nothing in it is looked up elsewhere. Days are local days of the track's owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Any

from tests.oracle.dates import day_after, day_before, days, weekday
from tests.oracle.schedules import MAX_GAP_DAYS, Refused, Schedule, changed, times

WEEK_STARTS = ("mon", "sun", "sat")
MIN_DAYS_BETWEEN_WEEK_STARTS = 28


@dataclass(frozen=True)
class Entry:
    """What was said of a day: `done` (an amount, or None for the full amount), `skipped` or `missed`.

    Of a limit habit `done` is what the design calls counted: the amount of what happened.
    """

    kind: str = "done"
    amount: Fraction | None = None


DONE = Entry()
SKIPPED = Entry("skipped")
MISSED = Entry("missed")


def amount(value: int | str | Fraction) -> Entry:
    """Return an entry of an amount."""
    return Entry("done", Fraction(value))


@dataclass(frozen=True)
class Logged:
    """One write of entries: a tick of one day, or an import of many; None takes the day's entry back."""

    made_on: date
    entries: tuple[tuple[date, Entry | None], ...]


@dataclass(frozen=True)
class Edited:
    """A change of the schedule that names fields and takes effect on a day."""

    made_on: date
    effective: date
    named: tuple[tuple[str, Any], ...]
    earliest: date | None = None
    others_have_logs: bool = False


@dataclass(frozen=True)
class Paused:
    """A pause from first to last; last None: until it is ended."""

    made_on: date
    first: date
    last: date | None = None


@dataclass(frozen=True)
class PauseEnded:
    """The end of all pauses: none of them holds after the day `last`."""

    made_on: date
    last: date


@dataclass(frozen=True)
class StartDateSet:
    """A new start date of the habit, or none."""

    made_on: date
    start_date: date | None


@dataclass(frozen=True)
class EndDateSet:
    """A new end date of the habit, or none."""

    made_on: date
    end_date: date | None


@dataclass(frozen=True)
class WeekStartChosen:
    """A choice of the weekday on which the person's weeks start."""

    made_on: date
    weekday: str


Event = Logged | Edited | Paused | PauseEnded | StartDateSet | EndDateSet | WeekStartChosen


@dataclass(frozen=True)
class Life:
    """How a habit and a track of it began, and all that was done since, in order."""

    created: date
    schedule: Schedule
    track_started: date
    goal_type: str = "at_least"
    start_date: date | None = None
    end_date: date | None = None
    week_starts_on: str = "mon"
    events: tuple[Event, ...] = ()
    skipped_dates: frozenset[date] = frozenset()
    max_gap: int = MAX_GAP_DAYS

    @property
    def is_limit(self) -> bool:
        """Return whether this is a limit habit (at most)."""
        return self.goal_type == "at_most"

    def then(self, *events: Event) -> "Life":
        """Return the life with more events."""
        return replace(self, events=self.events + events)

    def log(self, day: date, entry: Entry | None = DONE, *, made_on: date | None = None) -> "Life":
        """Return the life with an entry for the day, made on that day unless said otherwise."""
        return self.then(Logged(made_on or day, ((day, entry),)))

    def log_all(self, *logged: date, entry: Entry | None = DONE) -> "Life":
        """Return the life with the same entry for each of the days, each made on its day."""
        life = self
        for day in logged:
            life = life.log(day, entry)
        return life

    def edit(self, made_on: date, effective: date | None = None, **named: Any) -> "Life":
        """Return the life with a change of the schedule, from the day it is made on unless said otherwise."""
        if "weekdays" in named:
            named["weekdays"] = frozenset(named["weekdays"])
        return self.then(Edited(made_on, effective or made_on, tuple(sorted(named.items()))))

    def pause(self, first: date, last: date | None = None, *, made_on: date | None = None) -> "Life":
        """Return the life with a pause."""
        return self.then(Paused(made_on or first, first, last))


@dataclass(frozen=True)
class Log:
    """A log on record."""

    entry: Entry


@dataclass(frozen=True)
class Extension:
    """An end date that had passed and was moved: the old end and the days that this pauses."""

    old_end: date
    paused: frozenset[date]


@dataclass
class Record:
    """What is on record after all events of a life."""

    life: Life
    start_date: date | None
    end_date: date | None
    versions: list[tuple[date, Schedule]]
    logs: dict[date, Log] = field(default_factory=dict)
    pauses: list[tuple[date, date | None]] = field(default_factory=list)
    extensions: list[Extension] = field(default_factory=list)
    week_starts: list[tuple[date, str]] = field(default_factory=list)
    windows_from: date | None = None

    def exists(self, day: date) -> bool:
        """Return whether the zone has the date."""
        return day not in self.life.skipped_dates

    def is_paused(self, day: date) -> bool:
        """Return whether a pause holds on the day, made by hand, by an extended end date or by an old log."""
        return (
            self.is_paused_by_hand(day) or self.is_unknown(day) or any(day in each.paused for each in self.extensions)
        )

    def is_unknown(self, day: date) -> bool:
        """Return whether a limit habit is paused on the day because of an earlier log.

        "A log for a day before the track's start pauses a limit habit ... to the day before the start": each day of
        which nothing is said (README, question 26).
        """
        is_before = self.track_first() <= day < self.life.track_started
        return self.life.is_limit and is_before and day not in self.logs

    def is_paused_by_hand(self, day: date) -> bool:
        """Return whether a pause holds on the day, leaving out those that an extended end date made."""
        return any(first <= day and (last is None or day <= last) for first, last in self.pauses)

    def version_on(self, day: date) -> Schedule:
        """Return the version in force on the day; the first one holds before its day too."""
        return [schedule for start, schedule in self.versions if start <= day or start == self.versions[0][0]][-1]

    def entry(self, day: date, today: date) -> Entry | None:
        """Return what is said of the day: "Days after today do not count yet"."""
        return self.logs[day].entry if day in self.logs and day <= today else None

    def is_completed(self, day: date, today: date) -> bool:
        """Return whether the day is "*completed* (amount ≥ daily_amount; "completed" alone means the full amount)".

        "A log is judged by the `daily_amount` in force on its day."
        """
        entry = self.entry(day, today)
        if entry is None or entry.kind != "done":
            return False
        return entry.amount is None or entry.amount >= self.version_on(day).daily_amount

    def is_skipped(self, day: date, today: date) -> bool:
        """Return whether the user says that the day does not count."""
        entry = self.entry(day, today)
        return entry is not None and entry.kind == "skipped"

    def counted_amount(self, day: date, today: date) -> Fraction:
        """Return how much of a limit habit happened: "a day without one counts as 0"."""
        entry = self.entry(day, today)
        return Fraction(0) if entry is None or entry.amount is None else entry.amount

    def track_first(self, today: date | None = None) -> date:
        """Return the first day of the track.

        "The day it was started or the day of its first log, whichever is earlier, but not before the habit's
        start_date: derived"; "any log begins a track".
        """
        logged = [day for day in self.logs if today is None or day <= today]
        first = min([self.life.track_started, *logged])
        return first if self.start_date is None else max(first, self.start_date)

    def anchor(self) -> date:
        """Return the day from which windows are counted where nothing cut them.

        "The habit's start date (creation day if none; as it stood at the first log)."
        """
        return self.windows_from or self.start_date or self.life.created

    def week_start_on(self, day: date) -> str:
        """Return the weekday on which weeks start by the choice that holds on the day."""
        return [self.life.week_starts_on, *[each for start, each in self.week_starts if start <= day]][-1]


@lru_cache(maxsize=4096)
def record(life: Life) -> Record:
    """Return what is on record after all events of the life; raise Refused for one that cannot be."""
    kept = Record(life, life.start_date, life.end_date, [(life.created, life.schedule)])
    for event in life.events:
        _apply(kept, event)
    return kept


def _apply(kept: Record, event: Event) -> None:
    """Apply one event to the record."""
    match event:
        case Logged():
            _log(kept, event)
        case Edited():
            _edit(kept, event)
        case Paused():
            kept.pauses.append((event.first, event.last))
        case PauseEnded():
            _end_pauses(kept, event.last)
        case StartDateSet():
            kept.start_date = event.start_date
        case EndDateSet():
            _set_end_date(kept, event)
        case WeekStartChosen():
            _choose_week_start(kept, event)


def _log(kept: Record, event: Logged) -> None:
    """Put or take back entries.

    "Future days are refused"; of a date that the zone skips "no log can be made" (one made elsewhere stays).
    """
    for day, entry in event.entries:
        if entry is None:
            kept.logs.pop(day, None)
        else:
            if entry.amount is not None and entry.amount < 0:
                raise Refused("amount", "0 or more")
            if kept.life.is_limit and entry.kind == "missed":
                raise Refused("status", "counted or skipped")
            kept.logs[day] = Log(entry)
    if not kept.logs:
        kept.windows_from = None
    elif kept.windows_from is None:
        kept.windows_from = kept.start_date or kept.life.created


def _edit(kept: Record, event: Edited) -> None:
    """Add a version, or change those that are there.

    "A change names fields: they change in the version in force from that day and in every later one, fields not named
    stay as each version has them. On the day the habit was created, or while nobody has a log of it, a change that
    takes effect today replaces the version in force instead." "A version equal to its neighbour" is no version: an edit
    that says what holds already leaves nothing behind that a later one would replace (README, question 30).
    """
    if event.effective < max(event.made_on, event.earliest or event.made_on):
        raise Refused("effective", "from today or a later day")
    named = dict(event.named)
    change: Mapping[str, Any] = {"goal_type": kept.life.goal_type, "max_gap": kept.life.max_gap, **named}
    nobody_has_logs = not kept.logs and not event.others_have_logs
    untouched = nobody_has_logs and not kept.life.is_limit  # README, fault 6
    replaces = event.effective == event.made_on and (event.made_on == kept.life.created or untouched)
    versions = list(kept.versions)
    if not replaces and event.effective not in dict(versions):
        versions.append((event.effective, kept.version_on(event.effective)))
        versions.sort(key=lambda version: version[0])
    starts = [start for start, _ in versions if start <= event.effective]
    since = starts[-1] if starts else versions[0][0]
    # "What was read can be sent back": a field that the version in force has already is not a change (README, question 31).
    now = dict(versions)[since]
    later = {
        name: value
        for name, value in change.items()
        if name not in named or not _has(now, name, value, kept.life.max_gap)
    }
    kept.versions = []
    for start, old in versions:
        version = old if start < since else changed(old, **(change if start == since else later))
        if kept.versions and _is_same(kept.versions[-1][1], version, kept.life.max_gap):
            start, _ = kept.versions.pop()  # only the words may differ: times that were left out, or said
        kept.versions.append((start, version))


def _has(schedule: Schedule, name: str, value: Any, max_gap: int) -> bool:
    """Return whether the schedule has the value already; the times also where they are derived."""
    if name == "times_per_period" and value is not None:
        return bool(times(schedule, max_gap) == value)
    if name == "weekdays":
        value = frozenset() if len(value) == 7 else frozenset(value)
    return bool(getattr(schedule, name) == value)


def _is_same(one: Schedule, other: Schedule, max_gap: int) -> bool:
    """Return whether two versions ask for the same."""
    alike = replace(one, times_per_period=None) == replace(other, times_per_period=None)
    return alike and times(one, max_gap) == times(other, max_gap)


def _end_pauses(kept: Record, last: date) -> None:
    """End all pauses with the day."""
    kept.pauses = [(first, last if end is None or end > last else end) for first, end in kept.pauses if first <= last]


def _set_end_date(kept: Record, event: EndDateSet) -> None:
    """Set the end date.

    "An end date is set to today or later. Extending one that has passed pauses the days after it up to yesterday."
    """
    if event.end_date is not None and event.end_date < event.made_on:
        raise Refused("end_date", "today or later")
    old_end = kept.end_date
    if old_end is not None and old_end < event.made_on:
        kept.extensions.append(Extension(old_end, frozenset(days(day_after(old_end), day_before(event.made_on)))))
    kept.end_date = event.end_date


def _choose_week_start(kept: Record, event: WeekStartChosen) -> None:
    """Note the day from which weeks start otherwise.

    "Another choice holds from the first such day after today that is at least 28 days after the last such cut";
    "a pending choice is replaced".
    """
    if event.weekday not in WEEK_STARTS:
        raise Refused("week_starts_on", "mon, sun or sat")
    kept.week_starts = [(start, choice) for start, choice in kept.week_starts if start <= event.made_on]
    if event.weekday == kept.week_start_on(event.made_on):
        return
    start = day_after(event.made_on)
    if kept.week_starts:
        start = max(start, kept.week_starts[-1][0] + timedelta(days=MIN_DAYS_BETWEEN_WEEK_STARTS))
    while weekday(start) != event.weekday or not kept.exists(start):
        start = day_after(start)
    kept.week_starts.append((start, event.weekday))


def check_log(life: Life, day: date, today: date) -> None:
    """Refuse a log for a day that is still to come, or that the zone skips."""
    if day > today:
        raise Refused("day", "future days are refused")
    if not record(life).exists(day):
        raise Refused("day", "the zone skips this date")


def local_day(wall: date, hour: int, day_starts_at: int, skipped_dates: frozenset[date] = frozenset()) -> date:
    """Return the local day of a moment on the wall clock.

    "Before `day_starts_at` it is still the last day before that the zone has."
    """
    day = wall
    if hour < day_starts_at:
        day = day_before(day)
        while day in skipped_dates:
            day = day_before(day)
    return day

"""Collect what a file says, mark by mark, and make habits with logs of it. Pure.

Only what a person said becomes a log; what the other tracker computed is not even collected. A note is never lost: on a
day on which nothing was said it stands on a missed log (of a limit habit: on an amount of 0).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import IntFlag
from functools import lru_cache

from common.amounts import NotAnAmount, round_amount
from common.limits import MAX_AMOUNT, MAX_DESCRIPTION_LENGTH
from habits.recurrence import DAY, Schedule
from habits.rules import FIRST_DAY, MAX_UNIT_LENGTH, GoalType
from integrations.transfer.reading.frequencies import EVERY_DAY, Proposal
from integrations.transfer.reading.texts import one_line, shortened, storable, title
from integrations.transfer.reading.values import (
    Ask,
    ImportedFile,
    ImportedHabit,
    ImportedLog,
    Reading,
    Skip,
    refusal,
)
from integrations.transfer.rules import MAX_IMPORTED_DAYS, MAX_IMPORTED_HABITS, MAX_LISTED_SKIPS, MAX_ROWS
from tracking.logs.rules import MAX_NOTE_LENGTH
from tracking.streaks.rules import Status, status_of
from tracking.tags import rules as tag_rules

ZERO, ONE = Decimal(0), Decimal(1)
MAX_REMINDERS = 5


class MarkKind(IntFlag):
    """What was said of a day. NOTHING: there is a row, without a statement."""

    NOTHING = 0
    MISSED = 1
    SKIPPED = 2
    AMOUNT = 4
    DONE = 8


@dataclass(slots=True)
class Mark:
    said: MarkKind
    amount: Decimal | None
    note: str


@dataclass(slots=True, kw_only=True, eq=False)
class HabitDraft:
    """A habit that is being read. `adds`: amounts of a day are added, otherwise the larger one counts."""

    collector: "Collector"
    name: str
    key: str = ""
    description: str = ""
    unit: str = ""
    colour: str = ""
    archived: bool = False
    goal_type: GoalType = GoalType.AT_LEAST
    schedule: Schedule = EVERY_DAY
    tags: list[str] = field(default_factory=list)
    reminders: list[str] = field(default_factory=list)
    start_date: date | None = None
    notices: set[str] = field(default_factory=set)
    marks: dict[date, Mark] = field(default_factory=dict)
    adds: bool = False

    def propose(self, proposal: Proposal) -> None:
        """Take the schedule that stands for the file's, with its notices; the amounts stay."""
        schedule, notices = proposal
        self.schedule = replace(schedule, daily_amount=self.schedule.daily_amount)
        self.notices |= notices

    def aim_at(self, amount: Decimal) -> None:
        """Set the daily amount, rounded; anything that cannot be one leaves 1, amount_unknown."""
        stored = stored_amount(amount)
        if stored is None or not ZERO < stored <= MAX_AMOUNT:
            self.notices.add("amount_unknown")
            return
        if stored != amount:
            self.notices.add("amount_rounded")
        self.schedule = replace(self.schedule, daily_amount=stored)

    def limit_to(self, amount: Decimal, schedule: Schedule) -> None:
        """Make it a limit habit with this limit, in the period of the schedule."""
        stored = stored_amount(amount)
        if stored is None or not ZERO <= stored <= MAX_AMOUNT:
            self.notices.add("amount_unknown")
            stored = ZERO
        elif stored != amount:
            self.notices.add("amount_rounded")
        self.goal_type = GoalType.AT_MOST
        self.schedule = Schedule(schedule.frequency, limit_per_period=stored)

    def mark(
        self, day: date, said: MarkKind, amount: Decimal | None = None, note: object = "", *, where: str = ""
    ) -> None:
        """Note a mark of a day. `where`: what names it, if it is left out; by default the habit and the day."""
        text = storable(note).strip() if note else ""
        if said or text:
            if why := self.collector.why_not(day):
                self.collector.skip(where or f"{self.name} {day}", why)
                return
            self.collector.count_mark()
        before = self.marks.get(day)
        if before is None:
            self.marks[day] = Mark(said, amount, text)
            return
        self.notices.add("days_merged")
        self._merge(before, said, amount, text)

    def _merge(self, mark: Mark, said: MarkKind, amount: Decimal | None, text: str) -> None:
        mark.said |= said
        if amount is not None:
            add = self.adds and mark.amount is not None
            mark.amount = (mark.amount or ZERO) + amount if add else max(amount, mark.amount or ZERO)
        if text and text not in mark.note.split("\n"):
            mark.note = f"{mark.note}\n{text}" if mark.note else text

    def count_one(self, day: date) -> None:
        """Add one event to a day, which is no second mark of it."""
        if why := self.collector.why_not(day):
            self.collector.skip(f"{self.name} {day}", why)
            return
        self.collector.count_mark()
        mark = self.marks.setdefault(day, Mark(MarkKind.AMOUNT, ZERO, ""))
        mark.amount = (mark.amount or ZERO) + 1


@dataclass(slots=True, kw_only=True)
class Collector:
    """All that is read of a file. Refuses it where it has too much."""

    source: str
    reading: Reading
    drafts: list[HabitDraft] = field(default_factory=list)
    notices: set[str] = field(default_factory=set)
    asks: list[Ask] = field(default_factory=list)
    columns: Sequence[str] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    skipped: list[Skip] = field(default_factory=list)
    skip_counts: Counter[str] = field(default_factory=Counter)
    marks: int = 0
    rows: int = 0

    def habit(self, name: object, *, where: str, key: object = "") -> HabitDraft | None:
        """Begin a habit, or skip it if nothing of its name can be seen. Refuses the file if there are too many."""
        visible = title(name)
        if not visible:
            self.skip(where, "no_name")
            return None
        if len(self.drafts) >= MAX_IMPORTED_HABITS:
            raise refusal("too_many_habits")
        draft = HabitDraft(collector=self, name=visible, key=one_line(str(key)) if key else "")
        self.drafts.append(draft)
        return draft

    def skip(self, what: object, why: str) -> None:
        """Note that something is left out."""
        self.skip_counts[why] += 1
        if len(self.skipped) < MAX_LISTED_SKIPS:
            self.skipped.append(Skip(shortened(one_line(what)), why))

    def count_row(self) -> None:
        """Count a row of the file. Refuses the file at the limit."""
        self.rows += 1
        if self.rows >= MAX_ROWS:
            raise refusal("too_many_rows")

    def count_mark(self) -> None:
        """Count something that a person said. Refuses the file above the limit."""
        self.marks += 1
        if self.marks > MAX_IMPORTED_DAYS:
            raise refusal("too_many_rows")

    def why_not(self, day: date) -> str:
        """Return why a day cannot have a log, or ""."""
        if day < FIRST_DAY:
            return "day_out_of_range"
        return "future_day" if day > self.reading.today else ""

    def finish(self) -> ImportedFile:
        """Return what was read, with habits in the order in which they were begun."""
        habits = tuple(self._finished())
        return ImportedFile(
            source=self.source,
            habits=habits,
            notices=frozenset(self.notices),
            skipped=tuple(self.skipped),
            skip_counts=self.skip_counts,
            asks=tuple(self.asks),
            columns=tuple(dict.fromkeys(name for name in self.columns if name)),
            mapping=self.mapping,
        )

    def _finished(self) -> Iterator[ImportedHabit]:
        names: Counter[str] = Counter()
        keys: set[str] = set()
        for draft in self.drafts:
            names[draft.name] += 1
            if names[draft.name] > 1:
                draft.notices.add("repeated_name")
            key = draft.key and f"id:{draft.key}"
            if not key or key in keys:
                key = f"name:{names[draft.name]}:{draft.name}"
            keys.add(key)
            yield _habit(draft, key)
            draft.marks = {}  # both at once would take twice the memory


@lru_cache(maxsize=4096)
def stored_amount(amount: Decimal) -> Decimal | None:
    """Return the amount with two decimals, or None if it is no number or beyond all bounds."""
    try:
        return round_amount(amount)
    except NotAnAmount:
        return None


def _habit(draft: HabitDraft, key: str) -> ImportedHabit:
    logs = tuple(_logs(draft))
    description = storable(draft.description).strip()
    name = shortened(draft.name)
    if name != draft.name:
        draft.notices.add("name_shortened")
        description = "\n".join(filter(None, [draft.name, description]))
    if len(description) > MAX_DESCRIPTION_LENGTH:
        draft.notices.add("description_shortened")
    unit = one_line(draft.unit)
    if len(unit) > MAX_UNIT_LENGTH:
        draft.notices.add("unit_shortened")
    return ImportedHabit(
        key=key,
        name=name,
        description=shortened(description, MAX_DESCRIPTION_LENGTH),
        goal_type=draft.goal_type,
        schedule=replace(draft.schedule, unit=shortened(unit, MAX_UNIT_LENGTH)),
        archived=draft.archived,
        tags=tuple(_tags(draft)),
        colour=draft.colour,
        reminders=tuple(dict.fromkeys(draft.reminders))[:MAX_REMINDERS],
        start_date=_start(draft, logs),
        notices=frozenset(draft.notices),
        logs=logs,
    )


def _tags(draft: HabitDraft) -> Iterable[str]:
    """Yield the tags that a track can have. Several spellings are one tag."""
    found: dict[str, str] = {}
    for each in draft.tags:
        name = title(each)
        if not name:
            continue
        short = shortened(name, tag_rules.MAX_NAME_LENGTH)
        while len(tag_rules.key_of(short)) > tag_rules.MAX_KEY_LENGTH:
            short = shortened(short, len(short) - 1)
        if short != name:
            draft.notices.add("tag_shortened")
        found.setdefault(tag_rules.key_of(short), short)
    if len(found) > tag_rules.MAX_PER_TRACK:
        draft.notices.add("tags_left_out")
    return list(found.values())[: tag_rules.MAX_PER_TRACK]


def _start(draft: HabitDraft, logs: tuple[ImportedLog, ...]) -> date | None:
    """Return where windows of n days begin, never after the first log; None for other schedules."""
    interval = draft.schedule.interval
    if interval == 1:
        return None
    done = (log.day for log in logs if log.amount is not None)
    start = draft.start_date or next(done, None)
    if start is None:
        return None
    start = max(start, FIRST_DAY)
    if logs and logs[0].day < start:
        windows = -((logs[0].day - start).days // interval)
        start -= windows * interval * DAY
        # Before the first day that there is, windows would not begin where the file has them.
        start = start if start >= FIRST_DAY else logs[0].day
    return start


def _logs(draft: HabitDraft) -> Iterator[ImportedLog]:
    for day in sorted(draft.marks):
        mark = draft.marks[day]
        note = shortened(mark.note, MAX_NOTE_LENGTH)
        if note != mark.note:
            draft.notices.add("note_shortened")
        log = _counted(draft, day, mark, note) if draft.goal_type is GoalType.AT_MOST else _done(draft, day, mark, note)
        if log is not None:
            yield log


def _done(draft: HabitDraft, day: date, mark: Mark, note: str) -> ImportedLog | None:
    """Return the log of a habit that is to be done: completed, partial, skipped, missed, the first that was said."""
    daily_amount = draft.schedule.daily_amount
    amount = _amount(draft, day, mark)
    if mark.said & MarkKind.DONE:
        amount = max(amount or ZERO, daily_amount)
    if amount:
        return ImportedLog(day, status_of(amount, daily_amount), amount, note)
    if mark.said & MarkKind.SKIPPED:
        return ImportedLog(day, Status.SKIPPED, None, note)
    is_zero = bool(mark.said & MarkKind.AMOUNT) and not mark.amount
    if mark.said & MarkKind.MISSED or is_zero:
        return ImportedLog(day, Status.MISSED, None, note)
    return _note_alone(draft, ImportedLog(day, Status.MISSED, None, note))


def _counted(draft: HabitDraft, day: date, mark: Mark, note: str) -> ImportedLog | None:
    """Return the log of a limit habit. A day of 0 needs none, unless it has a note."""
    amount = _amount(draft, day, mark)
    if amount:
        return ImportedLog(day, Status.COUNTED, amount, note)
    if mark.said & MarkKind.SKIPPED:
        return ImportedLog(day, Status.SKIPPED, None, note)
    zero = ImportedLog(day, Status.COUNTED, ZERO, note)
    if mark.said:
        return zero if note else None
    return _note_alone(draft, zero)


def _note_alone(draft: HabitDraft, log: ImportedLog) -> ImportedLog | None:
    if not log.note:
        return None
    draft.notices.add("note_on_undone_day")
    return log


def _amount(draft: HabitDraft, day: date, mark: Mark) -> Decimal | None:
    """Return the amount of a day as it is stored, or None if there is none or it cannot be stored."""
    if not mark.amount:
        return mark.amount
    stored = stored_amount(mark.amount)
    if stored is None or not -MAX_AMOUNT <= stored <= MAX_AMOUNT:
        draft.collector.skip(f"{draft.name} {day}", "unknown_value")
        return None
    if stored <= ZERO:
        draft.collector.skip(f"{draft.name} {day}", "amount_too_small" if mark.amount > 0 else "unknown_value")
        return None
    if stored != mark.amount:
        draft.notices.add("amount_rounded")
    return stored

"""Habitica's user data as JSON: only the tasks are looked into, never the account or its messages. Pure."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from common.parts import Part, parts_of
from habits.patterns import Frequency
from habits.recurrence import DAY, Schedule
from integrations.transfer.reading import frequencies
from integrations.transfer.reading.collecting import Collector, HabitDraft, MarkKind
from integrations.transfer.reading.documents import EPOCH, integer, list_of, number, part_of
from integrations.transfer.reading.frequencies import Proposal
from integrations.transfer.reading.values import ImportedFile, Reading

WEEKDAYS = {"m": 0, "t": 1, "w": 2, "th": 3, "f": 4, "s": 5, "su": 6}
MONTH, YEAR = 30, 365
NOT_HABITS = ("todos", "rewards")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def is_userdata(document: Part) -> bool:
    """Return whether the document looks like Habitica's user data."""
    tasks = part_of(document, "tasks")
    return "habits" in tasks or "dailys" in tasks


def read(document: Part, reading: Reading) -> ImportedFile:
    """Return what the document has: dailies first, then habits."""
    collector = Collector(source="habitica_json", reading=reading)
    tasks, preferences = part_of(document, "tasks"), part_of(document, "preferences")
    # The offset is positive to the west of Greenwich.
    offset = timedelta(minutes=-_within(integer(preferences.get("timezoneOffset")), 24 * 60))
    shift = offset - timedelta(hours=_within(integer(preferences.get("dayStart")), 23))
    tags = {str(tag.get("id")): str(tag.get("name")) for tag in parts_of(document, "tags")}
    for daily in parts_of(tasks, "dailys"):
        if draft := _draft(collector, daily, tags):
            draft.propose(_schedule(daily, collector.reading.max_gap_days))
            draft.start_date = _local_day(daily.get("startDate"), offset)
            _read_daily(draft, daily, shift)
    for habit in parts_of(tasks, "habits"):
        if not habit.get("up") and not habit.get("down"):
            collector.skip(habit.get("text"), "neither_plus_nor_minus")
        elif draft := _draft(collector, habit, tags):
            _read_habit(draft, habit, shift)
    for name in NOT_HABITS:
        if list_of(tasks, name):
            collector.skip(name, "not_habits")
    if document.get("inbox"):
        collector.skip("inbox", "not_habits")
    return collector.finish()


def _draft(collector: Collector, task: Part, tags: dict[str, str]) -> HabitDraft | None:
    draft = collector.habit(
        task.get("text"), where=f"task {task.get('id')}", key=task.get("id") or task.get("_id") or ""
    )
    if draft is None:
        return None
    draft.description = task["notes"] if isinstance(task.get("notes"), str) else ""
    draft.tags += [tags[str(each)] for each in list_of(task, "tags") if str(each) in tags]
    if list_of(task, "checklist"):
        draft.notices.add("checklist_left_out")
    return draft


def _schedule(daily: Part, max_gap_days: int) -> Proposal:
    frequency, every = daily.get("frequency"), integer(daily.get("everyX"), 1)
    if every < 1:
        return frequencies.unknown()
    if frequency == "daily":
        return frequencies.times_in_days(1, every, max_gap_days=max_gap_days)
    if frequency == "weekly":
        repeat = part_of(daily, "repeat")
        weekdays = frozenset(number for name, number in WEEKDAYS.items() if repeat.get(name) is True)
        return frequencies.on_weekdays(weekdays, every=every, max_gap_days=max_gap_days)
    if frequency == "monthly":
        times = len(list_of(daily, "daysOfMonth")) or len(list_of(daily, "weeksOfMonth")) or 1
        return frequencies.times_in_days(times, MONTH * every, max_gap_days=max_gap_days)
    if frequency == "yearly":
        return frequencies.times_in_days(1, YEAR * every, max_gap_days=max_gap_days)
    return frequencies.unknown()


def _read_daily(draft: HabitDraft, daily: Part, shift: timedelta) -> None:
    for entry in parts_of(daily, "history"):
        day = _day_of(draft, entry, shift)
        if day is None:
            continue
        if "completed" not in entry:
            draft.collector.skip(f"{draft.name} {day}", "mean_of_a_period")
        elif entry["completed"] is True:
            draft.mark(day, MarkKind.DONE)
        elif entry.get("isDue") is True:  # written by the next day's first visit
            draft.mark(day - DAY if day > date.min else day, MarkKind.MISSED)


def _read_habit(draft: HabitDraft, habit: Part, shift: timedelta) -> None:
    is_limit = not habit.get("up")
    if is_limit:
        draft.limit_to(Decimal(0), Schedule(Frequency.DAILY))
    else:
        draft.propose(frequencies.unknown())
    for entry in parts_of(habit, "history"):
        day = _day_of(draft, entry, shift)
        if day is None:
            continue
        if "scoredUp" not in entry and "scoredDown" not in entry:
            draft.collector.skip(f"{draft.name} {day}", "mean_of_a_period")
            continue
        ups, downs = (number(entry.get(name)) or Decimal(0) for name in ("scoredUp", "scoredDown"))
        if is_limit:
            if downs:
                draft.mark(day, MarkKind.AMOUNT, downs)
        elif ups:
            draft.mark(day, MarkKind.AMOUNT, ups)
        elif downs:
            draft.mark(day, MarkKind.MISSED)


def _day_of(draft: HabitDraft, entry: Part, shift: timedelta) -> date | None:
    draft.collector.count_row()
    milliseconds = number(entry.get("date"))
    try:
        if milliseconds is None:
            raise ValueError
        return (datetime.combine(EPOCH, datetime.min.time()) + timedelta(milliseconds=int(milliseconds)) + shift).date()
    except (ValueError, OverflowError):
        draft.collector.skip(f"{draft.name} {entry.get('date')}", "not_a_day")
        return None


def _local_day(instant: object, offset: timedelta) -> date | None:
    if not isinstance(instant, str) or not _INSTANT.fullmatch(instant):
        return None
    try:
        at = datetime.fromisoformat(instant)
        return (at.replace(tzinfo=None) - (at.utcoffset() or timedelta(0)) + offset).date()
    except (ValueError, OverflowError):
        return None


def _within(value: int, most: int) -> int:
    return value if abs(value) <= most else 0

"""Table Habit's (mhabit) JSON. Pure. Days are counted since 1970-01-01."""

import json
from decimal import Decimal

from common.parts import Part, parts_of
from habits.patterns import Frequency
from habits.recurrence import Schedule
from integrations.transfer.reading import frequencies
from integrations.transfer.reading.collecting import Collector, HabitDraft, MarkKind
from integrations.transfer.reading.documents import day_since_epoch, integer, number
from integrations.transfer.reading.values import ImportedFile, Reading

WEEKLY, MONTHLY, OWN = 1, 2, 3  # freq_type
DELETED, ARCHIVED = 2, 3  # status
LIMIT = 2  # type
NOTHING, DONE, SKIPPED = 0, 1, 2  # record_type
COLOURS = {5: "#009688"}  # of the others it is not certain how they look
OPAQUE = 0xFFFFFF


def is_table_habit(document: Part) -> bool:
    """Return whether the document looks like one of Table Habit."""
    habits = list(parts_of(document, "habits"))
    return bool(habits) and all("freq_type" in habit and "record_date" not in habit for habit in habits)


def read(document: Part, reading: Reading) -> ImportedFile:
    """Return what the document has."""
    collector = Collector(source="table_habit_json", reading=reading)
    groups = {str(group.get("uuid")): str(group.get("name") or "") for group in parts_of(document, "groups")}
    for number_, habit in enumerate(parts_of(document, "habits"), 1):
        if habit.get("status") == DELETED:
            collector.skip(habit.get("name"), "deleted_there")
            continue
        draft = collector.habit(habit.get("name"), where=f"habit {number_}", key=habit.get("uuid") or "")
        if draft is None:
            continue
        draft.tags += filter(None, [groups.get(str(habit.get("group_id")), "")])
        _read_habit(draft, habit)
    return collector.finish()


def _read_habit(draft: HabitDraft, habit: Part) -> None:
    draft.description = habit["desc"] if isinstance(habit.get("desc"), str) else ""
    draft.unit = habit["daily_goal_unit"] if isinstance(habit.get("daily_goal_unit"), str) else ""
    draft.archived = habit.get("status") == ARCHIVED
    draft.colour = _colour(habit)
    _read_reminder(draft, habit.get("reminder"))
    goal = number(habit.get("daily_goal"))
    if habit.get("type") == LIMIT:
        most = number(habit.get("daily_goal_extra"))
        draft.limit_to((most if most is not None else goal) or Decimal(0), Schedule(Frequency.DAILY))
    else:
        _read_schedule(draft, habit)
        if goal is not None and goal != 1:
            draft.aim_at(goal)
    for record in parts_of(habit, "records"):
        draft.collector.count_row()
        day = day_since_epoch(record.get("record_date"))
        if day is None:
            draft.collector.skip(f"{draft.name} {record.get('record_date')}", "not_a_day")
            continue
        kind, value = record.get("record_type"), number(record.get("record_value"))
        said = {NOTHING: MarkKind.NOTHING, DONE: MarkKind.AMOUNT, SKIPPED: MarkKind.SKIPPED}.get(integer(kind, -1))
        if said is None or (said is MarkKind.AMOUNT and value is None):
            draft.collector.skip(f"{draft.name} {day}", "unknown_value")
            said = MarkKind.NOTHING
        draft.mark(day, said, value if said is MarkKind.AMOUNT else None, record.get("reason"))


def _read_schedule(draft: HabitDraft, habit: Part) -> None:
    own = _parsed(habit.get("freq_custom"))
    numbers = [*(integer(each) for each in own), 0, 0] if isinstance(own, list) else [0, 0]
    days = {WEEKLY: 7, MONTHLY: 30}.get(integer(habit.get("freq_type")))
    num, den = (numbers[0], numbers[1] if days is None else days)
    draft.propose(frequencies.times_in_days(num, den, max_gap_days=draft.collector.reading.max_gap_days))
    if draft.schedule.interval > 1:
        draft.start_date = day_since_epoch(habit.get("start_date"))


def _read_reminder(draft: HabitDraft, written: object) -> None:
    reminder = _parsed(written)
    time = reminder.get("time") if isinstance(reminder, dict) else None
    if not isinstance(reminder, dict) or not isinstance(time, dict):
        return
    hour, minute = integer(time.get("hour"), -1), integer(time.get("minute"), -1)
    if 0 <= hour < 24 and 0 <= minute < 60:
        draft.reminders.append(f"{hour:02d}:{minute:02d}")
        if reminder.get("extra"):
            draft.notices.add("reminder_on_some_days")


def _colour(habit: Part) -> str:
    own = number(habit.get("custom_color"))
    if own is not None and own >= 0:
        return f"#{int(own) & OPAQUE:06x}"
    return COLOURS.get(integer(habit.get("color")), "")


def _parsed(written: object) -> object:
    """Return the value of a JSON text within the JSON; None for what is none."""
    if not isinstance(written, str) or len(written) > 1000:
        return None
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        return None

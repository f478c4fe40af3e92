"""Beaver Habit Tracker's JSON. Pure. `backup` may have a bot's token and is not looked into."""

from common.parts import Part, parts_of
from integrations.transfer.reading import frequencies
from integrations.transfer.reading.collecting import Collector, HabitDraft, MarkKind
from integrations.transfer.reading.documents import day_of, integer, list_of, part_of
from integrations.transfer.reading.values import ImportedFile, Reading

DAYS = {"D": 1, "W": 7, "M": 30, "Y": 365}


def is_beaver(document: Part) -> bool:
    """Return whether the document looks like one of Beaver."""
    habits = list(parts_of(document, "habits"))
    records = [each for habit in habits for each in list_of(habit, "records")[:1]]
    return bool(habits) and all(isinstance(each, dict) and "day" in each for each in records)


def read(document: Part, reading: Reading) -> ImportedFile:
    """Return what the document has: starred habits first, then in its order, archived ones last."""
    collector = Collector(source="beaver_json", reading=reading)
    order = {str(each): number for number, each in enumerate(list_of(document, "order"))}
    places = {}
    for number, habit in enumerate(parts_of(document, "habits"), 1):
        name = habit.get("name")
        if habit.get("status") == "soft_delete":
            collector.skip(name, "deleted_there")
            continue
        draft = collector.habit(name, where=f"habit {number}", key=habit.get("id") or "")
        if draft is None:
            continue
        draft.archived = habit.get("status") == "archive"
        places[id(draft)] = (draft.archived, not habit.get("star"), order.get(str(habit.get("id")), len(order)), number)
        _read_habit(draft, habit)
    collector.drafts.sort(key=lambda draft: places[id(draft)])
    if document.get("backup"):
        collector.skip("backup", "secret_not_read")
    return collector.finish()


def _read_habit(draft: HabitDraft, habit: Part) -> None:
    draft.tags += [each for each in list_of(habit, "tags") if isinstance(each, str)]
    period = part_of(habit, "period")
    if period:
        den = DAYS.get(str(period.get("period_type")), 0) * integer(period.get("period_count"), 1)
        num = integer(period.get("target_count"), 1)
        draft.propose(frequencies.times_in_days(num, den, max_gap_days=draft.collector.reading.max_gap_days))
    for record in parts_of(habit, "records"):
        draft.collector.count_row()
        day = day_of(record.get("day"))
        if day is None:
            draft.collector.skip(f"{draft.name} {record.get('day')}", "not_a_day")
            continue
        said = MarkKind.DONE if record.get("done") is True else MarkKind.NOTHING
        draft.mark(day, said, None, record.get("text"))

"""HabitTrove's backup. Pure. `auth.json` has hashes of passwords and is not opened."""

import json
import re
from datetime import date, datetime, tzinfo
from zoneinfo import ZoneInfo

from common.parts import Part, parts_of
from integrations.transfer.reading import frequencies
from integrations.transfer.reading.archives import Archive
from integrations.transfer.reading.collecting import Collector, HabitDraft
from integrations.transfer.reading.documents import day_of, document_of, list_of, number, part_of
from integrations.transfer.reading.frequencies import Proposal
from integrations.transfer.reading.values import ImportedFile, Reading

FOLDERS = ("", "data/")
SECRETS, KNOWN = {"auth.json"}, {"habits.json", "settings.json"}
DAYS = {"DAILY": 1, "WEEKLY": 7, "MONTHLY": 30, "YEARLY": 365}
WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def folder_of(archive: Archive) -> str | None:
    """Return where the files of HabitTrove lie in the archive, or None if it has none."""
    return next((folder for folder in FOLDERS if f"{folder}habits.json" in archive.entries), None)


def read(archive: Archive, reading: Reading) -> ImportedFile:
    """Return what the backup has. Its instants become days of its own time zone."""
    collector = Collector(source="habittrove_zip", reading=reading)
    folder = folder_of(archive) or ""
    zone = _zone(archive, folder) or reading.zone
    for habit in parts_of(document_of(archive.read(f"{folder}habits.json")), "habits"):
        if habit.get("isTask"):
            collector.skip(habit.get("name"), "task_not_habit")
            continue
        draft = collector.habit(habit.get("name"), where=f"habit {habit.get('id')}", key=habit.get("id") or "")
        if draft is None:
            continue
        _read_habit(draft, habit, zone)
    for name in sorted(archive.names):
        file = name.removeprefix(folder)
        if file.endswith(".json") and "/" not in file and file not in KNOWN:
            collector.skip(file, "secret_not_read" if file in SECRETS else "not_habits")
    return collector.finish()


def _read_habit(draft: HabitDraft, habit: Part, zone: tzinfo) -> None:
    draft.description = habit["description"] if isinstance(habit.get("description"), str) else ""
    draft.archived = habit.get("archived") is True
    if habit.get("drawing"):
        draft.notices.add("drawing_left_out")
    draft.propose(_schedule(str(habit.get("frequency")), draft.collector.reading.max_gap_days))
    if target := number(habit.get("targetCompletions")):
        draft.aim_at(target)
    for completion in list_of(habit, "completions"):
        draft.collector.count_row()
        day = _day(completion, zone)
        if day is None:
            draft.collector.skip(f"{draft.name} {json.dumps(completion, default=str)[:40]}", "not_a_day")
        else:
            draft.count_one(day)


def _schedule(rule: str, max_gap_days: int) -> Proposal:
    parts = dict(part.split("=", 1) for part in rule.removeprefix("RRULE:").split(";") if "=" in part)
    interval = parts.get("INTERVAL", "1")
    if parts.get("FREQ") not in DAYS or not re.fullmatch(r"[1-9]\d{0,5}", interval, re.ASCII):
        return frequencies.unknown()
    named = [day for day in parts.get("BYDAY", "").split(",") if day]
    if parts["FREQ"] == "WEEKLY":
        weekdays = frozenset(WEEKDAYS[day] for day in named if day in WEEKDAYS)
        return frequencies.on_weekdays(weekdays, every=int(interval), max_gap_days=max_gap_days)
    if parts["FREQ"] == "DAILY":
        return frequencies.times_in_days(1, int(interval), max_gap_days=max_gap_days)
    times = len([day for day in parts.get("BYMONTHDAY", "").split(",") if day]) or len(named) or 1
    return frequencies.times_in_days(times, DAYS[parts["FREQ"]] * int(interval), max_gap_days=max_gap_days)


def _day(completion: object, zone: tzinfo) -> date | None:
    if day := day_of(completion):
        return day
    if not isinstance(completion, str) or not _INSTANT.fullmatch(completion):
        return None
    try:
        return datetime.fromisoformat(completion).astimezone(zone).date()
    except (ValueError, OverflowError):
        return None


def _zone(archive: Archive, folder: str) -> tzinfo | None:
    if f"{folder}settings.json" not in archive.entries:
        return None
    settings = document_of(archive.read(f"{folder}settings.json"))
    try:
        return ZoneInfo(str(part_of(settings, "system").get("timezone")))
    except (ValueError, OSError, KeyError):
        return None

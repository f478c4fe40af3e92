"""What a person is shown of a file before anything is made of it. Pure."""

from collections.abc import Collection
from typing import Any

from habits.recurrence import WEEKDAYS, Schedule
from integrations.transfer.reading.values import ImportedFile, ImportedHabit
from integrations.transfer.rules import nearest_colour


def preview_of(file: ImportedFile, *, known: Collection[str]) -> dict[str, Any]:
    """Return the preview as JSON. `known`: keys of habits that were imported before."""
    return {
        "habits": [_habit(habit, is_known=habit.key in known) for habit in file.habits],
        "days": file.days,
        "notices": sorted(file.notices),
        "skipped": [{"what": skip.what, "why": skip.why} for skip in file.skipped],
        "skip_counts": dict(sorted(file.skip_counts.items())),
        "asks": [
            {"question": ask.question, "choices": list(ask.choices), "answer": ask.answer or None} for ask in file.asks
        ],
        "columns": {"names": list(file.columns), "chosen": dict(file.mapping)} if file.columns else None,
    }


def schedule_of(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as the API has it."""
    shown: dict[str, Any] = {"frequency": schedule.frequency.value, "unit": schedule.unit}
    if schedule.limit_per_period is not None:
        return shown | {"limit_per_period": str(schedule.limit_per_period)}
    return shown | {
        "interval": schedule.interval,
        "weekdays": [WEEKDAYS[day] for day in sorted(schedule.weekdays)],
        "times_per_period": schedule.times_per_period,
        "daily_amount": str(schedule.daily_amount),
    }


EMPTY = preview_of(ImportedFile(source="", habits=()), known=())  # of a file that is not read yet


def _habit(habit: ImportedHabit, *, is_known: bool) -> dict[str, Any]:
    return {
        "name": habit.name,
        "description": habit.description,
        "goal_type": habit.goal_type.value,
        "schedule": schedule_of(habit.schedule),
        "archived": habit.archived,
        "tags": list(habit.tags),
        "colour": nearest_colour(habit.colour),
        "reminders": list(habit.reminders),
        "days": len(habit.logs),
        "first_day": habit.logs[0].day.isoformat() if habit.logs else None,
        "last_day": habit.logs[-1].day.isoformat() if habit.logs else None,
        "notices": sorted(habit.notices),
        "is_known": is_known,
    }

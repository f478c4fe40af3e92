"""The invented files of other trackers, and what must come of each."""

import json
from collections.abc import Iterable
from datetime import UTC, date
from pathlib import Path
from typing import Any

from habits.recurrence import WEEKDAYS
from integrations.transfer.reading.values import ImportedHabit, Reading

SAMPLES = Path(__file__).parent / "samples"
HOSTILE = SAMPLES / "hostile"
NAMES = sorted(path.name.removesuffix(".expected.json") for path in SAMPLES.glob("*.expected.json"))
TODAY = date(2026, 11, 20)


def content(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.expected.json").read_text())
    return found


def reading(**more: Any) -> Reading:
    return Reading(**{"today": TODAY, "zone": UTC, "max_gap_days": 7, **more})


def reading_of(name: str) -> Reading:
    return reading(mapping=expected(name).get("mapping", {}))


def plain(habits: Iterable[ImportedHabit]) -> list[dict[str, Any]]:
    """Return habits as the expectations have them."""
    return [_plain(habit) for habit in habits]


def wanted(habits: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return expected habits in the form of `plain`. Limit habits have counted days here."""
    return [_wanted(habit) for habit in habits]


def _plain(habit: ImportedHabit) -> dict[str, Any]:
    schedule = habit.schedule
    shown: dict[str, Any] = {"frequency": schedule.frequency.value}
    if schedule.limit_per_period is not None:
        shown["limit_per_period"] = float(schedule.limit_per_period)
    else:
        shown |= {
            "interval": schedule.interval,
            "weekdays": [WEEKDAYS[day] for day in sorted(schedule.weekdays)],
            "times_per_period": schedule.times_per_period,
            "daily_amount": float(schedule.daily_amount),
        }
    return {
        "name": habit.name,
        "description": habit.description,
        "goal_type": habit.goal_type.value,
        "schedule": shown,
        "unit": schedule.unit,
        "archived": habit.archived,
        "tags": list(habit.tags),
        "notices": set(habit.notices),
        "reminders": list(habit.reminders),
        "start_date": habit.start_date and habit.start_date.isoformat(),
        "logs": [
            (log.day.isoformat(), log.status.value, None if log.amount is None else float(log.amount), log.note)
            for log in habit.logs
        ],
    }


def _wanted(habit: dict[str, Any]) -> dict[str, Any]:
    done = "counted" if habit["goal_type"] == "at_most" else "completed"
    logs = [(log["day"], log["status"].replace("completed", done), log["amount"], log["note"]) for log in habit["logs"]]
    return {
        **{name: value for name, value in habit.items() if name not in {"color", "id"}},
        "notices": set(habit["notices"]),
        "reminders": habit.get("reminders", []),
        "start_date": habit.get("start_date"),
        "logs": logs,
    }

"""The reminders of a fault run are those that the service itself would plan."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from tests import make
from tests.chaos.plan import make_plan

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("at", ["2026-11-20 22:59", "2026-11-20 04:59", "2026-11-20 14:59", "2026-11-20 18:29"])
def test_in_a_run_of_seconds_no_reminder_shows_a_minute_of_the_next_day(at: str) -> None:
    first = make.utc(at) + timedelta(seconds=30)
    with time_machine.travel(first, tick=False):
        plan = make_plan(reminders=60, first=first, steps=12, step=timedelta(seconds=1))
    from_midnight = [due for due in plan.due if due.shown < "12:00"]
    assert not [due for due in from_midnight if due.at.astimezone(ZoneInfo(due.zone)).hour == 23]

"""The account of a fault run finds each contradiction between the database, the fake and the users' requests."""

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import time_machine

from notifications.models import Delivery, Reminder
from tests import make
from tests.chaos.accepted import Accepted
from tests.chaos.account import Account, account
from tests.chaos.faults import Faults, Span
from tests.chaos.people import People
from tests.chaos.plan import FIRST_CHAT, Due, Plan
from tracking.models import HabitTrack

pytestmark = pytest.mark.django_db

FIRST, SECOND = make.utc("2026-11-20 12:00"), make.utc("2026-11-20 12:01")
NOW = make.utc("2026-11-20 12:10")


@pytest.fixture
def track() -> HabitTrack:
    """Alice's track, with reminders at noon and a minute later."""
    with time_machine.travel("2026-11-20 11:00Z", tick=False):
        track = make.track(make.person("alice", chat=True), time="12:00")
    Delivery.objects.all().delete()
    Reminder.objects.update(next_at=NOW + timedelta(days=1), next_day=NOW.date())
    return track


class Run:
    """A run of two reminders: the database, the fake's journal and the users' requests."""

    def __init__(self, track: HabitTrack, folder: Path) -> None:
        self.track = track
        self.journal = folder / "journal"
        due = [Due(track.pk, track.user_id, "UTC", at.date(), f"{at:%H:%M}", at) for at in (FIRST, SECOND)]
        self.plan = Plan(due, [])
        self.people = People(0, cast(Any, None), self.plan, 1, SECOND)
        self.faults = Faults(cast(Any, SimpleNamespace(kind="postgresql")), random.Random(1), self.people, True)
        self.messages = 0

    def row(self, due: datetime, state: str = "sent", **more: Any) -> Delivery:
        """Create a delivery with its final state."""
        if state == "sent":
            more = {"sent_at": due, "message_id": self.messages} | more
        return Delivery.objects.create(
            key=f"{due}", kind="reminder", channel="telegram", user=self.track.user, track=self.track, state=state,
            due_at=due, available_at=due, expires_at=due + timedelta(hours=2), **more,
        )  # fmt: skip

    def arrives(self, due: datetime, *, late: float = 1.0) -> None:
        """Record that the fake accepted its message."""
        self.messages += 1
        self._note(
            event="sent",
            wall=due.timestamp() + late,
            chat_id=FIRST_CHAT + self.track.user_id,
            message_id=self.messages,
            text=f"⏰ I will do set {self.track.pk} at {due:%H:%M} in the hall",
        )

    def is_limited(self, due: datetime, *, seconds: int) -> None:
        """Record that the fake answered its message by 429."""
        self._note(
            event="refused",
            error=429,
            wall=due.timestamp(),
            parameters={"retry_after": seconds},
            chat_id=FIRST_CHAT + self.track.user_id,
            text=f"⏰ I will do set {self.track.pk} at {due:%H:%M} in the hall",
        )

    def account(self) -> Account:
        with time_machine.travel(NOW, tick=False):
            return account(self.plan, self.people, Accepted.read(self.journal), self.faults, until=NOW.timestamp())

    def _note(self, **line: Any) -> None:
        with self.journal.open("a") as file:
            file.write(json.dumps(line) + "\n")


@pytest.fixture
def run(track: HabitTrack, tmp_path: Path) -> Run:
    return Run(track, tmp_path)


def test_there_are_no_problems_if_all_sources_agree(run: Run) -> None:
    for due in (FIRST, SECOND):
        run.arrives(due)
        run.row(due)
    result = run.account()
    assert (result.problems, result.due, result.late) == ([], 2, [1.0, 1.0])


def test_a_lost_reminder_is_found(run: Run) -> None:
    run.arrives(SECOND)
    run.row(SECOND)
    result = run.account()
    assert (result.lost, len(result.problems)) == (1, 1)


@pytest.mark.parametrize("uncertain", [True, False])
def test_an_unmarked_second_copy_is_found(run: Run, uncertain: bool) -> None:
    run.arrives(FIRST)
    run.arrives(FIRST, late=20)
    first = run.row(FIRST, uncertain=uncertain)
    run.arrives(SECOND)
    run.row(SECOND)
    run.faults.in_flight.add((first.pk, FIRST))
    result = run.account()
    assert (result.extra_copies, result.unmarked, bool(result.problems)) == (1, 0 if uncertain else 1, not uncertain)


def test_a_second_copy_without_a_cause_is_found(run: Run) -> None:
    for late in (1, 20):
        run.arrives(FIRST, late=late)
    run.row(FIRST, uncertain=True)
    run.arrives(SECOND)
    run.row(SECOND)
    assert "in flight at 0 kills" in run.account().problems[0]


@pytest.mark.parametrize(("late", "bursts"), [(10, 0), (67, 0), (100, 1)])
def test_a_late_reminder_after_the_next_was_due_is_found(run: Run, late: float, bursts: int) -> None:
    run.arrives(FIRST, late=late)
    run.row(FIRST)
    run.arrives(SECOND)
    run.row(SECOND)
    assert run.account().bursts == bursts


def test_lateness_is_measured_by_the_databases_clock(run: Run) -> None:
    begun = FIRST.timestamp()
    run.faults.database_offsets.append(Span(begun, begun + 300, -60.0))
    run.arrives(FIRST, late=100)
    run.row(FIRST)
    run.arrives(SECOND, late=61)
    run.row(SECOND)
    assert run.account().bursts == 0


@pytest.mark.parametrize(("back", "bursts"), [(30, 0), (90, 1)])
def test_a_changed_clock_of_the_database_is_known_within_a_minute(run: Run, back: float, bursts: int) -> None:
    arrives = FIRST.timestamp() + 100
    run.faults.database_offsets.append(Span(arrives - 300, arrives - back, -60.0))
    run.arrives(FIRST, late=100)
    run.row(FIRST)
    run.arrives(SECOND, late=61)
    run.row(SECOND)
    assert run.account().bursts == bursts


@pytest.mark.parametrize(
    ("engine", "is_offset", "found"), [("sqlite", False, 1), ("sqlite", True, 0), ("postgresql", True, 1)]
)
def test_a_wait_that_was_not_kept_is_found_unless_the_clock_that_ends_it_was_wrong(
    run: Run, engine: str, is_offset: bool, found: int
) -> None:
    run.faults.fleet.kind = engine
    if is_offset:
        run.faults.worker_offsets.append(Span(FIRST.timestamp() - 5, FIRST.timestamp() + 5, 90.0))
    run.is_limited(FIRST, seconds=9)
    run.arrives(FIRST, late=6)
    run.row(FIRST)
    run.arrives(SECOND)
    run.row(SECOND)
    assert len(run.account().problems) == found


def test_a_failed_reminder_that_was_never_refused_is_found(run: Run) -> None:
    run.row(FIRST, "failed", reason="Chat not found")
    run.arrives(SECOND)
    run.row(SECOND)
    assert "never refused" in run.account().problems[0]


def test_copies_after_a_restored_backup_are_allowed(run: Run) -> None:
    for late in (1, 120):
        run.arrives(FIRST, late=late)
    run.row(FIRST, "sent", uncertain=True)
    run.arrives(SECOND, late=130)
    run.row(SECOND)
    run.faults.restores.append(Span(FIRST.timestamp() - 10, FIRST.timestamp() + 90))
    result = run.account()
    assert (result.unmarked, result.unexplained) == (0, 0)

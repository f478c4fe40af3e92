"""A worker that is asked to end does so within its grace: every loop reads the flag after each step, and has a deadline."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from common import clock, stopping
from community import tasks as community
from config.children import Patience
from tracking import tasks as tracking
from users import tasks as users

ROOT = Path(__file__).resolve().parent.parent
GRACE = 30

# The loops of tasks: the step of each, which says here that there is always more to do.
LOOPS = [
    (users.take_up_zone_data, "users.tasks.zone_data.take_up", True),
    (tracking.keep_up, "tracking.tasks.catch_up", 1),
    (tracking.keep_up, "tracking.tasks.bring_in_line", True),
    (community.maintain_challenges, "community.tasks.challenge_scores.recount_due", 1),
    (community.settle_leaderboards, "community.tasks.leaderboard_settling.settle", 1),
]
each_loop = pytest.mark.parametrize(("task", "step", "more"), LOOPS, ids=[step for _, step, _ in LOOPS])


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    stopping.forget()


@pytest.mark.django_db
@each_loop
def test_a_loop_ends_after_the_step_in_which_it_is_asked_to(
    task: Callable[[], None], step: str, more: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def take(**_: Any) -> object:
        steps.append(1)
        if len(steps) == 3:
            stopping.ask()
        assert len(steps) < 10, "it goes on"
        return more

    monkeypatch.setattr(step, take)
    task()
    assert len(steps) == 3


@pytest.mark.django_db
@each_loop
def test_a_loop_has_a_deadline(
    task: Callable[[], None], step: str, more: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    elapsed = [0.0]

    def take(**_: Any) -> object:
        elapsed[0] += 10
        assert elapsed[0] < 100, "it goes on"
        return more

    monkeypatch.setattr(clock, "counter", lambda: elapsed[0])
    monkeypatch.setattr(step, take)
    task()
    assert elapsed[0] <= 50


def test_the_deadline_is_not_moved_by_a_clock_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 1, tzinfo=UTC))
    may_go_on = stopping.deadline(1000)
    monkeypatch.setattr(clock, "now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    assert may_go_on()


def test_everybody_gives_the_same_grace() -> None:
    assert Patience().stop == GRACE
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    graces = {name: each.get("stop_grace_period") for name, each in compose["services"].items()}
    assert {graces[name] for name in ("web", "worker", "beat", "bot")} == {f"{GRACE}s"}
    assert f"TimeoutStopSec={GRACE}" in (ROOT / "docs/deployment.md").read_text()
    # Requests are given less than that: gunicorn itself has to end as well.
    for file in ("Procfile", "Dockerfile", "docs/deployment.md", "config/supervisor.py"):
        found = re.findall(r"--graceful-timeout\W+(\d+)", (ROOT / file).read_text())
        assert found, file
        assert all(int(seconds) == GRACE - 5 for seconds in found), file

"""A worker stops within its grace period: every loop checks the stop request after each step, and has a deadline."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from common import clock, stopping
from community import tasks as community
from config import worker
from integrations import tasks as integrations
from standalone.child_processes import RestartPolicy
from tracking import tasks as tracking
from users import tasks as users

ROOT = Path(__file__).resolve().parents[2]
GRACE = 30

# The loops of tasks: the task, its step, and the step's result which means that there is more to do.
LOOPS = [
    (users.apply_zone_data_release, "users.tasks.zone_data.replan_next_user", True),
    (tracking.apply_pending_changes, "tracking.tasks.recount_due_tracks", 1),
    (tracking.apply_pending_changes, "tracking.tasks.sync_followers", True),
    (community.maintain_challenges, "community.tasks.challenge_scores.recount_due", 1),
    (community.settle_leaderboards, "community.tasks.leaderboard_settling.settle", 1),
    (integrations.apply_events, "integrations.tasks.applying.apply_stale", 1),
    (integrations.purge_events, "integrations.tasks.events.purge", 1),
    (integrations.purge_events, "integrations.tasks.events.purge_without_rule", 1),
    (integrations.run_transfers, "integrations.tasks.transfers.run_next", True),
    (integrations.purge_transfers, "integrations.tasks.transfer.purge", 1),
]
each_loop = pytest.mark.parametrize(("task", "step", "more"), LOOPS, ids=[step for _, step, _ in LOOPS])


@pytest.fixture(autouse=True)
def _reset() -> Iterator[None]:
    yield
    stopping.reset()


@pytest.mark.django_db
@each_loop
def test_a_loop_ends_after_the_step_in_which_a_stop_is_requested(
    task: Callable[[], None], step: str, more: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = []

    def take(**_: Any) -> object:
        steps.append(1)
        if len(steps) == 3:
            stopping.request()
        assert len(steps) < 10, "the loop did not end"
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
        assert elapsed[0] < 100, "the loop did not end"
        return more

    monkeypatch.setattr(clock, "monotonic", lambda: elapsed[0])
    monkeypatch.setattr(step, take)
    task()
    assert elapsed[0] <= 50


def test_setting_the_clock_does_not_move_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2027, 1, 1, tzinfo=UTC))
    may_go_on = stopping.deadline(1000)
    monkeypatch.setattr(clock, "now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    assert may_go_on()


def test_every_deployment_has_the_same_grace_period() -> None:
    assert RestartPolicy().stop_timeout == GRACE
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    graces = {name: each.get("stop_grace_period") for name, each in compose["services"].items()}
    assert {graces[name] for name in ("web", "worker", "beat", "bot")} == {f"{GRACE}s"}
    assert f"TimeoutStopSec={GRACE}" in (ROOT / "docs/deployment.md").read_text()
    # Requests get less time than that, because gunicorn itself has to stop too.
    for file in ("Procfile", "Dockerfile", "docs/deployment.md", "standalone/service_process.py"):
        found = re.findall(r"--graceful-timeout\W+(\d+)", (ROOT / file).read_text())
        assert found, file
        assert all(int(seconds) == GRACE - 5 for seconds in found), file


@pytest.mark.processes
def test_a_worker_whose_pool_does_not_stop_exits_anyway() -> None:
    """It exits before its supervisor would kill it, and leaves no process behind."""
    assert worker.MAX_SHUTDOWN < GRACE
    program = """
import time, billiard, django
django.setup()
from config import worker
child = billiard.Process(target=time.sleep, args=(600,))
child.start()
worker.exit_within(0.1)
child.join()
time.sleep(600)
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=180, check=False, env=environment
    )
    # run() returns once no process holds the pipes of its output any more.
    assert (ended.returncode, "killing 1 processes" in ended.stderr) == (0, True)

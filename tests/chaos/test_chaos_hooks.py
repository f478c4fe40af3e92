"""The account of webhooks in a fault run notices what went wrong."""

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.utils import timezone

from integrations.changes import services as changes
from integrations.models import Change
from integrations.webhooks.queueing import queue_for_endpoints
from tests import make
from tests.chaos.fleet import Fleet
from tests.chaos.hooks import HookAccount, Hooks
from tracking.models import HabitLog, HabitTrack

pytestmark = pytest.mark.django_db


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    """People whose changes have all arrived at both of their webhooks."""
    fleet = SimpleNamespace(receiver_url="https://hook.example.org", hook_journal=tmp_path / "journal", kind="sqlite")
    hooks = Hooks(cast(Fleet, fleet), seed=1)
    hooks.prepare()
    lines: list[dict[str, Any]] = []
    for track in HabitTrack.objects.all():
        for days in range(2):
            make.log(track, timezone.now().date() - timedelta(days=days))
        changes.number(user_id=track.user_id, queue=queue_for_endpoints)
        for change in Change.objects.filter(user=track.user_id):
            for path in ("steady", "faulty"):
                event = f"evt_{change.uid.hex}"
                line = {"endpoint": f"/{path}/{track.user_id}", "id": event, "body": "b", "taken": True}
                lines.append(line)
    write(hooks, lines)
    return hooks


def write(hooks: Hooks, lines: list[dict[str, Any]]) -> None:
    hooks.fleet.hook_journal.write_text("".join(json.dumps(line) + "\n" for line in lines))


def read(hooks: Hooks) -> list[dict[str, Any]]:
    return [json.loads(line) for line in hooks.fleet.hook_journal.read_text().splitlines()]


def account(hooks: Hooks, *, was_restored: bool = False) -> HookAccount:
    return hooks.account(was_restored=was_restored)


def test_when_all_arrived_there_is_nothing_to_say(hooks: Hooks) -> None:
    found = account(hooks)
    assert (found.problems, found.lost, found.second_copies) == ([], 0, 0)
    assert found.webhooks == 2 * found.changes > 0


def test_one_that_did_not_arrive_is_lost(hooks: Hooks) -> None:
    write(hooks, read(hooks)[1:])
    assert account(hooks).problems == ["1 webhooks did not arrive"]


def test_one_that_was_only_refused_is_lost(hooks: Hooks) -> None:
    first, *others = read(hooks)
    write(hooks, [first | {"taken": False}, *others])
    assert account(hooks).lost == 1


def test_a_second_copy_is_counted_and_one_that_differs_is_a_problem(hooks: Hooks) -> None:
    lines = read(hooks)
    write(hooks, [*lines, lines[0]])
    assert (account(hooks).second_copies, account(hooks).problems) == (1, [])
    write(hooks, [*lines, lines[0] | {"body": "other"}])
    assert account(hooks).problems == ["1 webhooks have copies that differ"]


def test_one_of_nothing_is_a_problem_unless_a_backup_was_restored(hooks: Hooks) -> None:
    lines = read(hooks)
    write(hooks, [*lines, lines[0] | {"id": "evt_unknown"}])
    assert account(hooks).problems == ["1 webhooks of changes that do not exist"]
    assert account(hooks, was_restored=True).problems == []


def test_a_gap_in_the_numbers_is_a_problem(hooks: Hooks) -> None:
    first = Change.objects.order_by("sequence").first()
    assert first is not None
    first.delete()
    assert f"the changes of user {first.user_id} have gaps" in account(hooks).problems


def test_a_change_without_a_number_is_a_problem(hooks: Hooks) -> None:
    last = Change.objects.order_by("sequence").last()
    assert last is not None
    Change.objects.filter(pk=last.pk).update(sequence=None)
    assert f"1 changes of user {last.user_id} have no number" in account(hooks).problems


def test_a_day_that_says_something_else_than_was_told_is_a_problem(hooks: Hooks) -> None:
    HabitLog.objects.filter(pk=HabitLog.objects.order_by("pk").values_list("pk", flat=True)[0]).update(amount=7)
    [problem] = account(hooks).problems
    assert "7.00 is stored, 1.00 was told" in problem

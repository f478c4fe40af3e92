"""The truth of events: what a day becomes depends on which events have come and on nothing else.

Any order, repetition and split of the same events, with the process ending between the acknowledgement and the work, ends
in the state of the sorted single delivery.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.edits import UNSET
from common.errors import DomainError
from integrations.events import applying, mapping, reading, services
from integrations.events import rules as event_rules
from integrations.events.rules import Aggregation, Event, OwnEntry, Reading
from integrations.models import EventDay, EventType, RawEvent
from integrations.tasks import apply_events
from tests import make
from tracking.models import HabitLog, HabitTrack
from users.models import User

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EXAMPLES = int(os.environ.get("EVENT_EXAMPLES", "25"))

Item = dict[str, Any]


@st.composite
def items(draw: st.DrawFn) -> Item:
    """An event of two types on one of three days, with few ids and times, so that versions of the same event meet."""
    minutes = draw(st.integers(0, 12)) * 240
    start = NOW - timedelta(days=2) + timedelta(minutes=minutes)
    item: Item = {
        "type": draw(st.sampled_from(["steps", "sleep"])),
        "value": draw(st.sampled_from([-1, 0, 1, 2.5, 3, 7, 10, 40])),
        "mode": draw(st.sampled_from(["total", "delta"])),
        "start": draw(st.sampled_from([start.isoformat(), str(start.date())])),
        "kind": draw(st.sampled_from(["", "", "Run"])),
    }
    if draw(st.booleans()):
        item["end"] = (start + timedelta(minutes=draw(st.sampled_from([10, 600])))).isoformat()
        item["start"] = start.isoformat()
    if draw(st.integers(0, 3)) == 0:
        item["id"] = draw(st.sampled_from(["a", "b"]))
    return item


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Item], list[list[Item]], list[bool]]:
    """Events, and the requests by which they come: shuffled, repeated, split. A kill follows those that say so."""
    once = draw(st.lists(items(), min_size=1, max_size=12))
    sent = draw(st.permutations(once + draw(st.lists(st.sampled_from(once), max_size=6))))
    cuts = sorted(draw(st.lists(st.integers(0, len(sent)), max_size=4)))
    bounds = [0, *cuts, len(sent)]
    requests = [sent[first:last] for first, last in pairwise(bounds)]
    return once, requests, draw(st.lists(st.booleans(), min_size=len(requests), max_size=len(requests)))


RULES = st.lists(
    st.fixed_dictionaries(
        {
            "aggregation": st.sampled_from(["sum", "max", "last", "count", "duration"]),
            "kind": st.sampled_from(["", "run"]),
            "only_raise": st.booleans(),
        }
    ),
    min_size=2,
    max_size=2,
)
OWN = st.sampled_from([None, "skipped", "missed", 4, 30])


def killed(*_: Any, **__: Any) -> Any:
    raise SystemExit


def state(user: User) -> dict[str, list[Any]]:
    """Return the logs and the stored events, without what says when and in how many rows."""
    events = RawEvent.objects.filter(event_type__user=user).order_by("event_type__name", "identity")
    columns = ("event_type__name", "identity", "day", "mode", "value", "peak", "kind", "start", "end", "moment")
    logs = HabitLog.objects.filter(track__user=user).order_by("track", "day")
    return {
        "logs": list(logs.values_list("track", "day", "status", "amount", "note", "completed_at")),
        "days": list(EventDay.objects.order_by("track", "day").values_list("track", "day", "value", "is_stale")),
        "events": list(events.values_list(*columns)),
        "types": list(EventType.objects.order_by("name").values_list("name", "last_value", "last_at", "kinds")),
    }


def run(
    user: User,
    tracks: Sequence[HabitTrack],
    requests: Sequence[list[Item]],
    kills: Sequence[bool],
    rules: Any,
    own: Any,
) -> dict[str, list[Any]]:
    """Return the state after the requests, and leave no trace of them."""
    with transaction.atomic():
        known = [
            EventType.objects.create(user=user, source="watch", name=name, last_value=0, last_at=NOW.replace(year=2000))
            for name in ("sleep", "steps")
        ]
        for rule, event_type, track in zip(rules, known, tracks, strict=True):
            mapping.create(user=user, event_type=event_type.pk, track=track.pk, now=NOW, **rule)
        if isinstance(own, str):
            make.log(tracks[0], NOW.date(), own)
        elif own:
            make.log(tracks[0], NOW.date(), UNSET, amount=own)  # type: ignore[arg-type]  # an amount decides the status
        for request, is_killed in zip(requests, kills, strict=True):
            with pytest.MonkeyPatch.context() as patch:
                if is_killed:
                    patch.setattr(applying, "apply_to_track", killed)
                try:
                    services.receive(user=user, source="watch", items=request, now=NOW)
                except SystemExit:
                    assert is_killed
        apply_events()
        found = state(user)
        transaction.set_rollback(True)
    return found


def expected_logs(user: User, tracks: Sequence[HabitTrack], once: Sequence[Item], rules: Any, own: Any) -> set[Any]:
    """Return what the logs must be, from the items alone: (track, day, status, amount)."""
    found: dict[tuple[int, str], Event] = {}
    for item in once:
        with suppress(DomainError):  # it is refused
            read = reading.read_event(item, clock=user.clock, now=NOW)
            place = (["sleep", "steps"].index(read.type), read.event.key)
            found[place] = event_rules.newest(found[place], read.event) if place in found else read.event
    mine = {None: OwnEntry(), "skipped": OwnEntry("skipped"), "missed": OwnEntry("missed")}.get(own) or OwnEntry(
        "completed" if own >= 10 else "partial", Decimal(own)
    )
    logs = {(tracks[0].pk, NOW.date()): (mine.status, mine.amount)} if mine.status else {}
    for index, (rule, track) in enumerate(zip(rules, tracks, strict=True)):
        how = Reading(Aggregation(rule["aggregation"]), Decimal(1), rule["kind"], rule["only_raise"])
        for day in {event.day for (of_type, _), event in found.items() if of_type == index}:
            events = [event for (of_type, _), event in found.items() if (of_type, event.day) == (index, day)]
            said = mine if (track, day) == (tracks[0], NOW.date()) else OwnEntry()
            value = event_rules.day_value(events, how)
            amount = event_rules.amount_to_record(value, said, daily_amount=Decimal(10), is_limit=False)
            if amount is not None:
                logs[track.pk, day] = ("completed" if amount >= 10 else "partial", amount)
    return {(*place, *entry) for place, entry in logs.items()}


def shown_logs(found: dict[str, list[Any]]) -> set[Any]:
    return {(track, day, status, amount) for track, day, status, amount, *_ in found["logs"]}


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(delivery=deliveries(), rules=RULES, own=OWN)
def test_any_shuffle_repetition_split_and_kill_ends_in_the_state_of_the_sorted_single_delivery(
    world: tuple[User, list[HabitTrack]], delivery: Any, rules: Any, own: Any
) -> None:
    user, tracks = world
    once, requests, kills = delivery
    ordered = sorted(once, key=lambda item: (str(item["start"]), str(item.get("end")), str(item)))
    with time_machine.travel(NOW, tick=False):
        expected = run(user, tracks, [ordered], [False], rules, own)
        assert shown_logs(expected) == expected_logs(user, tracks, once, rules, own)
        assert run(user, tracks, requests, kills, rules, own) == expected
    assert not [row for row in expected["days"] if row[3]]


def test_what_devices_sent_is_logged_whatever_ends_in_between(world: tuple[User, list[HabitTrack]]) -> None:
    user, tracks = world
    once: list[Item] = [
        {"type": "steps", "value": 4, "mode": "delta", "start": "2026-11-20T08:00:00+00:00", "id": "a"},
        {"type": "steps", "value": 7, "mode": "delta", "start": "2026-11-20T18:00:00+00:00", "id": "b"},
        {"type": "steps", "value": 3, "mode": "total", "start": "2026-11-21"},
        {"type": "sleep", "value": 8, "mode": "total", "start": "2026-11-19"},
        {"type": "sleep", "value": -1, "mode": "total", "start": "2026-11-18"},
    ]
    rules = [{"aggregation": "sum", "kind": "", "only_raise": False}] * 2
    sleep, walk = (track.pk for track in tracks)
    with time_machine.travel(NOW, tick=False):
        found = run(user, tracks, [once[3:], once[:3], once], [True, True, False], rules, None)
    assert shown_logs(found) == {
        (walk, date(2026, 11, 20), "completed", Decimal(11)),
        (walk, date(2026, 11, 21), "partial", Decimal(3)),
        (sleep, date(2026, 11, 19), "partial", Decimal(8)),
    }


@pytest.fixture
def world() -> tuple[User, list[HabitTrack]]:
    with time_machine.travel(NOW, tick=False):
        user = make.person("alice", time_zone="Europe/Berlin")
        schedule = {"daily_amount": 10}
        return user, [make.track(user, name=name, schedule=schedule) for name in ("Sleep", "Walk")]

"""The account at the end of a fault run: what became of each reminder, and whether the fake agrees."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from benchmarks.people import FIRST_CHAT
from habits.models import Habit
from notifications.models import Delivery, Reminder
from tests.chaos.people import NOTHING, STATUSES, STILL_UNDER_WAY, Edit, People
from tests.chaos.plan import Plan
from tests.fake_telegram import journal
from tracking.models import HabitLog

OPEN_FATES = {"hang", "cut_before", "cut_after"}  # the sender cannot know whether it was accepted
DONE_REASONS = {"done meanwhile", "skipped", "missed"}
CLOCKS_APART = 1.0  # seconds
SHOWN = 20  # problems


@dataclass
class Telegram:
    """What the fake's journal says, by delivery and by chat."""

    accepted: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    refused_chats: set[int] = field(default_factory=set)
    unanswered: Counter[int] = field(default_factory=Counter)  # accepted, and the line was gone
    broken_lines: int = 0
    waits: list[tuple[int, float, float]] = field(default_factory=list)  # delivery, when, retry_after
    calls: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, path: Path) -> Telegram:
        told = cls()
        for line in journal.read(path):
            told._take(line)
        return told

    def _take(self, line: dict[str, Any]) -> None:
        found = re.search(r"[a-z]+:(\d+)", json.dumps(line.get("markup")))
        delivery = int(found[1]) if found else 0
        if line["event"] == "unanswered":
            self.unanswered[delivery] += 1
        if line["event"] == "fault" and line["fault"] in OPEN_FATES:
            self.broken_lines += 1
        if line["event"] == "sent":
            self.accepted[delivery].append(line)
        if line["event"] == "refused" and line["error"] in (400, 403):
            self.refused_chats.add(line["chat_id"])
        if line["event"] == "refused" and line["error"] == 429:
            self.waits.append((delivery, line["wall"], line["parameters"]["retry_after"]))
        elif line["event"] in ("sent", "refused"):
            self.calls[delivery].append(line["wall"])

    def impatient(self, *, until: float) -> dict[int, float]:
        """Deliveries that were sent (before `until`) within a time that Telegram had asked to wait; how early, in s."""
        early = {}
        for delivery, at, seconds in self.waits:
            end = min(at + seconds - CLOCKS_APART, until)
            if within := [call for call in self.calls[delivery] if at < call < end]:
                early[delivery] = at + seconds - within[0]
        return early


@dataclass
class Account:
    """What became of the reminders that came due; `problems` is empty where all are accounted for."""

    due: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    extra_copies: int = 0
    uncertain: int = 0
    in_flight: int = 0
    late: list[float] = field(default_factory=list)  # seconds from due to accepted
    problems: list[str] = field(default_factory=list)

    def lateness(self, share: float) -> float:
        return sorted(self.late)[int(share * (len(self.late) - 1))] if self.late else 0.0


def account(
    plan: Plan, people: People, told: Telegram, *, in_flight: set[tuple[int, datetime]], until: float
) -> Account:
    """Compares the database, the fake's journal and what people were told.

    `in_flight`: the attempts (delivery, begun at) that were under way at a kill; `until` (time.time) when faults ended.
    """
    result = Account()
    rows = list(Delivery.objects.filter(kind=Delivery.Kind.REMINDER))
    times_in_flight = Counter(number for number, _ in in_flight)
    by_track: dict[int, list[Delivery]] = defaultdict(list)
    for row in rows:
        by_track[row.track_id or 0].append(row)
    _look_for_the_lost(result, plan, people.edits, by_track)
    for row in rows:
        result.fates[_fate(row)] += 1
        result.problems += [
            f"delivery {row.pk} ({row.state}, {row.reason!r}): {problem}"
            for problem in _disagreements(row, told, people, by_track[row.track_id or 0])
        ]
        accepted = told.accepted.get(row.pk, [])
        if accepted:
            result.late.append(accepted[0]["wall"] - row.due_at.timestamp())
        if len(accepted) > 1:
            result.doubled += 1
            result.extra_copies += len(accepted) - 1
        if len(accepted) > 1 + times_in_flight[row.pk] + told.unanswered[row.pk]:
            result.problems.append(
                f"delivery {row.pk}: arrived {len(accepted)} times, but was in flight at {times_in_flight[row.pk]} "
                f"kills and lost {told.unanswered[row.pk]} answers"
            )
    result.uncertain = sum(row.uncertain for row in rows)
    result.in_flight = len(in_flight) + told.broken_lines
    unknown = told.accepted.keys() - {row.pk for row in rows} - {0}
    result.problems += [f"accepted, but of no delivery that there is: {number}" for number in unknown]
    certain = {row.pk for row in rows if not row.uncertain}
    result.problems += [
        f"delivery {pk}: sent {seconds:.0f} s before Telegram's retry_after was over"
        for pk, seconds in told.impatient(until=until).items()
        if pk in certain
    ]
    result.problems += _unplanned()
    result.problems += list(_what_people_miss(people))
    return result


def _look_for_the_lost(result: Account, plan: Plan, edits: list[Edit], by_track: dict[int, list[Delivery]]) -> None:
    """Each planned reminder has its row, and so has each acknowledged new time that no later edit took back."""
    expected = [(due.track, due.at) for due in plan.due]
    for track in plan.editors:
        mine = [edit for edit in edits if edit.track == track]
        last = mine[-1] if mine else None
        if last and last.acknowledged and last.acknowledged < last.at:
            expected.append((track, last.at))
    result.due = len(expected)
    for track, at in expected:
        found = [row for row in by_track[track] if row.due_at == at]
        if len(found) != 1:
            result.lost += not found
            result.problems.append(f"track {track}, due at {at}: {len(found)} deliveries")


def _fate(row: Delivery) -> str:
    reason = "" if row.state in ("sent", "pending") else row.reason.partition(":")[0]
    return f"{row.state}, {reason}" if reason else row.state


def _disagreements(row: Delivery, told: Telegram, people: People, siblings: list[Delivery]) -> Iterable[str]:
    """What the record says and the fake, or the people, do not bear out."""
    accepted = told.accepted.get(row.pk, [])
    if any(line["chat_id"] != FIRST_CHAT + (row.user_id or 0) for line in accepted):
        yield "arrived in another's chat"
    if len(accepted) > 1 and not row.uncertain:
        yield f"arrived {len(accepted)} times and is not uncertain"
    if row.state == "sent":
        if row.message_id not in [line["message_id"] for line in accepted]:
            yield f"the fake knows of no message {row.message_id}"
        return
    if accepted and not row.uncertain:
        yield "it arrived all the same and is not uncertain"
    if row.state == "pending":
        yield f"still pending; attempts {row.attempts}, available at {row.available_at}, lease until {row.lease_until}"
    elif row.state == "failed":
        if FIRST_CHAT + (row.user_id or 0) not in told.refused_chats:
            yield "the fake never refused the chat"
    elif row.state == "expired":
        if row.expires_at > timezone.now():
            yield "its time has not passed"
    elif row.reason in DONE_REASONS:
        if not row.day or not people.said.get((row.track_id or 0, row.day), {NOTHING}) & set(STATUSES):
            yield "nobody said so"
    elif row.reason == "time changed":
        if not any(edit.track == row.track_id for edit in people.edits):
            yield "nobody changed it"
    elif row.reason == "superseded":
        if not any(other.due_at > row.due_at for other in siblings):
            yield "there is no later one"
    else:
        yield "no reason to drop it"


def _unplanned() -> list[str]:
    """Each daily habit goes on: its reminder is planned for a time to come."""
    behind = Reminder.objects.filter(next_at=None) | Reminder.objects.filter(next_at__lte=timezone.now())
    return [f"reminder {pk} is not planned on" for pk in behind.values_list("pk", flat=True)]


def _what_people_miss(people: People) -> Iterable[str]:
    """Writes that were acknowledged and are not there."""
    logs = {(log.track_id, log.day): log.status for log in HabitLog.objects.all()}
    for key, possible in people.said.items():
        if logs.get(key, NOTHING) not in possible:
            yield f"log {key}: {logs.get(key, NOTHING)!r}, but acknowledged was {possible}"
    times = dict(Habit.objects.filter(pk__in=people.plan.editors).values_list("pk", "time"))
    for track in people.plan.editors:
        mine = [edit for edit in people.edits if edit.track == track]
        known = [edit for edit in mine if edit.acknowledged]
        if not known:
            continue
        since = known[-1].begun - timedelta(seconds=STILL_UNDER_WAY)
        open_ones = [edit for edit in mine if not edit.acknowledged and edit.begun > since]
        may_stand = {edit.at.time() for edit in (known[-1], *open_ones)}
        if times[track] not in may_stand:
            yield f"habit {track}: {times[track]}, but acknowledged was {may_stand}"
    yield from (f"refused: {refusal}" for refusal in people.refused)

"""Webhooks in a fault run: people whose programs are called, what is said of their days meanwhile, and the account.

Two endpoints for each: one that always takes what comes, one whose answers are faults.
"""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection
from django.utils import timezone

from habits.recurrence import Frequency
from habits.services import create_habit
from integrations.changes.rules import ChangeType
from integrations.models import Change, ChangeStream, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import services
from notifications.models import Delivery
from tests import make
from tests.chaos.fleet import Fleet
from tracking.models import HabitLog, HabitTrack
from users.models import User

PEOPLE = 6
PAUSE = 0.4  # seconds between two requests
TIMEOUT = 5.0
DAYS = {"postgresql": 12, "sqlite": 3}  # said at a time
SPAN = 60  # days before today
EVENTS = [each for each in ChangeType if each is not ChangeType.WEBHOOK_TEST]


@dataclass
class HookAccount:
    """What came of the changes; `problems` is empty if all arrived."""

    changes: int = 0
    webhooks: int = 0
    lost: int = 0
    second_copies: int = 0
    differing: int = 0  # copies of one id with another body
    turned_off: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass
class Hooks:
    """A thread that says what was done on days, as bulk requests, and the endpoints that are told."""

    fleet: Fleet
    seed: int
    answers: Counter[str] = field(default_factory=Counter)

    def prepare(self) -> None:
        """Make the people with their endpoints. Needs the database."""
        now = timezone.now()
        self._tokens: dict[int, str] = {}
        for number in range(PEOPLE):
            user = User.objects.create(
                email=f"hooked{number}@example.org",
                username=f"hooked{number}",
                password="!",
                is_active=True,
                confirmed_at=now,
            )
            create_habit(
                owner=user,
                schedule={"frequency": Frequency.DAILY},
                now=now,
                needs_telegram=False,
                name=f"Hooked {number}",
                time=(now + timedelta(hours=12)).time().replace(second=0, microsecond=0),  # after the run
            )
            for path in ("steady", "faulty"):
                services.create(
                    user=user, name=path, url=f"{self.fleet.receiver_url}/{path}/{user.pk}", events=EVENTS, now=now
                )
            track = HabitTrack.objects.get(user=user)
            self._tokens[track.pk] = make.lasting(make.sign_in(user)["access"])
        self.today = now.date()

    def start(self) -> None:
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._repeat, args=(random.Random(f"{self.seed} hooks"),))
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _repeat(self, rng: random.Random) -> None:
        tracks = list(self._tokens)
        while not self._ended.wait(PAUSE):
            track = rng.choice(tracks)
            chosen = rng.sample(range(1, SPAN), DAYS[self.fleet.kind])
            days = [
                {"day": str(self.today - timedelta(days=back)), "amount": f"{rng.randrange(1, 90_000)}"}
                for back in chosen
            ]
            self._request(f"/api/tracks/{track}/logs/bulk/", {"days": days}, track)

    def _request(self, path: str, body: dict[str, Any], track: int) -> None:
        sender = http.client.HTTPConnection("127.0.0.1", self.fleet.web_port, timeout=TIMEOUT)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._tokens[track]}"}
        try:
            sender.request("POST", path, json.dumps(body), headers)
            response = sender.getresponse()
            response.read()
        except (OSError, http.client.HTTPException):
            self.answers["unanswered"] += 1
            return
        finally:
            sender.close()
        self.answers["acknowledged" if response.status < 300 else f"{response.status}"] += 1

    def turn_on(self) -> int:
        """Turn endpoints on that answered 410, as their users would by one click; return how many were off."""
        off = list(WebhookEndpoint.objects.filter(off_at__isnull=False).select_related("user"))
        for endpoint in off:
            services.enable(user=endpoint.user, endpoint_id=endpoint.pk, now=timezone.now())
        return len(off)

    def has_work_left(self) -> bool:
        """Return whether something is still to be told; waits are shortened."""
        try:
            now = timezone.now()
            self.turn_on()
            WebhookEndpoint.objects.filter(hold_until__gt=now + timedelta(seconds=2)).update(hold_until=now)
            pending = WebhookDelivery.objects.filter(state="pending")
            pending.filter(lease=None, available_at__gt=now + timedelta(seconds=5)).update(available_at=now)
            return pending.exists() or Change.objects.filter(sequence=None).exists()
        except OperationalError:
            connection.close()
            return True

    def account(self, *, was_restored: bool) -> HookAccount:
        """Compare the changes with the receiver's journal, and with the days that they tell of."""
        result = HookAccount()
        taken: dict[tuple[str, str], int] = Counter()
        bodies: dict[str, set[str]] = defaultdict(set)
        for line in self.fleet.hook_journal.read_text().splitlines():
            came = json.loads(line)
            bodies[came["id"]].add(came["body"])
            taken[came["endpoint"], came["id"]] += came["taken"]
        endpoints = {each.pk: each for each in WebhookEndpoint.objects.all()}
        changes = list(Change.objects.order_by("user", "sequence"))
        result.changes, known = len(changes), set()
        for change in changes:
            event = f"evt_{change.uid.hex}"
            known.add(event)
            for endpoint in endpoints.values():
                if endpoint.user_id == change.user_id:
                    copies = taken["/" + endpoint.url.split("/", 3)[3], event]
                    result.webhooks += 1
                    result.lost += not copies
                    result.second_copies += max(0, copies - 1)
        result.differing = sum(len(found) > 1 for found in bodies.values())
        if result.lost:
            result.problems.append(f"{result.lost} webhooks did not arrive")
        if result.differing:
            result.problems.append(f"{result.differing} webhooks have copies that differ")
        strangers = len(bodies.keys() - known)
        if strangers and not was_restored:
            result.problems.append(f"{strangers} webhooks of changes that do not exist")
        result.turned_off = Delivery.objects.filter(kind=Delivery.Kind.WEBHOOK_OFF).count()
        result.problems += self._gaps(changes) + self._untold(changes)
        return result

    def _gaps(self, changes: list[Change]) -> list[str]:
        found = []
        for stream in ChangeStream.objects.all():
            mine = [each.sequence for each in changes if each.user_id == stream.user_id]
            numbers = [each for each in mine if each is not None]
            if len(numbers) != len(mine):
                found.append(f"{len(mine) - len(numbers)} changes of user {stream.user_id} have no number")
            if numbers != list(range(1, len(numbers) + 1)):
                found.append(f"the changes of user {stream.user_id} have gaps")
        return found

    def _untold(self, changes: list[Change]) -> list[str]:
        """Return the days of which the last change says something else than the log."""
        last: dict[tuple[int, str], str] = {}
        for change in changes:
            if change.type == ChangeType.LOG_SET:
                log = change.data["log"]
                last[change.data["track"]["id"], log["day"]] = log["amount"]
        logs = HabitLog.objects.filter(track__in=list(self._tokens)).values_list("track", "day", "amount")
        stored = {(track, str(day)): f"{amount:.2f}" for track, day, amount in logs}
        return [
            f"day {key}: {stored.get(key)} is stored, {last.get(key)} was told"
            for key in stored
            if stored[key] != last.get(key)
        ]

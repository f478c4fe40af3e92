"""The web's traffic during a fault run: people log days and edit times, and remember what was acknowledged."""

import http.client
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework_simplejwt.tokens import RefreshToken

from tests.chaos.plan import Plan
from users.models import User

STATUSES = ("completed", "skipped", "missed")
LOGGERS = 30  # tracks whose days are logged
PAUSE = 0.25  # seconds between two requests
TIMEOUT = 5.0
STILL_UNDER_WAY = 60.0  # seconds for which an unanswered request may yet be done, behind a lock
NOTHING = ""


@dataclass
class Edit:
    """One request to change a habit's time, to a minute of the run."""

    track: int
    at: datetime
    begun: datetime
    acknowledged: datetime | None = None


@dataclass
class People:
    """Two threads of requests; `said` holds for each track and day the statuses that the database may show."""

    port: int
    plan: Plan
    seed: int
    last_due: datetime
    said: dict[tuple[int, date], set[str]] = field(default_factory=lambda: defaultdict(lambda: {NOTHING}))
    edits: list[Edit] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Signs in those who will write; needs the database, so before anything is killed."""
        self._loggers = random.Random(self.seed).sample(self.plan.due, min(LOGGERS, len(self.plan.due)))
        users = {due.track: due.user for due in self._loggers}
        editors = User.objects.filter(habits__in=self.plan.editors).values_list("habits", "pk")
        users |= dict(editors)
        self._tokens: dict[int, str] = {}
        for track, user_id in users.items():
            access = RefreshToken.for_user(User.objects.get(pk=user_id)).access_token
            access.set_exp(lifetime=timedelta(days=1))
            self._tokens[track] = str(access)

    def start(self) -> None:
        self._unanswered: dict[tuple[int, date], list[tuple[str, float]]] = defaultdict(list)
        self._ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_on, args=(write, random.Random(f"{self.seed} {write.__name__}")))
            for write in (self._log_a_day, self._edit_a_time)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _keep_on(self, write: Callable[[random.Random], None], draw: random.Random) -> None:
        while not self._ended.wait(PAUSE):
            write(draw)

    def _log_a_day(self, draw: random.Random) -> None:
        due = draw.choice(self._loggers)
        today = datetime.now(UTC).astimezone(ZoneInfo(due.zone)).date()
        back, status = draw.randrange(20), draw.choice(STATUSES)
        day = due.day if back == 0 and due.day <= today else today - timedelta(days=back + 1)
        key = due.track, day
        self.said[key].add(status)  # from now on: an answer may be lost
        if self._ask("PUT", f"/api/tracks/{due.track}/logs/{day}/", {"status": status}, due.track):
            late = [each for each, at in self._unanswered[key] if time.monotonic() - at < STILL_UNDER_WAY]
            self.said[key] = {status, *late}
        else:
            self._unanswered[key].append((status, time.monotonic()))

    def _edit_a_time(self, draw: random.Random) -> None:
        track, now = draw.choice(self.plan.editors), datetime.now(UTC)
        at = (now + timedelta(seconds=draw.randrange(90, 240))).replace(second=0, microsecond=0)
        mine = [edit for edit in self.edits if edit.track == track]
        if at > self.last_due or (mine and (mine[-1].at >= at or draw.random() < 0.7)):
            return
        edit = Edit(track, at, now)
        self.edits.append(edit)
        if self._ask("PATCH", f"/api/habits/{track}/", {"time": f"{at:%H:%M}"}, track):
            edit.acknowledged = datetime.now(UTC)

    def _ask(self, method: str, path: str, body: dict[str, Any], track: int) -> bool:
        """Whether it was acknowledged; a lost line and a 5xx leave it open whether it was done."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._tokens[track]}"}
        try:
            line.request(method, path, json.dumps(body), headers)
            answer = line.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self.answers["unanswered"] += 1
            time.sleep(PAUSE)
            return False
        finally:
            line.close()
        if answer.status >= 500:
            self.answers["5xx"] += 1
            return False
        if answer.status >= 300:
            self.refused.append(f"{method} {path} {body}: {answer.status} {text[:200]!r}")
            return False
        self.answers["acknowledged"] += 1
        return True

"""The users of a fault run: they log days, edit times, write to the bot, and record what was acknowledged."""

import http.client
import json
import random
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests import make
from tests.chaos.plan import FIRST_CHAT, Plan
from tests.fake_telegram import FakeTelegram
from users.models import User

STATUSES = ("completed", "skipped", "missed")
LOGGERS = 30  # tracks whose days are logged
PAUSE = 0.25  # seconds between two requests
TIMEOUT = 5.0
MAX_PENDING = 60.0  # seconds for which an unanswered request may still be waiting for a lock
NOTHING = ""
COMMANDS = ("/help", "/streaks", "/today")
BOT_TIMEOUT = 60.0


@dataclass
class Edit:
    """One request to change a habit's time, to a minute of the run."""

    track: int
    at: datetime
    begun: datetime
    acknowledged: datetime | None = None


@dataclass(frozen=True)
class Written:
    """The writes up to a moment: what the database may contain after a backup of that moment is restored."""

    logged: dict[tuple[int, date], set[str]]
    edits: int


@dataclass
class People:
    """Threads that send requests; `logged` has the statuses that the database may show for each track and day."""

    port: int
    telegram: FakeTelegram
    plan: Plan
    seed: int
    last_due: datetime
    logged: dict[tuple[int, date], set[str]] = field(default_factory=lambda: defaultdict(lambda: {NOTHING}))
    edits: list[Edit] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Create access tokens for the users that write. Needs the database, so call it before the first fault."""
        self._loggers = random.Random(self.seed).sample(self.plan.due, min(LOGGERS, len(self.plan.due)))
        users = {due.track: due.user for due in self._loggers}
        editors = User.objects.filter(habits__in=self.plan.editors).values_list("habits", "pk")
        users |= dict(editors)
        self._tokens: dict[int, str] = {}
        for track, user_id in users.items():
            self._tokens[track] = make.lasting(make.sign_in(User.objects.get(pk=user_id))["access"])

    def start(self) -> None:
        self._unanswered: dict[tuple[int, date], list[tuple[str, float]]] = defaultdict(list)
        self._ended = threading.Event()
        writes = (self._log_a_day, self._edit_a_time, self._write_to_the_bot)
        self._locks = [threading.Lock() for _ in writes]
        self._threads = [
            threading.Thread(target=self._repeat, args=(write, random.Random(f"{self.seed} {write.__name__}"), lock))
            for write, lock in zip(writes, self._locks, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Send no requests during the block; earlier ones have been answered or failed."""
        with ExitStack() as stack:
            for lock in self._locks:
                stack.enter_context(lock)
            yield

    def written(self) -> Written:
        """Return the writes so far; call it while paused."""
        return Written({key: set(statuses) for key, statuses in self.logged.items()}, len(self.edits))

    def roll_back_to(self, written: Written) -> None:
        """Forget later writes, because an older backup was restored."""
        self.logged.clear()
        self.logged.update({key: set(statuses) for key, statuses in written.logged.items()})
        self._unanswered.clear()
        del self.edits[written.edits :]

    def bot_answers(self) -> bool:
        """Return whether the bot answers a message now."""
        statuses = {chat["id"]: chat["status"] for chat in self.telegram.control("chats")}
        chats = [FIRST_CHAT + due.user for due in self.plan.due]
        chat_id = next(chat_id for chat_id in chats if statuses.get(chat_id) == "active")
        self.telegram.control("send", chat_id=chat_id, text="/help")
        last = self.telegram.conversation(chat_id)[-1].message_id
        try:
            self.telegram.wait_for_message(chat_id, BOT_TIMEOUT, after=last)
        except TimeoutError:
            return False
        return True

    def _repeat(self, write: Callable[[random.Random], None], rng: random.Random, lock: threading.Lock) -> None:
        while not self._ended.wait(PAUSE):
            with lock:
                write(rng)

    def _write_to_the_bot(self, rng: random.Random) -> None:
        chat_id = FIRST_CHAT + rng.choice(self.plan.due).user
        try:
            self.telegram.control("send", chat_id=chat_id, text=rng.choice(COMMANDS))
        except (OSError, http.client.HTTPException, ValueError):
            self.answers["Bot API down"] += 1

    def _log_a_day(self, rng: random.Random) -> None:
        due = rng.choice(self._loggers)
        today = datetime.now(UTC).astimezone(ZoneInfo(due.zone)).date()
        back, status = rng.randrange(20), rng.choice(STATUSES)
        day = due.day if back == 0 and due.day <= today else today - timedelta(days=back + 1)
        key = due.track, day
        self.logged[key].add(status)  # possible from now on, even if the response is lost
        if self._request("PUT", f"/api/tracks/{due.track}/logs/{day}/", {"status": status}, due.track):
            late = [each for each, at in self._unanswered[key] if time.monotonic() - at < MAX_PENDING]
            self.logged[key] = {status, *late}
        else:
            self._unanswered[key].append((status, time.monotonic()))

    def _edit_a_time(self, rng: random.Random) -> None:
        track, now = rng.choice(self.plan.editors), datetime.now(UTC)
        at = (now + timedelta(seconds=rng.randrange(90, 240))).replace(second=0, microsecond=0)
        mine = [edit for edit in self.edits if edit.track == track]
        if at > self.last_due or (mine and (mine[-1].at >= at or rng.random() < 0.7)):
            return
        edit = Edit(track, at, now)
        self.edits.append(edit)
        if self._request("PATCH", f"/api/habits/{track}/", {"time": f"{at:%H:%M}"}, track):
            edit.acknowledged = datetime.now(UTC)

    def _request(self, method: str, path: str, body: dict[str, Any], track: int) -> bool:
        """Send a request; return whether it was acknowledged. After a lost connection or a 5xx it may still be done."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._tokens[track]}"}
        try:
            connection.request(method, path, json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self.answers["unanswered"] += 1
            time.sleep(PAUSE)
            return False
        finally:
            connection.close()
        if response.status >= 500:
            self.answers["5xx"] += 1
            return False
        if response.status >= 300:
            self.refused.append(f"{method} {path} {body}: {response.status} {text[:200]!r}")
            return False
        self.answers["acknowledged"] += 1
        return True

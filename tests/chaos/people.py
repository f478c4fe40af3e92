"""The traffic during a fault run: people log days, edit times and write to the bot, and remember what was acknowledged."""

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

from rest_framework_simplejwt.tokens import RefreshToken

from tests.chaos.plan import FIRST_CHAT, Plan
from tests.fake_telegram import FakeTelegram
from users.models import User

STATUSES = ("completed", "skipped", "missed")
LOGGERS = 30  # tracks whose days are logged
PAUSE = 0.25  # seconds between two requests
TIMEOUT = 5.0
STILL_UNDER_WAY = 60.0  # seconds for which an unanswered request may yet be done, behind a lock
NOTHING = ""
COMMANDS = ("/help", "/streaks", "/today")
BOT_ANSWERS_WITHIN = 60.0


@dataclass
class Edit:
    """One request to change a habit's time, to a minute of the run."""

    track: int
    at: datetime
    begun: datetime
    acknowledged: datetime | None = None


@dataclass(frozen=True)
class Written:
    """What had been written at a moment: what the database may show if it is taken back to then."""

    said: dict[tuple[int, date], set[str]]
    edits: int


@dataclass
class People:
    """Threads of requests; `said` holds for each track and day the statuses that the database may show."""

    port: int
    telegram: FakeTelegram
    plan: Plan
    seed: int
    last_due: datetime
    said: dict[tuple[int, date], set[str]] = field(default_factory=lambda: defaultdict(lambda: {NOTHING}))
    edits: list[Edit] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Sign in those who will write; needs the database, so before anything is killed."""
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
        writes = (self._log_a_day, self._edit_a_time, self._write_to_the_bot)
        self._turns = [threading.Lock() for _ in writes]
        self._threads = [
            threading.Thread(target=self._keep_on, args=(write, random.Random(f"{self.seed} {write.__name__}"), turn))
            for write, turn in zip(writes, self._turns, strict=True)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Nobody writes anything meanwhile; what was under way has been answered, or will not be."""
        with ExitStack() as turns:
            for turn in self._turns:
                turns.enter_context(turn)
            yield

    def written(self) -> Written:
        """What has been written so far; while they are held back."""
        return Written({key: set(statuses) for key, statuses in self.said.items()}, len(self.edits))

    def forget_since(self, then: Written) -> None:
        """The database was taken back: what was written since then is gone."""
        self.said.clear()
        self.said.update({key: set(statuses) for key, statuses in then.said.items()})
        self._unanswered.clear()
        del self.edits[then.edits :]

    def bot_answers(self) -> bool:
        """Whether the bot answers somebody who writes to it now."""
        statuses = {chat["id"]: chat["status"] for chat in self.telegram.control("chats")}
        chats = [FIRST_CHAT + due.user for due in self.plan.due]
        chat_id = next(chat_id for chat_id in chats if statuses.get(chat_id) == "active")
        self.telegram.control("send", chat_id=chat_id, text="/help")
        last = self.telegram.conversation(chat_id)[-1].message_id
        try:
            self.telegram.wait_for_message(chat_id, BOT_ANSWERS_WITHIN, after=last)
        except TimeoutError:
            return False
        return True

    def _keep_on(self, write: Callable[[random.Random], None], draw: random.Random, turn: threading.Lock) -> None:
        while not self._ended.wait(PAUSE):
            with turn:
                write(draw)

    def _write_to_the_bot(self, draw: random.Random) -> None:
        chat_id = FIRST_CHAT + draw.choice(self.plan.due).user
        try:
            self.telegram.control("send", chat_id=chat_id, text=draw.choice(COMMANDS))
        except (OSError, http.client.HTTPException, ValueError):
            self.answers["the Bot API away"] += 1

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

"""Faults that the fake plays on demand, and the limits that it enforces like Telegram."""

import asyncio
import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from .errors import (
    ApiError,
    bad_request,
    blocked,
    chat_not_found,
    deactivated,
    migrated,
    too_many_requests,
)
from .people import FIRST_SUPERGROUP_ID

REFUSALS = ("flood", "blocked", "deactivated", "chat_not_found", "bad_request", "migrate", "error")
KINDS = (*REFUSALS, "server_error", "hang", "cut_before", "cut_after", "latency")


@dataclass(slots=True)
class Fault:
    """One programmed fault: what happens, to which calls, how often.

    ``times`` None means no limit; ``skip`` lets that many matching calls pass first; ``probability`` uses a random
    generator with this ``seed``. ``seconds`` is for latency and hang (None: until released). ``after``: a hang or a
    server error happens after the call was accepted.
    """

    kind: str
    times: int | None = 1
    skip: int = 0
    methods: tuple[str, ...] = ()
    chat_id: int | None = None
    contains: str = ""
    probability: float = 1.0
    seed: int = 0
    retry_after: int = 1
    seconds: float | None = None
    after: bool = False
    status: int = 502
    html: bool = False
    description: str = ""
    migrate_to: int | None = None
    id: int = 0
    matched: int = 0
    played: int = 0
    rng: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise bad_request(f"unknown fault {self.kind!r}, one of {', '.join(KINDS)}")
        self.methods = tuple(name.lower() for name in self.methods)
        self.rng = random.Random(self.seed)

    @property
    def is_used_up(self) -> bool:
        return self.times is not None and self.played >= self.times

    def matches(self, method: str, chat_id: str, text: str) -> bool:
        """Return whether the fault applies to this call, and count it."""
        if self.is_used_up or (self.methods and method not in self.methods):
            return False
        if self.chat_id is not None and str(self.chat_id) != chat_id:
            return False
        if self.contains and self.contains not in text:
            return False
        self.matched += 1
        if self.matched <= self.skip:
            return False
        if self.probability < 1 and self.rng.random() >= self.probability:
            return False
        self.played += 1
        return True

    def refusal(self, chat_id: str) -> ApiError:
        """Return the error of a fault that refuses the call."""
        match self.kind:
            case "flood":
                return too_many_requests(self.retry_after)
            case "blocked":
                return blocked()
            case "deactivated":
                return deactivated()
            case "chat_not_found":
                return chat_not_found()
            case "migrate":
                given = int(chat_id) if chat_id.lstrip("-").isdigit() else 1
                return migrated(self.migrate_to or FIRST_SUPERGROUP_ID - abs(given))
            case "error":
                return ApiError(self.status, self.description or f"Error {self.status}")
            case _:
                return bad_request(self.description or "message can't be sent")

    def to_record(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__ if name != "rng"}


@dataclass(slots=True)
class Plan:
    """The faults of one call: seconds of latency, and at most one other fault."""

    delay: float = 0.0
    fault: Fault | None = None


class Faults:
    """The programmed faults in the order in which they were added, and the calls that hang now."""

    def __init__(self) -> None:
        self.programmed: list[Fault] = []
        self.past: list[Fault] = []
        self._hanging: set[asyncio.Future[None]] = set()
        self._next_id = 1

    def add(self, fault: Fault) -> Fault:
        fault.id = self._next_id
        self._next_id += 1
        self.programmed.append(fault)
        return fault

    def clear(self, fault_id: int | None = None) -> None:
        """End one fault, or all; ending all also releases hanging calls."""
        ended = [f for f in self.programmed if fault_id in (None, f.id)]
        self.programmed = [f for f in self.programmed if f not in ended]
        self.past.extend(ended)
        if fault_id is None:
            self.release()

    def plan(self, method: str, chat_id: str, text: str) -> Plan | None:
        """Return the faults of this call; None if there are none."""
        delay, chosen = 0.0, None
        for fault in self.programmed:
            if fault.kind == "latency":
                if fault.matches(method, chat_id, text):
                    delay += fault.seconds or 0.0
            elif chosen is None and fault.matches(method, chat_id, text):
                chosen = fault
        used_up = [fault for fault in self.programmed if fault.is_used_up]
        for fault in used_up:
            self.programmed.remove(fault)
            self.past.append(fault)
        return Plan(delay, chosen) if delay or chosen else None

    @property
    def hanging(self) -> int:
        return len(self._hanging)

    def release(self) -> int:
        """Let all hanging calls continue; return their number."""
        hanging = [future for future in self._hanging if not future.done()]
        for future in hanging:
            future.set_result(None)
        return len(hanging)

    async def hang(self, seconds: float | None, gone: asyncio.Future[None]) -> None:
        """Wait until released, for ``seconds``, or until the caller has disconnected."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hanging.add(future)
        try:
            await asyncio.wait({future, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._hanging.discard(future)


class Limits:
    """Telegram's flood limits in any sliding window, over all chats and for each; off until they are set."""

    def __init__(self) -> None:
        self.set()

    def set(self, *, overall: int = 0, per_chat: int = 0, window: float = 1.0, retry_after: int = 1) -> None:
        """Set the allowed numbers of messages in ``window`` seconds; 0 means no limit."""
        self.overall, self.per_chat, self.window, self.retry_after = overall, per_chat, window, retry_after
        self.refused_overall = 0
        self.refused_per_chat = 0
        self._all: deque[float] = deque()
        self._chats: dict[int, deque[float]] = {}

    def check(self, chat_id: int) -> None:
        """Count one message to the chat, or raise 429."""
        if not self.overall and not self.per_chat:
            return
        now = time.monotonic()
        one = self._chats.setdefault(chat_id, deque())
        for times in (self._all, one):
            while times and times[0] <= now - self.window:
                times.popleft()
        if self.overall and len(self._all) >= self.overall:
            self.refused_overall += 1
            raise too_many_requests(self.retry_after)
        if self.per_chat and len(one) >= self.per_chat:
            self.refused_per_chat += 1
            raise too_many_requests(self.retry_after)
        self._all.append(now)
        one.append(now)

    def to_record(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

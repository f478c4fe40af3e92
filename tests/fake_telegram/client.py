"""The test's client of a fake Telegram: starts it, acts as its users, plays faults, and waits for messages."""

import http.client
import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from tests.waiting import STUCK

from .hosts import Stop, run_in_process, run_in_thread
from .records import CallRecord, MessageRecord, TapRecord
from .state import DEFAULT_TOKEN

FaultKind = Literal[
    "flood",
    "blocked",
    "deactivated",
    "chat_not_found",
    "bad_request",
    "migrate",
    "error",
    "server_error",
    "hang",
    "cut_before",
    "cut_after",
    "latency",
]
T = TypeVar("T")
Status = Literal["active", "blocked", "deactivated", "kicked", "gone"]


class FakeTelegram:
    """A running fake. ``url`` is a value for TELEGRAM_API_BASE_URL, without a trailing slash and ``/bot``.

    Users in calls are dicts with ``id`` and optionally ``first_name``, ``last_name``, ``username``, ``language_code``.
    Errors of the control routes are raised as ValueError.
    """

    def __init__(self, url: str, *, token: str = DEFAULT_TOKEN, stop: Stop | None = None) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self._address = urlsplit(self.url)
        self._stop = stop

    @classmethod
    def in_thread(cls, *, token: str = DEFAULT_TOKEN, port: int = 0) -> Self:
        """Start a fake in a thread of this process."""
        url, stop = run_in_thread([token], port=port)
        return cls(url, token=token, stop=stop)

    @classmethod
    def in_process(cls, *, token: str = DEFAULT_TOKEN, port: int = 0) -> Self:
        """Start a fake in a separate process, for benchmarks and for tests that move the clock."""
        url, stop = run_in_process([token], port=port)
        return cls(url, token=token, stop=stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the fake if this object has started it."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    @property
    def base_url(self) -> str:
        """``base_url`` of python-telegram-bot's Bot."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """``base_file_url`` of python-telegram-bot's Bot."""
        return f"{self.url}/file/bot"

    def control(self, route: str, **params: Any) -> Any:
        """Call a route under /control/ and return its result; parameters that are None are omitted."""
        given = {name: value for name, value in params.items() if value is not None}
        given.setdefault("token", self.token)
        assert self._address.hostname is not None
        connection = http.client.HTTPConnection(self._address.hostname, self._address.port, timeout=90)
        try:
            connection.request(
                "POST", f"/control/{route}", json.dumps(given).encode(), {"Content-Type": "application/json"}
            )
            answer = connection.getresponse()
            result = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(result["description"])
        return result

    # What was sent

    def messages(self, chat_id: int | None = None, *, after: int = 0) -> list[MessageRecord]:
        """Return the bot's messages, oldest first: in one chat or in all, with ids above ``after``."""
        found = self.control("messages", chat_id=chat_id, after=after, outgoing=True)
        return [MessageRecord.read(record) for record in found]

    def conversation(self, chat_id: int) -> list[MessageRecord]:
        """Return all messages of a chat, also those of users, oldest first."""
        return [MessageRecord.read(record) for record in self.control("messages", chat_id=chat_id)]

    def message(self, chat_id: int, message_id: int) -> MessageRecord:
        """Return one message in its current state. Raise LookupError."""
        for record in self.control("messages", chat_id=chat_id, after=message_id - 1, limit=1):
            if record["message_id"] == message_id:
                return MessageRecord.read(record)
        raise LookupError(f"no message {message_id} in chat {chat_id}")

    @property
    def calls(self) -> list[CallRecord]:
        """All calls of Bot API methods, oldest first."""
        return self.calls_of()

    def calls_of(self, method: str | None = None, *, chat_id: int | None = None, after: int = 0) -> list[CallRecord]:
        """Return the calls of one method, or to one chat, with an index above ``after``."""
        found = self.control("calls", method=method, chat_id=chat_id, after=after)
        return [CallRecord(**record) for record in found]

    @property
    def counters(self) -> dict[str, int]:
        counted: dict[str, int] = self.control("counters")
        return counted

    @property
    def taps(self) -> list[TapRecord]:
        """All taps on buttons, oldest first."""
        return [TapRecord(**record) for record in self.control("queries")]

    @property
    def pending_updates(self) -> list[dict[str, Any]]:
        """The updates that the bot has not confirmed."""
        found: list[dict[str, Any]] = self.control("updates")
        return found

    # Waiting

    def wait_until(self, look: Callable[[], T | None], timeout: float = STUCK, what: str = "that") -> T:
        """Call ``look`` at each change in the fake until it returns something other than None or False; return that.

        Raise TimeoutError with ``what`` after ``timeout`` seconds.
        """
        end = time.monotonic() + timeout
        version = int(self.control("wait", version=-1)["version"])
        while True:
            found = look()
            if found is not None and found is not False:
                return found
            remaining = end - time.monotonic()
            if remaining <= 0:
                raise TimeoutError(f"{what} did not come within {timeout:g} s")
            version = int(self.control("wait", version=version, timeout=remaining)["version"])

    def wait_for_message(
        self, chat_id: int, timeout: float = STUCK, *, contains: str = "", after: int = 0
    ) -> MessageRecord:
        """Wait for the bot's first message in the chat with an id above ``after`` that contains this text; return it."""

        def look() -> MessageRecord | None:
            found = self.messages(chat_id, after=after)
            return next((message for message in found if contains in message.text), None)

        return self.wait_until(look, timeout, f"a message {contains!r} to chat {chat_id}")

    def wait_for_edit(
        self, chat_id: int, message_id: int, timeout: float = STUCK, *, contains: str = ""
    ) -> MessageRecord:
        """Wait until the message is edited and contains this text; return it."""

        def look() -> MessageRecord | None:
            message = self.message(chat_id, message_id)
            return message if message.edits and contains in message.text else None

        return self.wait_until(look, timeout, f"an edit {contains!r} of message {message_id} in chat {chat_id}")

    def wait_for_answer(self, callback_query_id: str, timeout: float = STUCK) -> TapRecord:
        """Wait until the bot has answered the tap; return it."""

        def look() -> TapRecord | None:
            return next((t for t in self.taps if t.id == callback_query_id and t.answer is not None), None)

        return self.wait_until(look, timeout, "an answer to the tap")

    def wait_for_calls(self, method: str, count: int = 1, timeout: float = STUCK) -> list[CallRecord]:
        """Wait until there are ``count`` calls of a method; return all of them."""

        def look() -> list[CallRecord] | None:
            found = self.calls_of(method)
            return found if len(found) >= count else None

        return self.wait_until(look, timeout, f"call {count} of {method}")

    # Actions of users

    def add_chat(self, chat_id: int, *, type: str = "", title: str = "", user: dict[str, Any] | None = None) -> None:
        """Add a chat in which nobody has written: private for a positive id, otherwise a group."""
        self.control("add_chat", chat_id=chat_id, type=type, title=title, **_user(user))

    def send_text(self, chat_id: int, text: str, user: dict[str, Any] | None = None) -> int:
        """Let a user write to the bot, which creates the chat; return the message's id."""
        return int(self.control("send", chat_id=chat_id, text=text, **_user(user))["message_id"])

    def tap(
        self,
        chat_id: int,
        message_id: int | None,
        button: str,
        *,
        user: dict[str, Any] | None = None,
        stale: bool = False,
    ) -> str:
        """Let a user tap a button, given by its text or data; return the query's id.

        Without a message id, use the newest message with that button. ``stale`` allows a button that is no longer shown,
        and any data.
        """
        given = {"chat_id": chat_id, "message_id": message_id, "button": button, "stale": stale or None}
        return str(self.control("tap", **given, **_user(user))["callback_query_id"])

    def send_update(self, update: dict[str, Any]) -> int:
        """Queue a raw update; with an ``update_id``, queue it again under that id. Return the id."""
        return int(self.control("update", update=update)["update_id"])

    def expire_taps(self) -> int:
        """Make all unanswered taps too old to be answered; return their number."""
        return int(self.control("expire"))

    def set_status(self, chat_id: int, status: Status) -> None:
        """Let the user block or unblock the bot, or delete the account, or make the chat unknown again."""
        self.control("status", chat_id=chat_id, status=status)

    def migrate(self, chat_id: int, new_chat_id: int | None = None) -> int:
        """Turn the group into a supergroup; return its new id."""
        return int(self.control("migrate", chat_id=chat_id, new_chat_id=new_chat_id)["migrate_to_chat_id"])

    # Faults

    def fault(self, kind: FaultKind, *, times: int | Literal["all"] | None = None, **how: Any) -> int:
        """Play a fault on the next ``times`` (1; latency: all) matching calls; return its id.

        Which: ``method`` (one or several), ``chat_id``, ``contains``, ``skip``, ``probability``, ``seed``.
        How: ``retry_after``, ``seconds``, ``after``, ``status``, ``html``, ``description``, ``migrate_to``.
        """
        return int(self.control("fault", kind=kind, times=times, **how)["id"])

    @property
    def faults(self) -> list[dict[str, Any]]:
        """All faults programmed so far, with how often each was ``played``."""
        found: list[dict[str, Any]] = self.control("faults")
        return found

    def clear_faults(self, fault_id: int | None = None) -> None:
        """End one fault, or all; ending all also releases hanging calls."""
        self.control("clear_faults", id=fault_id)

    def release(self) -> int:
        """Let hanging calls continue; return their number."""
        return int(self.control("release"))

    def limit(self, overall: int = 30, per_chat: int = 1, *, window: float = 1.0, retry_after: int = 1) -> None:
        """Answer 429 beyond these numbers of messages in a sliding window, overall and per chat; 0 means no limit."""
        self.control("limits", overall=overall, per_chat=per_chat, window=window, retry_after=retry_after)

    @property
    def refused_by_limits(self) -> int:
        """The number of 429s caused by the limits."""
        counted = self.counters
        return counted["limits.refused_overall"] + counted["limits.refused_per_chat"]

    def reset(self) -> None:
        """Clear everything but the bots."""
        self.control("reset")


def _user(user: dict[str, Any] | None) -> dict[str, Any]:
    return {("user_id" if name == "id" else name): value for name, value in (user or {}).items()}

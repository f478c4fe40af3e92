"""The state of the fake Telegram: bots, their chats, messages and updates, and all calls."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

JSON = dict[str, Any]

DEFAULT_TOKEN = "1000000001:fake-bot-token-of-the-tests"
FIRST_UPDATE_ID = 500_000_001
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
KEPT_CALLS = 500_000


@dataclass(slots=True)
class Edit:
    """The content of a message before or after an edit, and since when."""

    text: str
    markup: JSON | None
    monotonic: float
    wall: float


@dataclass(slots=True)
class Chat:
    """A chat as one bot sees it. ``status`` is active, blocked, deactivated or kicked."""

    id: int
    type: str
    title: str = ""
    username: str = ""
    user: JSON = field(default_factory=dict)
    status: str = "active"
    migrated_to: int | None = None
    messages: dict[int, "Message"] = field(default_factory=dict)

    def to_api(self) -> JSON:
        shown: JSON = {"id": self.id, "type": self.type}
        if self.type == "private":
            names = ("first_name", "last_name", "username")
            shown |= {name: self.user[name] for name in names if name in self.user}
        else:
            shown["title"] = self.title
        return shown


@dataclass(slots=True)
class Message:
    """One message in a chat, the bot's own (``outgoing``) or a user's, with all its edits."""

    chat: Chat
    message_id: int
    sender: JSON
    outgoing: bool
    text: str
    monotonic: float
    wall: float
    entities: list[JSON] = field(default_factory=list)
    markup: JSON | None = None
    method: str = ""
    extra: JSON = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    is_photo: bool = False
    deleted: bool = False
    answered: bool = True
    fault: str = ""

    def to_api(self) -> JSON:
        """Return the Bot API's Message object."""
        shown: JSON = {
            "message_id": self.message_id,
            "from": self.sender,
            "chat": self.chat.to_api(),
            "date": int(self.wall),
        }
        if self.edits and self.outgoing:
            shown["edit_date"] = int(self.edits[-1].wall)
        prefix = "caption" if self.is_photo else "text"
        if self.text:
            shown[prefix] = self.text
        if self.entities:
            shown["caption_entities" if self.is_photo else "entities"] = self.entities
        shown |= self.extra
        if self.markup and "inline_keyboard" in self.markup:
            shown["reply_markup"] = self.markup
        return shown

    def to_record(self) -> JSON:
        """Return the message as a record for tests."""
        return {
            "message_id": self.message_id,
            "chat_id": self.chat.id,
            "outgoing": self.outgoing,
            "method": self.method,
            "text": self.text,
            "entities": self.entities,
            "markup": self.markup,
            "photo": self.extra.get("photo"),
            "monotonic": self.monotonic,
            "wall": self.wall,
            "edits": [
                {"text": e.text, "markup": e.markup, "monotonic": e.monotonic, "wall": e.wall} for e in self.edits
            ],
            "deleted": self.deleted,
            "answered": self.answered,
            "fault": self.fault,
        }

    def edit(self, text: str, entities: list[JSON], markup: JSON | None) -> None:
        """Replace the content and record the edit; the first record keeps the original."""
        if not self.edits:
            self.edits.append(Edit(self.text, self.markup, self.monotonic, self.wall))
        self.text, self.entities, self.markup = text, entities, markup
        self.edits.append(Edit(text, markup, time.monotonic(), time.time()))


@dataclass(slots=True)
class Pending:
    """An update that the bot has not confirmed. ``again``: a repeated old update, kept until it is delivered."""

    id: int
    kind: str
    body: Any
    chat_id: int
    again: bool = False

    def to_api(self) -> JSON:
        return {"update_id": self.id, self.kind: self.body}


@dataclass(slots=True)
class Webhook:
    """A bot's webhook, and the results of the last posts."""

    url: str
    secret: str = ""
    max_connections: int = 40
    last_error_date: int = 0
    last_error_message: str = ""


@dataclass(slots=True)
class Query:
    """A tap on a button. ``answer`` is None until the bot answers it; ``expired`` makes it too old."""

    id: str
    chat_id: int
    data: str
    answer: JSON | None = None
    expired: bool = False


@dataclass(slots=True)
class Call:
    """One request of a Bot API method; ``status`` 0 means that no response was sent (yet)."""

    index: int
    method: str
    chat_id: str
    monotonic: float
    wall: float
    params: JSON
    status: int = 0
    fault: str = ""

    def to_record(self) -> JSON:
        return {name: getattr(self, name) for name in self.__slots__}


class Bot:
    """One bot account: its identity, its chats, its queue of updates."""

    def __init__(self, token: str, username: str, first_update_id: int = FIRST_UPDATE_ID) -> None:
        self.token = token
        self.id = int(token.partition(":")[0])
        self.username = username
        self.user: JSON = {
            "id": self.id,
            "is_bot": True,
            "first_name": username.replace("_", " "),
            "username": username,
        }
        self.chats: dict[int, Chat] = {}
        self.updates: deque[Pending] = deque()
        self.next_update_id = first_update_id
        self.next_message_id = 1
        self.allowed_updates: list[str] | None = None
        self.webhook: Webhook | None = None
        self.commands: dict[str, list[JSON]] = {}
        self.menu_button: JSON = {"type": "default"}
        self.queries: dict[str, Query] = {}
        self.files: dict[str, bytes] = {}
        self.poll: asyncio.Future[str] | None = None

    def wants(self, kind: str) -> bool:
        if self.allowed_updates:
            return kind in self.allowed_updates
        return kind not in NOT_BY_DEFAULT

    def end_poll(self, why: str) -> None:
        """End the waiting long poll, if there is one."""
        if self.poll is not None and not self.poll.done():
            self.poll.set_result(why)

    def confirm_before(self, update_id: int) -> None:
        """Delete the updates with smaller ids."""
        self.updates = deque(u for u in self.updates if u.id >= update_id or u.again)


class World:
    """All bots and calls, with counters, and a version that grows with every change."""

    def __init__(self, tokens: list[str] | None = None) -> None:
        self.bots: dict[str, Bot] = {}
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.counters: Counter[str] = Counter()
        self.version = 0
        self.listeners: list[Callable[[str, Bot, Any], None]] = []
        self._waiting: set[asyncio.Future[None]] = set()
        self._next_call = 1
        self._next_query = 1
        for token in tokens or [DEFAULT_TOKEN]:
            self.add_bot(token)

    @property
    def first_bot(self) -> Bot:
        return next(iter(self.bots.values()))

    def add_bot(self, token: str, username: str = "") -> Bot:
        bot = Bot(token, username or ("habits_bot" if not self.bots else f"habits_{len(self.bots) + 1}_bot"))
        self.bots[token] = bot
        return bot

    def reset(self) -> None:
        """Clear everything but the bots; ids keep growing, so that no new update looks like a repeated one."""
        for bot in list(self.bots.values()):
            bot.end_poll("update")
            fresh = Bot(bot.token, bot.username, bot.next_update_id)
            fresh.next_message_id = bot.next_message_id
            self.bots[bot.token] = fresh
        self.calls.clear()
        self.counters.clear()
        self.changed()

    def changed(self) -> None:
        """Increase the version and wake everybody who waits for a change."""
        self.version += 1
        if self._waiting:
            for future in self._waiting:
                if not future.done():
                    future.set_result(None)
            self._waiting.clear()

    async def next_change(self, version: int, timeout: float) -> int:
        """Wait until the version differs from this one, or for ``timeout`` seconds; return the current version."""
        if self.version == version and timeout > 0:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(future)
            try:
                await asyncio.wait_for(future, timeout)
            except TimeoutError:
                self._waiting.discard(future)
        return self.version

    def notify(self, event: str, bot: Bot, what: Any) -> None:
        for listener in self.listeners:
            listener(event, bot, what)

    def record_call(self, method: str, chat_id: str, params: JSON) -> Call:
        call = Call(self._next_call, method, chat_id, time.monotonic(), time.time(), params)
        self._next_call += 1
        self.calls.append(call)
        self.counters[f"calls.{method}"] += 1
        return call

    def add_message(
        self,
        bot: Bot,
        chat: Chat,
        sender: JSON,
        text: str,
        *,
        outgoing: bool,
        entities: list[JSON] | None = None,
    ) -> Message:
        """Add a message at the end of the chat and return it."""
        number = bot.next_message_id
        bot.next_message_id += 1
        message = Message(chat, number, sender, outgoing, text, time.monotonic(), time.time(), entities or [])
        chat.messages[number] = message
        return message

    def add_query(self, bot: Bot, chat_id: int, data: str) -> Query:
        query = Query(str(4_000_000_000_000_000_000 + self._next_query), chat_id, data)
        self._next_query += 1
        bot.queries[query.id] = query
        return query

    def add_update(self, bot: Bot, kind: str, body: Any, *, chat_id: int = 0, again: int | None = None) -> int:
        """Queue an update, or an old one again under its id; return its id, or 0 if the bot does not want this kind."""
        if not bot.wants(kind):
            return 0
        update_id = again
        if update_id is None:
            update_id = bot.next_update_id
            bot.next_update_id += 1
        bot.updates.append(Pending(update_id, kind, body, chat_id, again is not None))
        bot.end_poll("update")
        self.notify("update", bot, bot.updates[-1])
        self.changed()
        return update_id

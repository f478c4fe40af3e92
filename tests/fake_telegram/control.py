"""The control routes of the fake over HTTP: messages sent by the bot, actions of users, faults to play.

Every route takes its parameters as a query, a form or JSON. ``token`` selects one of several bots.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from itertools import islice
from typing import Any

from . import people
from .errors import ApiError, bad_request, not_found
from .faults import Fault, Faults, Limits
from .params import Params
from .state import JSON, Bot, World
from .wire import HttpRequest, Reply

MAX_WAIT = 60.0
Route = Callable[[Params], Any]


class Control:
    """The routes under /control/ by name; each docstring is its help."""

    def __init__(self, world: World, faults: Faults, limits: Limits) -> None:
        self.world = world
        self.faults = faults
        self.limits = limits
        self.routes: dict[str, Route] = {
            "messages": self.messages,
            "calls": self.calls,
            "counters": self.counters,
            "updates": self.updates,
            "queries": self.queries,
            "wait": self.wait,
            "send": self.send,
            "tap": self.tap,
            "update": self.update,
            "expire": self.expire,
            "chats": self.chats,
            "add_chat": self.add_chat,
            "status": self.status,
            "migrate": self.migrate,
            "fault": self.fault,
            "faults": self.list_faults,
            "clear_faults": self.clear_faults,
            "release": self.release,
            "limits": self.set_limits,
            "add_bot": self.add_bot,
            "reset": self.reset,
        }

    def handle(self, http: HttpRequest) -> Reply | Coroutine[Any, Any, Reply]:
        """Answer one request under /control."""
        name = http.path.removeprefix("/control").strip("/")
        try:
            route = self.routes.get(name) if name else self.help
            if route is None:
                raise not_found()
            result = route(http.params())
        except ApiError as refusal:
            return _reply(refusal.body(), refusal.code)
        if asyncio.iscoroutine(result):
            return _later(result)
        return _reply(result)

    def help(self, params: Params) -> JSON:
        """This list."""
        return {f"/control/{name}": " ".join((route.__doc__ or "").split()) for name, route in self.routes.items()}

    def _bot(self, params: Params) -> Bot:
        if not params.has("token"):
            return self.world.first_bot
        bot = self.world.bots.get(params.text("token"))
        if bot is None:
            raise bad_request("unknown token")
        return bot

    def _user(self, params: Params) -> JSON | None:
        if not params.has("user_id"):
            return None
        names = ("first_name", "last_name", "username", "language_code")
        return people.make_user(params.integer("user_id"), **{name: params.text(name) for name in names})

    def messages(self, params: Params) -> list[JSON]:
        """The messages, oldest first: chat_id, after (a message id), outgoing=true, limit."""
        bot, after, limit = self._bot(params), params.integer("after"), params.integer("limit")
        only_own = params.flag("outgoing")
        chats = list(bot.chats.values())
        if params.has("chat_id"):
            chat = bot.chats.get(params.integer("chat_id"))
            chats = [chat] if chat else []
        found = [
            message.to_record()
            for chat in chats
            for message in chat.messages.values()
            if message.message_id > after and (message.outgoing or not only_own)
        ]
        found.sort(key=lambda record: int(record["message_id"]))
        return found[:limit] if limit else found

    def calls(self, params: Params) -> list[JSON]:
        """The calls of Bot API methods, oldest first: method, chat_id, after (an index)."""
        method, chat_id, after = params.text("method"), params.text("chat_id"), params.integer("after")
        first = self.world.calls[0].index if self.world.calls else 1
        return [
            call.to_record()
            for call in islice(self.world.calls, max(after + 1 - first, 0), None)
            if (not method or call.method.lower() == method.lower()) and (not chat_id or call.chat_id == chat_id)
        ]

    def counters(self, params: Params) -> JSON:
        """The numbers of calls, accepted messages, statuses, faults, and 429s caused by the limits."""
        counted: JSON = dict(sorted(self.world.counters.items()))
        counted["limits.refused_overall"] = self.limits.refused_overall
        counted["limits.refused_per_chat"] = self.limits.refused_per_chat
        counted["hanging"] = self.faults.hanging
        counted["polling"] = sum(bot.poll is not None for bot in self.world.bots.values())
        counted["pending_updates"] = sum(len(bot.updates) for bot in self.world.bots.values())
        return counted

    def updates(self, params: Params) -> list[JSON]:
        """The updates that the bot has not confirmed."""
        return [update.to_api() for update in self._bot(params).updates]

    def queries(self, params: Params) -> list[JSON]:
        """The taps, and how the bot answered each (answer is null until it does)."""
        return [
            {name: getattr(query, name) for name in query.__slots__} for query in self._bot(params).queries.values()
        ]

    async def wait(self, params: Params) -> JSON:
        """Wait until something has changed since version, at most timeout seconds; return the current version."""
        timeout = min(params.number("timeout", 30.0), MAX_WAIT)
        return {"version": await self.world.next_change(params.integer("version", -1), timeout)}

    def send(self, params: Params) -> JSON:
        """Let a user write: chat_id, text; user_id, first_name, last_name, username, language_code."""
        chat_id, bot = self._chat_id(params), self._bot(params)
        text = params.text("text")
        if not text:
            raise bad_request("text is empty")
        return people.send_text(self.world, bot, chat_id, text, self._user(params)).to_record()

    def tap(self, params: Params) -> JSON:
        """Let a user tap: chat_id, button (its text or data); message_id, user_id; stale=true."""
        query_id = people.tap(
            self.world,
            self._bot(params),
            self._chat_id(params),
            params.text("button"),
            message_id=params.optional_integer("message_id"),
            user=self._user(params),
            stale=params.flag("stale"),
        )
        return {"callback_query_id": query_id}

    def update(self, params: Params) -> JSON:
        """Queue a raw update, which may be invalid: update (JSON; with an update_id to repeat an old one)."""
        given = params.json("update", "update")
        if not isinstance(given, dict):
            raise bad_request("update is not an object")
        again = given.get("update_id")
        kind, body = next(((n, b) for n, b in given.items() if n != "update_id"), ("", None))
        if not kind:
            raise bad_request("update has nothing but its update_id")
        chat_id = _chat_of(body)
        queued = self.world.add_update(self._bot(params), kind, body, chat_id=chat_id, again=again)
        return {"update_id": queued}

    def expire(self, params: Params) -> int:
        """Make taps too old to be answered: callback_query_id, or all unanswered ones; return their number."""
        chosen = [
            query
            for query in self._bot(params).queries.values()
            if query.answer is None and params.text("callback_query_id", query.id) == query.id
        ]
        for query in chosen:
            query.expired = True
        return len(chosen)

    def _chat_id(self, params: Params) -> int:
        chat_id = params.integer("chat_id")
        if not chat_id:
            raise bad_request("chat_id is empty")
        return chat_id

    def chats(self, params: Params) -> list[JSON]:
        """The bot's chats, with their status."""
        return [
            chat.to_api() | {"status": chat.status, "migrated_to": chat.migrated_to}
            for chat in self._bot(params).chats.values()
        ]

    def add_chat(self, params: Params) -> JSON:
        """Add a chat without messages: chat_id; optionally type, title, user_id and names."""
        chat = people.add_chat(
            self._bot(params),
            self._chat_id(params),
            type=params.text("type"),
            title=params.text("title"),
            user=self._user(params),
        )
        self.world.changed()
        return chat.to_api()

    def status(self, params: Params) -> JSON:
        """Make a chat active, blocked, deactivated, kicked or gone: chat_id, status."""
        people.set_status(self.world, self._bot(params), self._chat_id(params), params.text("status"))
        return {"status": params.text("status")}

    def migrate(self, params: Params) -> JSON:
        """Turn a group into a supergroup: chat_id; optionally new_chat_id."""
        new = people.migrate(
            self.world, self._bot(params), self._chat_id(params), params.optional_integer("new_chat_id")
        )
        return {"migrate_to_chat_id": new}

    def fault(self, params: Params) -> JSON:
        """Program a fault: kind (flood, blocked, deactivated, chat_not_found, bad_request, migrate, error,
        server_error, hang, cut_before, cut_after, latency); times (1; "all" for no limit), skip, method (or
        several), chat_id, contains, probability, seed; retry_after, seconds, after, status, html,
        description, migrate_to."""
        default = "all" if params.text("kind") == "latency" else "1"
        endless = params.text("times", default) == "all"
        fault = Fault(
            params.text("kind"),
            times=None if endless else params.integer("times", 1),
            skip=params.integer("skip"),
            methods=tuple(params.strings("method") or ()),
            chat_id=params.optional_integer("chat_id"),
            contains=params.text("contains"),
            probability=params.number("probability", 1.0),
            seed=params.integer("seed"),
            retry_after=params.integer("retry_after", 1),
            seconds=params.number("seconds") if params.has("seconds") else None,
            after=params.flag("after"),
            status=params.integer("status", 502),
            html=params.flag("html"),
            description=params.text("description"),
            migrate_to=params.optional_integer("migrate_to"),
        )
        return self.faults.add(fault).to_record()

    def list_faults(self, params: Params) -> list[JSON]:
        """All faults programmed so far, with how often each was played."""
        return [fault.to_record() for fault in (*self.faults.past, *self.faults.programmed)]

    def clear_faults(self, params: Params) -> bool:
        """End all faults and release hanging calls, or end only the fault with this id."""
        self.faults.clear(params.optional_integer("id"))
        return True

    def release(self, params: Params) -> int:
        """Let hanging calls continue; return their number."""
        return self.faults.release()

    def set_limits(self, params: Params) -> JSON:
        """Refuse with 429 beyond overall and per_chat messages in a sliding window of seconds; 0 means no limit.
        Without parameters: return the limits and the numbers of refusals."""
        if params.values:
            self.limits.set(
                overall=params.integer("overall"),
                per_chat=params.integer("per_chat"),
                window=params.number("window", 1.0),
                retry_after=params.integer("retry_after", 1),
            )
        return self.limits.to_record()

    def add_bot(self, params: Params) -> JSON:
        """Another bot: token, username."""
        bot = self.world.add_bot(params.text("token"), params.text("username"))
        return bot.user

    def reset(self, params: Params) -> bool:
        """Forget chats, messages, updates, webhooks, calls, counters, faults and limits."""
        self.faults.clear()
        self.faults.past.clear()
        self.limits.set()
        self.world.reset()
        return True


def _chat_of(body: Any) -> int:
    """The chat of an update's body; 0 where it is in no place that the bot would look at."""
    for path in (("chat",), ("message", "chat")):
        found = body
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, dict) and isinstance(found.get("id"), int):
            return int(found["id"])
    return 0


def _reply(result: Any, status: int = 200) -> Reply:
    return Reply(status, (json.dumps(result, ensure_ascii=False) + "\n").encode())


async def _later(result: Coroutine[Any, Any, Any]) -> Reply:
    return _reply(await result)

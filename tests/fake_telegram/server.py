"""The fake's HTTP server: the Bot API under /bot<token>/, control routes for tests under /control/."""

import asyncio
import json
import re
from collections.abc import Coroutine
from typing import Any

from .control import Control
from .errors import ApiError, not_found, unauthorized
from .faults import REFUSALS, Faults, Limits, Plan
from .methods import ON_MESSAGES, Method, Request
from .state import Bot, Call, World
from .updates import ON_UPDATES, Poster
from .wire import Connection, HttpRequest, Reply

TOKEN = re.compile(r"[1-9]\d{0,18}:[A-Za-z0-9_-]{1,80}")
METHODS: dict[str, tuple[str, Method]] = {
    name.lower(): (name, method) for name, method in (ON_MESSAGES | ON_UPDATES).items()
}
HTML = """<html>
<head><title>{0}</title></head>
<body>
<center><h1>{0}</h1></center>
<hr><center>nginx</center>
</body>
</html>
"""
PHRASES = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class Server:
    """One fake Telegram on one port, in one event loop."""

    def __init__(self, tokens: list[str] | None = None, *, webhook_retry_seconds: float = 0.2) -> None:
        self.world = World(tokens)
        self.faults = Faults()
        self.limits = Limits()
        self.control = Control(self.world, self.faults, self.limits)
        self.url = ""
        self._poster = Poster(self.world, webhook_retry_seconds)
        self._posting: asyncio.Task[None] | None = None
        self._listener: asyncio.Server | None = None
        self._connections: set[Connection] = set()

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Start listening and return the URL without a trailing slash; port 0 chooses a free one."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: Connection(self.handle, self._connections), host, port, backlog=1024
        )
        taken = self._listener.sockets[0].getsockname()[1]
        self.url = f"http://{host}:{taken}"
        self._posting = loop.create_task(self._poster.run())
        return self.url

    async def stop(self) -> None:
        """Stop listening and close every connection."""
        if self._listener is not None:
            self._listener.close()
        if self._posting is not None:
            self._posting.cancel()
        self._poster.stop()
        for connection in list(self._connections):
            connection.close()
        await asyncio.sleep(0)

    def handle(self, http: HttpRequest) -> Reply | Coroutine[Any, Any, Reply]:
        """Answer one HTTP request."""
        if http.verb not in ("GET", "POST", "DELETE"):
            return _refuse(ApiError(405, "Method Not Allowed"))
        if http.path.startswith("/bot"):
            token, _, name = http.path[4:].partition("/")
            try:
                return self._call(http, self._bot(token), name)
            except ApiError as refusal:
                return _refuse(refusal)
        if http.path.startswith("/control"):
            return self.control.handle(http)
        if http.path.startswith("/file/bot"):
            return self._file(http.path.removeprefix("/file/bot"))
        return _refuse(not_found())

    def _bot(self, token: str) -> Bot:
        if not TOKEN.fullmatch(token):
            raise not_found()
        bot = self.world.bots.get(token)
        if bot is None:
            self.world.counters["calls.with_wrong_token"] += 1
            self.world.changed()
            raise unauthorized()
        return bot

    def _file(self, path: str) -> Reply:
        token, _, file_id = path.partition("/photos/")
        bot = self.world.bots.get(token)
        if bot is None or file_id not in bot.files:
            return _refuse(not_found())
        return Reply(body=bot.files[file_id], content_type="application/octet-stream")

    def _call(self, http: HttpRequest, bot: Bot, asked: str) -> Reply | Coroutine[Any, Any, Reply]:
        named = METHODS.get(asked.lower())
        if named is None:
            raise not_found()
        name, method = named
        params = http.params()
        chat_id = params.text("chat_id")
        call = self.world.record_call(name, chat_id, params.values)
        request = Request(self.world, self.limits, bot, name, params)
        if self.faults.programmed:
            text = params.text("text") or params.text("caption")
            plan = self.faults.plan(name.lower(), chat_id, text)
            if plan is not None:
                return self._play(plan, request, method, call, http)
        return self._answer(request, method, call, http)

    def _answer(
        self, request: Request, method: Method, call: Call, http: HttpRequest
    ) -> Reply | Coroutine[Any, Any, Reply]:
        try:
            result = method(request)
        except ApiError as refusal:
            return self._record_refusal(request, call, refusal)
        if asyncio.iscoroutine(result):
            return self._wait(request, result, call, http)
        return self._succeed(request, result, call)

    async def _wait(self, request: Request, result: Coroutine[Any, Any, Any], call: Call, http: HttpRequest) -> Reply:
        """Wait for the method's result while the caller is connected."""
        task = asyncio.ensure_future(result)
        self.world.changed()
        try:
            await asyncio.wait({task, http.connection.gone}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                return Reply(cut=True)
            return self._succeed(request, task.result(), call)
        except ApiError as refusal:
            return self._note(call, _refuse(refusal))
        finally:
            task.cancel()

    def _succeed(self, request: Request, result: Any, call: Call) -> Reply:
        body: dict[str, Any] = {"ok": True, "result": result}
        if request.note:
            body["description"] = request.note
        reply = Reply(body=json.dumps(body, separators=(",", ":")).encode())
        message = request.message
        if message is not None and message.method == request.method:

            def written(was_sent: bool) -> None:
                message.answered = was_sent
                if not was_sent:
                    self.world.notify("unanswered", request.bot, message)

            reply.on_written = written
        return self._note(call, reply)

    def _record_refusal(self, request: Request, call: Call, refusal: ApiError) -> Reply:
        self.world.notify("refused", request.bot, (call, refusal))
        return self._note(call, _refuse(refusal))

    def _note(self, call: Call, reply: Reply) -> Reply:
        call.status = reply.status
        self.world.counters[f"status.{reply.status}"] += 1
        self.world.changed()
        return reply

    async def _play(self, plan: Plan, request: Request, method: Method, call: Call, http: HttpRequest) -> Reply:
        """Answer a call with faults."""
        if plan.delay:
            await asyncio.sleep(plan.delay)
        fault = plan.fault
        if fault is None:
            return await self._respond(request, method, call, http)
        call.fault = fault.kind
        self.world.counters[f"faults.{fault.kind}"] += 1
        self.world.notify("fault", request.bot, call)
        self.world.changed()
        if fault.kind in REFUSALS:
            return self._record_refusal(request, call, fault.refusal(call.chat_id))
        if fault.kind == "server_error":
            if fault.after:
                reply = await self._respond(request, method, call, http)
                if reply.status != 200:
                    return reply
                self._lose_response(request, fault.kind)
            return self._note(call, _server_error(fault.status, html=fault.html))
        if fault.kind == "cut_before":
            return Reply(cut=True)
        if fault.kind == "hang" and not fault.after:
            await self.faults.hang(fault.seconds, http.connection.gone)
            if http.connection.is_lost:
                return Reply(cut=True)
            return await self._respond(request, method, call, http)
        reply = await self._respond(request, method, call, http)
        if request.message is not None and request.message.method == request.method:
            request.message.fault = fault.kind
            request.message.answered = False
        if fault.kind == "hang":
            self.world.changed()
            await self.faults.hang(fault.seconds, http.connection.gone)
            return reply
        call.status = 0
        return Reply(cut=True, on_written=reply.on_written)

    def _lose_response(self, request: Request, fault: str) -> None:
        """Record that the response about an accepted message is not sent."""
        message = request.message
        if message is not None and message.method == request.method:
            message.fault, message.answered = fault, False
            self.world.notify("unanswered", request.bot, message)

    async def _respond(self, request: Request, method: Method, call: Call, http: HttpRequest) -> Reply:
        reply = self._answer(request, method, call, http)
        return reply if isinstance(reply, Reply) else await reply


def _refuse(refusal: ApiError) -> Reply:
    headers: tuple[tuple[str, str], ...] = ()
    if refusal.parameters and "retry_after" in refusal.parameters:
        headers = (("Retry-After", str(refusal.parameters["retry_after"])),)
    return Reply(refusal.code, json.dumps(refusal.body(), separators=(",", ":")).encode(), headers=headers)


def _server_error(status: int, *, html: bool) -> Reply:
    phrase = PHRASES.get(status, "Internal Server Error")
    if html:
        return Reply(status, HTML.format(f"{status} {phrase}").encode(), "text/html")
    return _refuse(ApiError(status, phrase))

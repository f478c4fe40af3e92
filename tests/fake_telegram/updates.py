"""Delivery of updates to bots: getUpdates with long polling, and webhooks."""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from .errors import bad_request, conflict
from .methods import Method, Request
from .state import JSON, Bot, Pending, Webhook, World

MAX_POLL_SECONDS = 50
OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_ACTIVE = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
SECRET_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
POST_TIMEOUT = 30.0


def get_updates(request: Request) -> list[JSON] | Awaitable[list[JSON]]:
    """Confirm the updates before ``offset``; return the remaining ones, or wait for one."""
    bot, params = request.bot, request.params
    if bot.webhook is not None:
        raise conflict(WEBHOOK_ACTIVE)
    bot.end_poll("other")
    allowed = params.json("allowed_updates", "allowed updates")
    if isinstance(allowed, list):
        bot.allowed_updates = [str(kind) for kind in allowed] or None
    offset = params.integer("offset")
    if offset < 0:
        last = list(bot.updates)[offset:]
        offset = last[0].id if last else 0
    if offset:
        bot.confirm_before(offset)
    limit = min(max(params.integer("limit", 100), 1), 100)
    timeout = min(max(params.integer("timeout"), 0), MAX_POLL_SECONDS)
    if bot.updates or not timeout:
        return _serve(bot, limit)
    return _wait(bot, limit, timeout)


def _serve(bot: Bot, limit: int) -> list[JSON]:
    served = list(bot.updates)[:limit]
    for update in served:
        update.again = False
    return [update.to_api() for update in served]


async def _wait(bot: Bot, limit: int, timeout: float) -> list[JSON]:
    poll: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    bot.poll = poll
    try:
        await asyncio.wait({poll}, timeout=timeout)
    finally:
        if bot.poll is poll:
            bot.poll = None
    why = poll.result() if poll.done() else ""
    if why == "other":
        raise conflict(OTHER_POLL)
    if why == "webhook":
        raise conflict("terminated by setWebhook request")
    return _serve(bot, limit)


def set_webhook(request: Request) -> bool:
    bot, params = request.bot, request.params
    url = params.text("url").strip()
    if not url:
        return delete_webhook(request)
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("bad webhook: Wrong HTTP URL")
    secret = params.text("secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not SECRET_CHARACTERS.issuperset(secret):
        raise bad_request("secret token contains unallowed characters")
    allowed = params.json("allowed_updates", "allowed updates")
    if isinstance(allowed, list):
        bot.allowed_updates = [str(kind) for kind in allowed] or None
    if params.flag("drop_pending_updates"):
        bot.updates.clear()
    wanted = Webhook(url, secret, min(max(params.integer("max_connections", 40), 1), 100))
    is_same = bot.webhook is not None and (bot.webhook.url, bot.webhook.secret) == (url, secret)
    request.note = "Webhook is already set" if is_same else "Webhook was set"
    bot.webhook = wanted
    request.world.notify("webhook", bot, wanted)
    bot.end_poll("webhook")
    request.world.changed()
    return True


def delete_webhook(request: Request) -> bool:
    bot = request.bot
    request.note = "Webhook is already deleted" if bot.webhook is None else "Webhook was deleted"
    if request.params.flag("drop_pending_updates"):
        bot.updates.clear()
    bot.webhook = None
    request.world.notify("webhook", bot, None)
    request.world.changed()
    return True


def get_webhook_info(request: Request) -> JSON:
    bot = request.bot
    info: JSON = {
        "url": bot.webhook.url if bot.webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(bot.updates),
    }
    if bot.webhook:
        info["max_connections"] = bot.webhook.max_connections
        if bot.webhook.last_error_date:
            info["last_error_date"] = bot.webhook.last_error_date
            info["last_error_message"] = bot.webhook.last_error_message
    if bot.allowed_updates:
        info["allowed_updates"] = bot.allowed_updates
    return info


ON_UPDATES: dict[str, Method] = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}


class Poster:
    """Posts the updates of all bots to their webhooks: in order within a chat, repeated until a 2xx response."""

    def __init__(self, world: World, retry_seconds: float) -> None:
        self.world = world
        self.retry_seconds = retry_seconds
        self._busy: dict[tuple[str, int], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Post new updates after each change, forever."""
        version = -1
        while True:
            for bot in self.world.bots.values():
                if bot.webhook is not None:
                    self._start(bot)
            version = await self.world.next_change(version, 3600)

    def stop(self) -> None:
        for task in list(self._busy.values()):
            task.cancel()

    def _start(self, bot: Bot) -> None:
        for chat_id in dict.fromkeys(update.chat_id for update in bot.updates):
            key = (bot.token, chat_id)
            if key in self._busy or (bot.webhook and len(self._busy) >= bot.webhook.max_connections):
                continue
            task = asyncio.get_running_loop().create_task(self._empty(bot, chat_id))
            self._busy[key] = task
            task.add_done_callback(partial(self._done, key))

    def _done(self, key: tuple[str, int], _: asyncio.Task[None]) -> None:
        self._busy.pop(key, None)
        self.world.changed()

    async def _empty(self, bot: Bot, chat_id: int) -> None:
        delay = 0.0
        while (hook := bot.webhook) is not None and self.world.bots.get(bot.token) is bot:
            update = next((u for u in bot.updates if u.chat_id == chat_id), None)
            if update is None:
                return
            error = await self._post(hook, update)
            if not error:
                delay = 0.0
                if update in bot.updates:
                    bot.updates.remove(update)
                self.world.counters["webhook.delivered"] += 1
                self.world.changed()
                continue
            hook.last_error_date, hook.last_error_message = int(time.time()), error
            self.world.counters["webhook.refused"] += 1
            self.world.changed()
            delay = min(delay * 2 or self.retry_seconds, 60.0)
            await asyncio.sleep(delay)

    async def _post(self, hook: Webhook, update: Pending) -> str:
        """Post one update; return the error, or an empty text."""
        try:
            status, reason = await asyncio.wait_for(_http_post(hook, update.to_api()), POST_TIMEOUT)
        except TimeoutError:
            return "Read timeout expired"
        except ConnectionRefusedError:
            return "Connection refused"
        except (OSError, ValueError, asyncio.IncompleteReadError):
            return "Webhook connection closed"
        return "" if 200 <= status <= 299 else f"Wrong response from the webhook: {status} {reason}"


async def _http_post(hook: Webhook, body: Any) -> tuple[int, str]:
    parts = urlsplit(hook.url)
    secure = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if secure else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure)
    try:
        content = json.dumps(body).encode()
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = [
            f"POST {target} HTTP/1.1",
            f"Host: {parts.netloc.rpartition('@')[2]}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            "Connection: close",
        ]
        if hook.secret:
            head.append(f"X-Telegram-Bot-Api-Secret-Token: {hook.secret}")
        writer.write("\r\n".join([*head, "", ""]).encode() + content)
        await writer.drain()
        first = (await reader.readline()).decode("latin-1").split(maxsplit=2)
        await reader.read(65536)
        return int(first[1]) if len(first) > 1 else 0, first[2].strip() if len(first) > 2 else ""
    finally:
        writer.close()

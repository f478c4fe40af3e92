"""The Bot API client: python-telegram-bot, with one event loop and its own connections for each sending thread."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MenuButtonCommands,
    MenuButtonWebApp,
    WebAppInfo,
    WebhookInfo,
)
from telegram import Message as TelegramMessage
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from notifications.bot.updates import ALLOWED_UPDATES
from notifications.channels.telegram.request import (
    CannotConnect,
    NotFromBotApi,
    Request,
    SingleConnectionRequest,
)
from notifications.channels.transport import (
    Accepted,
    Button,
    Message,
    Outgoing,
    TransportError,
)
from notifications.outbox.messages import MAX_CAPTION, MAX_TEXT, truncate

logger = logging.getLogger(__name__)

T = TypeVar("T")
CONNECTIONS = 8
CALL_MARGIN = timedelta(seconds=4)  # on top of the timeout of one step of a call
USERNAME_TIMEOUT = timedelta(seconds=5)  # somebody waits for a page
# In the description of a 400: no message can reach this chat any more.
CHAT_GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot was kicked", "user not found")
TOO_LARGE = "request entity too large"


class TelegramClient:
    """Calls the Bot API from synchronous code. Use an instance in one thread only: `client()` returns one for each.

    Creating it raises CannotConnect, a NetworkError, if the environment names an unusable proxy.
    """

    def __init__(self) -> None:
        timeout = settings.TELEGRAM_TIMEOUT.total_seconds()
        timeouts: dict[str, Any] = {
            "read_timeout": timeout,
            "write_timeout": timeout,
            "media_write_timeout": timeout,
            "connect_timeout": timeout,
            "pool_timeout": timeout,
        }
        base = settings.TELEGRAM_API_BASE_URL
        self._connections = [SingleConnectionRequest(base, timeout=timeout, **timeouts) for _ in range(CONNECTIONS)]
        self._requests: list[Request] = [Request(base, connections=CONNECTIONS, **timeouts), *self._connections]
        self._runner = asyncio.Runner()
        self.bot, *self._senders = [
            Bot(
                settings.TELEGRAM_BOT_TOKEN,
                base_url=f"{base}/bot",
                base_file_url=f"{base}/file/bot",
                request=request,
                get_updates_request=request,
            )
            for request in self._requests
        ]

    def close(self) -> None:
        """Close the connections and the event loop."""

        async def shut_down() -> None:
            for request in self._requests:
                await request.shutdown()

        self.run(shut_down())
        self._runner.close()

    def connect(self) -> None:
        """Open all sending connections, so that the first messages do not wait for it. Log any failure."""

        async def connect_all() -> list[object]:
            return await asyncio.gather(*(bot.get_me() for bot in self._senders), return_exceptions=True)

        try:
            results = self.run(connect_all())
        except TimedOut as error:
            results = [error]
        for kind in sorted({type(each).__name__ for each in results if isinstance(each, Exception)}):
            logger.warning("Telegram did not answer: %s", kind)

    def run(self, call: Coroutine[Any, Any, T], *, limit: timedelta | None = None) -> T:
        """Run one call of the Bot API on this client's event loop and return its result. Raises TelegramError.

        `limit` of the whole call, by default max_call_time(): the timeouts of its steps start again with every byte that
        arrives, so that a slow trickle would never end.
        """

        async def run_within_limit() -> T:
            try:
                async with asyncio.timeout((limit or max_call_time()).total_seconds()):
                    return await call
            except TimeoutError:
                raise TimedOut("no complete answer in time") from None

        return self._runner.run(run_within_limit())

    def serve(self, loop: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine that makes calls for as long as it is needed, and limits each by itself."""
        self._runner.run(loop)

    def send(self, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
        """Send messages, `CONNECTIONS` at a time and none before its `not_before`; return one result each, in order."""
        results: dict[int, Accepted | TransportError] = {}
        remaining = iter(enumerate(outgoing))  # shared by all workers: each takes the next message when it is free

        async def work(bot: Bot, request: SingleConnectionRequest) -> None:
            for index, each in remaining:
                results[index] = await self._send_one(each, bot, request)

        async def send_all() -> None:
            workers = zip(self._senders, self._connections, strict=True)
            await asyncio.gather(*(work(*worker) for worker in workers))

        self._runner.run(send_all())  # each message has its own limit
        return [results[index] for index in range(len(outgoing))]

    async def _send_one(self, each: Outgoing, bot: Bot, request: SingleConnectionRequest) -> Accepted | TransportError:
        await asyncio.sleep(max(0.0, each.not_before - time.monotonic()))
        request.maybe_sent = False
        try:
            async with asyncio.timeout(max_call_time().total_seconds()):
                message_id = await self._deliver(int(each.address), each.message, bot, request)
        except (TelegramError, TimeoutError) as error:
            return to_transport_error(error, maybe_sent=request.maybe_sent)
        except Exception as error:  # any other error must not stop the other messages
            logger.exception("a message cannot be sent")
            reason = f"internal error: {type(error).__name__}"
            return TransportError(reason, uncertain=request.maybe_sent, internal=not request.maybe_sent)
        return Accepted(message_id)

    async def reply(self, chat_id: int, message: Message) -> None:
        """Send a message outside the outbox, in response to what somebody has just written. Raises TelegramError."""
        await self._message(chat_id, message, self.bot)

    async def edit(self, chat_id: int, message_id: int, message: Message) -> None:
        """Replace a message and its buttons. Raises TelegramError."""
        markup = keyboard(message.buttons, message.columns)
        text = truncate(message.text, MAX_TEXT)
        await self.bot.edit_message_text(text=text, chat_id=chat_id, message_id=message_id, reply_markup=markup)

    async def edit_buttons(self, chat_id: int, message_id: int, buttons: Sequence[Button], columns: int) -> None:
        """Replace the buttons under a message. Raises TelegramError."""
        markup = keyboard(buttons, columns)
        await self.bot.edit_message_reply_markup(chat_id=chat_id, message_id=message_id, reply_markup=markup)

    async def answer_callback(self, callback_id: str, text: str) -> None:
        """Answer a tap with a short notice, which ends the spinner on the button. Raises TelegramError."""
        await self.bot.answer_callback_query(callback_id, text=text[:200])

    def get_updates(self, offset: int | None, seconds: int) -> list[Any]:
        """Wait up to `seconds` for updates from id `offset` on; return their raw JSON objects. Raises TelegramError.

        python-telegram-bot's own method parses the whole batch and raises if a single update cannot be parsed.
        """
        parameters = {"timeout": seconds, "allowed_updates": json.dumps(ALLOWED_UPDATES)} | (
            {"offset": offset} if offset else {}
        )
        url = f"{self.bot.base_url}/getUpdates?{urlencode(parameters)}"
        call = self.bot.request.post(url, read_timeout=seconds + 5)
        found = self.run(call, limit=timedelta(seconds=seconds) + max_call_time())
        return found if isinstance(found, list) else []

    def get_username(self) -> str:
        """Return the bot's username. Raises TelegramError."""
        return self.run(self.bot.get_me(), limit=USERNAME_TIMEOUT).username or ""

    def set_webhook(self, url: str, secret: str) -> None:
        """Make Telegram post updates to `url` with the secret. Raises TelegramError."""
        self.run(self.bot.set_webhook(url, secret_token=secret, allowed_updates=ALLOWED_UPDATES))

    def get_webhook_info(self) -> WebhookInfo:
        """Return the registered webhook and its last delivery error. Raises TelegramError."""
        return self.run(self.bot.get_webhook_info())

    def delete_webhook(self) -> None:
        """Remove the webhook, so that updates can be polled. Raises TelegramError."""
        self.run(self.bot.delete_webhook())

    def set_commands(self, descriptions: Mapping[str, str], language: str = "") -> None:
        """Set the command menu of private chats, for one language or as the default. Raises TelegramError."""
        commands = [BotCommand(name, text) for name, text in descriptions.items()]
        scope = BotCommandScopeAllPrivateChats()
        self.run(self.bot.set_my_commands(commands, scope=scope, language_code=language or None))

    def set_menu_button(self, label: str, url: str) -> None:
        """Let the button beside the text field open the Mini App; without `url`, the menu of commands. Raises TelegramError."""
        button = MenuButtonWebApp(label, WebAppInfo(url)) if url else MenuButtonCommands()
        self.run(self.bot.set_chat_menu_button(menu_button=button))

    async def _deliver(self, chat_id: int, message: Message, bot: Bot, request: SingleConnectionRequest) -> int | None:
        """Send a message and return its id. Texts, the common case, take a faster path than photos."""
        if message.photo:
            return (await self._message(chat_id, message, bot)).message_id
        text = truncate(message.text, MAX_TEXT)
        markup = {"reply_markup": keyboard_json(message.buttons, message.columns)} if message.buttons else {}
        return await request.send_text(bot.base_url, chat_id=chat_id, text=text, **markup)

    async def _message(self, chat_id: int, message: Message, bot: Bot) -> TelegramMessage:
        markup = keyboard(message.buttons, message.columns)
        if message.photo:
            caption = truncate(message.text, MAX_CAPTION)
            return await bot.send_photo(chat_id, message.photo, caption=caption, reply_markup=markup)
        return await bot.send_message(chat_id, truncate(message.text, MAX_TEXT), reply_markup=markup)


def max_call_time() -> timedelta:
    """Return the time limit of one whole call. Each of its steps is limited by TELEGRAM_TIMEOUT."""
    limit: timedelta = settings.TELEGRAM_TIMEOUT + CALL_MARGIN
    return limit


_local = threading.local()


def client() -> TelegramClient:
    """Return this thread's client. The first call creates and connects it, before any message is due to be sent."""
    if not hasattr(_local, "client"):
        _local.client = TelegramClient()
        _local.client.connect()
    found: TelegramClient = _local.client
    return found


def close_client() -> None:
    """Close this thread's client, if it has one."""
    if hasattr(_local, "client"):
        _local.client.close()
        del _local.client


def keyboard(buttons: Sequence[Button], columns: int = 8) -> InlineKeyboardMarkup | None:
    """Return the buttons in rows of `columns`, or None without buttons."""
    if not buttons:
        return None
    keys = [InlineKeyboardButton(**_key(button)) for button in buttons]
    return InlineKeyboardMarkup([keys[start : start + columns] for start in range(0, len(keys), columns)])


def keyboard_json(buttons: Sequence[Button], columns: int = 8) -> str:
    """Return the same keyboard as JSON for the Bot API, without building python-telegram-bot objects."""
    keys = [_key(button) for button in buttons]
    return json.dumps({"inline_keyboard": [keys[start : start + columns] for start in range(0, len(keys), columns)]})


def _key(button: Button) -> dict[str, Any]:
    action = {"web_app": {"url": button.opens}} if button.opens else {"callback_data": button.data}
    return {"text": button.label, **action}


def is_from_bot_api(error: TelegramError) -> bool:
    """Return whether the error is an answer of the Bot API, whose text is safe to show.

    An answer of a proxy may contain the request URL, and with it the bot's token.
    """
    return not isinstance(error, (NotFromBotApi, CannotConnect)) and not isinstance(error.__cause__, TelegramError)


def retry_after_seconds(error: RetryAfter) -> float:
    """Return how many seconds Telegram asks to wait, as checked by request.wait_asked_for."""
    after = error.retry_after
    return float(after if isinstance(after, int) else after.total_seconds())


def to_transport_error(error: TelegramError | TimeoutError, *, maybe_sent: bool) -> TransportError:
    """Return what the error of a call means for its message (https://core.telegram.org/bots/api#responseparameters).

    Only a 4xx of the Bot API proves that the message was not accepted. After any other error the outcome is uncertain
    if the request may have been sent (`maybe_sent`).
    """
    if isinstance(error, RetryAfter):
        return TransportError("too many requests", retry_after=retry_after_seconds(error))
    if isinstance(error, ChatMigrated):
        return TransportError("chat migrated", moved_to=str(error.new_chat_id))
    if isinstance(error, (TimeoutError, TimedOut)):
        return TransportError("network: no answer in time", uncertain=maybe_sent, unavailable=True)
    if isinstance(error, (NotFromBotApi, CannotConnect)):
        return TransportError(f"network: {error.message}", uncertain=maybe_sent, unavailable=True)
    if isinstance(error, Forbidden):
        return TransportError(error.message, permanent=True, unreachable=True)
    if TOO_LARGE in error.message.lower():
        return TransportError(error.message, permanent=True)
    if isinstance(error, BadRequest):
        is_gone = any(description in error.message.lower() for description in CHAT_GONE)
        return TransportError(error.message, permanent=True, unreachable=is_gone)
    if isinstance(error, InvalidToken):
        return TransportError("Telegram does not know the bot's token", unavailable=True)
    if type(error) is NetworkError and error.__cause__ is not None:
        return TransportError(f"network: {type(error.__cause__).__name__}", uncertain=maybe_sent, unavailable=True)
    is_refusal = type(error) is not TelegramError  # a plain TelegramError is a 200 whose body cannot be read
    return TransportError(f"{type(error).__name__}: {error.message}", uncertain=maybe_sent and not is_refusal)

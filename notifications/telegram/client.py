"""The Bot API client: python-telegram-bot with one event loop and one Bot for each thread that sends."""

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

from notifications.messages import MAX_CAPTION, MAX_TEXT, truncate
from notifications.telegram.request import CannotConnect, NotItsWord, OneConnection, Request
from notifications.telegram.updates import HANDLED
from notifications.transport import Accepted, Button, Message, Outgoing, TransportError

logger = logging.getLogger(__name__)

T = TypeVar("T")
CONNECTIONS = 8
TO_SPARE = timedelta(seconds=4)
GONE = ("chat not found", "user is deactivated", "bot was blocked", "bot was kicked", "user not found")
MAX_WAIT = 31 * 24 * 3600.0  # seconds
TOO_LARGE = "request entity too large"


class TelegramClient:
    """Calls the Bot API from synchronous code. Use it from one thread (`client()` gives each its own).

    Raises CannotConnect, a NetworkError, when it is made with a proxy in the environment that it cannot use.
    """

    def __init__(self) -> None:
        seconds = settings.TELEGRAM_TIMEOUT.total_seconds()
        usual: dict[str, Any] = {
            "read_timeout": seconds,
            "write_timeout": seconds,
            "media_write_timeout": seconds,
            "connect_timeout": seconds,
            "pool_timeout": seconds,
        }
        base = settings.TELEGRAM_API_BASE_URL
        self._lines = [OneConnection(base, seconds=seconds, **usual) for _ in range(CONNECTIONS)]
        self._requests: list[Request] = [Request(base, connections=CONNECTIONS, **usual), *self._lines]
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
        """Closes its connections and its loop."""

        async def shut_down() -> None:
            for request in self._requests:
                await request.shutdown()

        self.run(shut_down())
        self._runner.close()

    def connect(self) -> None:
        """Open connections ahead of the first message, waiting for each. Logs a failure, whatever it is."""

        async def connect_all() -> list[object]:
            return await asyncio.gather(*(bot.get_me() for bot in self._senders), return_exceptions=True)

        for kind in sorted({type(each).__name__ for each in self.run(connect_all()) if isinstance(each, Exception)}):
            logger.warning("Telegram did not answer: %s", kind)

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Awaits one call of the Bot API. Raises telegram.error.TelegramError."""
        return self._runner.run(call)

    def send(self, outgoing: Sequence[Outgoing]) -> list[Accepted | TransportError]:
        """Sends, `CONNECTIONS` at once, each no earlier than at its own time."""
        results: dict[int, Accepted | TransportError] = {}
        left = iter(enumerate(outgoing))

        async def one_after_the_other(bot: Bot, request: OneConnection) -> None:
            for place, each in left:
                results[place] = await self._send_one(each, bot, request)

        async def send_all() -> None:
            lines = zip(self._senders, self._lines, strict=True)
            await asyncio.gather(*(one_after_the_other(*line) for line in lines))

        self.run(send_all())
        return [results[place] for place in range(len(outgoing))]

    async def _send_one(self, each: Outgoing, bot: Bot, request: OneConnection) -> Accepted | TransportError:
        await asyncio.sleep(max(0.0, each.not_before - time.monotonic()))
        request.went_out = False
        try:
            async with asyncio.timeout(longest_call().total_seconds()):
                message_id = await self._deliver(int(each.address), each.message, bot, request)
        except (TelegramError, TimeoutError) as error:
            return translated(error, went_out=request.went_out)
        except Exception as error:  # whatever it is, it must not take the others with it
            logger.exception("a message cannot be sent")
            reason = f"internal error: {type(error).__name__}"
            return TransportError(reason, uncertain=request.went_out, internal=not request.went_out)
        return Accepted(message_id)

    async def reply(self, chat_id: int, message: Message) -> None:
        """Answer in a chat, outside the outbox: to what somebody has just written. Raises TelegramError."""
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

    async def answer(self, callback_id: str, text: str) -> None:
        """End the waiting that a tap began, with a short notice. Raises TelegramError."""
        await self.bot.answer_callback_query(callback_id, text=text[:200])

    def updates(self, offset: int | None, seconds: int) -> list[Any]:
        """Wait up to `seconds` for updates from `offset` on; return them as they came. Raises TelegramError.

        python-telegram-bot's own method reads all as one: of one that it cannot read, it raises for all.
        """
        given = {"timeout": seconds, "allowed_updates": json.dumps(HANDLED)} | ({"offset": offset} if offset else {})
        url = f"{self.bot.base_url}/getUpdates?{urlencode(given)}"
        found = self.run(self.bot.request.post(url, read_timeout=seconds + 5))
        return found if isinstance(found, list) else []

    def username(self) -> str:
        """The bot's username. Raises TelegramError."""
        return self.run(self.bot.get_me()).username or ""

    def set_webhook(self, url: str, secret: str) -> None:
        """Has Telegram call `url` with the secret. Raises TelegramError."""
        self.run(self.bot.set_webhook(url, secret_token=secret, allowed_updates=HANDLED))

    def webhook(self) -> WebhookInfo:
        """Return where Telegram sends updates, and how that went. Raises TelegramError."""
        return self.run(self.bot.get_webhook_info())

    def delete_webhook(self) -> None:
        """Has Telegram keep updates for polling. Raises TelegramError."""
        self.run(self.bot.delete_webhook())

    def set_commands(self, described: Mapping[str, str], language: str = "") -> None:
        """Has Telegram offer the commands in private chats, to speakers of a language or to all. Raises TelegramError."""
        commands = [BotCommand(name, text) for name, text in described.items()]
        scope = BotCommandScopeAllPrivateChats()
        self.run(self.bot.set_my_commands(commands, scope=scope, language_code=language or None))

    async def _deliver(self, chat_id: int, message: Message, bot: Bot, request: OneConnection) -> int:
        """Send a message and return its id; a text, as most are, by the shortest way."""
        if message.photo:
            return (await self._message(chat_id, message, bot)).message_id
        text = truncate(message.text, MAX_TEXT)
        more = {"reply_markup": keyboard_json(message.buttons, message.columns)} if message.buttons else {}
        return await request.send_text(bot.base_url, chat_id=chat_id, text=text, **more)

    async def _message(self, chat_id: int, message: Message, bot: Bot) -> TelegramMessage:
        markup = keyboard(message.buttons, message.columns)
        if message.photo:
            caption = truncate(message.text, MAX_CAPTION)
            return await bot.send_photo(chat_id, message.photo, caption=caption, reply_markup=markup)
        return await bot.send_message(chat_id, truncate(message.text, MAX_TEXT), reply_markup=markup)


def longest_call() -> timedelta:
    """How long one call may take as a whole; of its parts (connecting, writing, reading) each has its own limit."""
    limit: timedelta = settings.TELEGRAM_TIMEOUT + TO_SPARE
    return limit


_local = threading.local()


def client() -> TelegramClient:
    """This thread's client, made and connected at its first use: later is too late for a message with a time."""
    if not hasattr(_local, "client"):
        _local.client = TelegramClient()
        _local.client.connect()
    found: TelegramClient = _local.client
    return found


def close_client() -> None:
    """Closes this thread's client, if it has one."""
    if hasattr(_local, "client"):
        _local.client.close()
        del _local.client


def keyboard(buttons: Sequence[Button], columns: int = 8) -> InlineKeyboardMarkup | None:
    """The buttons in rows of so many."""
    if not buttons:
        return None
    keys = [InlineKeyboardButton(button.label, callback_data=button.data) for button in buttons]
    return InlineKeyboardMarkup([keys[at : at + columns] for at in range(0, len(keys), columns)])


def keyboard_json(buttons: Sequence[Button], columns: int = 8) -> str:
    """Return the same as the Bot API reads it, without making objects of it."""
    keys = [{"text": button.label, "callback_data": button.data} for button in buttons]
    return json.dumps({"inline_keyboard": [keys[at : at + columns] for at in range(0, len(keys), columns)]})


def is_telegrams(error: TelegramError) -> bool:
    """Whether the Bot API said so; else it was a page of something in between, which may show the URL and its token."""
    return not isinstance(error, (NotItsWord, CannotConnect)) and not isinstance(error.__cause__, TelegramError)


def seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait; more than a month is nonsense."""
    after = error.retry_after
    return min(MAX_WAIT, float(after if isinstance(after, int) else after.total_seconds()))


def translated(error: TelegramError | TimeoutError, *, went_out: bool) -> TransportError:
    """Return what an error of a call means for its message (https://core.telegram.org/bots/api#responseparameters).

    Only a 4xx of the Bot API says that the message was not accepted. After anything else, once the request may have
    gone out (`went_out`), nobody knows.
    """
    if isinstance(error, RetryAfter):
        return TransportError("too many requests", retry_after=seconds(error))
    if isinstance(error, ChatMigrated):
        return TransportError("chat migrated", moved_to=error.new_chat_id)
    if isinstance(error, (TimeoutError, TimedOut)):
        return TransportError("network: no answer in time", uncertain=went_out, unavailable=True)
    if isinstance(error, (NotItsWord, CannotConnect)):
        return TransportError(f"network: {error.message}", uncertain=went_out, unavailable=True)
    if isinstance(error, Forbidden):
        return TransportError(error.message, permanent=True, unreachable=True)
    if TOO_LARGE in error.message.lower():
        return TransportError(error.message, permanent=True)
    if isinstance(error, BadRequest):
        gone = any(words in error.message.lower() for words in GONE)
        return TransportError(error.message, permanent=True, unreachable=gone)
    if isinstance(error, InvalidToken):
        return TransportError("Telegram does not know the bot's token", unavailable=True)
    if type(error) is NetworkError and error.__cause__ is not None:
        return TransportError(f"network: {type(error.__cause__).__name__}", uncertain=went_out, unavailable=True)
    is_refusal = type(error) is not TelegramError  # else it is 200 with something that cannot be read
    return TransportError(f"{type(error).__name__}: {error.message}", uncertain=went_out and not is_refusal)

"""Run the fake as a program: ``python -m tests.fake_telegram --port 8081``, then use curl."""

import argparse
import asyncio
import contextlib
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from .errors import ApiError
from .faults import Fault
from .journal import Journal, replay
from .keyboards import buttons
from .people import add_chat
from .server import Server
from .state import DEFAULT_TOKEN, Bot, Call, Chat, Message, Pending, Query, Webhook


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fake_telegram", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081, help="0 chooses a free one")
    parser.add_argument("--token", action="append", help=f"a bot's token, can be repeated ({DEFAULT_TOKEN})")
    parser.add_argument("--chat", type=int, action="append", default=[], help="a chat that exists from the start")
    parser.add_argument("--chats", type=chats, default=(), metavar="FIRST-LAST", help="the same for a range of ids")
    parser.add_argument(
        "--journal", type=Path, help="record accepted and refused calls in a file, and continue from it"
    )
    parser.add_argument("--limits", action="store_true", help="answer 429 beyond 30 messages/s, and 1/s per chat")
    parser.add_argument("--latency-ms", type=float, default=0, help="delay of each response")
    parser.add_argument("--quiet", action="store_true", help="do not log messages")
    parser.add_argument("--until-eof", action="store_true", help="exit at the end of standard input")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options))
    except OSError as error:
        print(
            f"Cannot listen on {options.host}:{options.port}: {error.strerror}",
            file=sys.stderr,
        )
        return 1
    return 0


async def serve(options: argparse.Namespace) -> None:
    """Run until SIGINT, SIGTERM, or the end of the standard input."""
    server = Server(options.token)
    await server.start(options.host, options.port)
    bot = server.world.first_bot
    for chat_id in (*options.chat, *options.chats):
        add_chat(bot, chat_id)
    if options.journal:
        replay(options.journal, server.world, bot)
        server.world.listeners.append(Journal(options.journal))
    if options.limits:
        server.limits.set(overall=30, per_chat=1)
    if options.latency_ms:
        server.faults.add(Fault("latency", times=None, seconds=options.latency_ms / 1000))
    print(f"Fake Telegram at {server.url}", flush=True)
    if not options.quiet:
        print(f"  TELEGRAM_API_BASE_URL={server.url}")
        print(f"  TELEGRAM_BOT_TOKEN={bot.token}")
        print(f"  curl {server.url}/control/    lists all commands; Ctrl-C stops it", flush=True)
        server.world.listeners.append(log)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, ended.set)
    if options.until_eof:
        loop.add_reader(sys.stdin, lambda: ended.set() if not sys.stdin.read(1) else None)
    await ended.wait()
    await server.stop()


def chats(text: str) -> range:
    """Parse a range of chat ids like 1-100."""
    first, _, last = text.partition("-")
    return range(int(first), int(last) + 1)


def log(event: str, bot: Bot, what: Any) -> None:
    """Print one line about an event."""
    print(f"{datetime.now().astimezone():%H:%M:%S} {describe(event, bot, what)}", flush=True)


def describe(event: str, bot: Bot, what: Any) -> str:
    """Return one readable line about an event."""
    match what:
        case Message():
            return f"@{bot.username} {event} {what.message_id} in chat {what.chat.id}: {_shown(what)}"
        case Pending(kind="callback_query"):
            return f"{what.body['from']['first_name']} tapped {what.body['data']!r} in chat {what.chat_id}"
        case Pending(kind="message"):
            text = what.body.get("text", "")
            return f"{what.body['from']['first_name']} wrote in chat {what.chat_id}: {text}"
        case Pending():
            return f"update {what.kind} in chat {what.chat_id}"
        case Query():
            text = (what.answer or {}).get("text") or "(no text)"
            return f"@{bot.username} answered the tap {what.data!r}: {text}"
        case Chat():
            return f"chat {what.id} is {what.status}"
        case Webhook():
            return f"@{bot.username} has the webhook {what.url}"
        case None:
            return f"@{bot.username} has no webhook any more"
        case (Call() as call, ApiError() as error):
            return f"@{bot.username} was refused {call.method} to chat {call.chat_id}: {error.description}"
        case Call():
            return f"played {what.fault} on {what.method}" + (f" to chat {what.chat_id}" if what.chat_id else "")
    return f"{event} {what}"


def _shown(message: Message) -> str:
    if message.deleted:
        return "(gone)"
    text = ("[photo] " if message.is_photo else "") + message.text.replace("\n", " / ")
    row = " ".join(f"[{button['text']}]" for button in buttons(message.markup))
    return f"{text}  {row}" if row else text


if __name__ == "__main__":
    sys.exit(main())

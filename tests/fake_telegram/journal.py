"""A journal on disk of the calls that the fake accepted and refused; it survives a kill of the fake.

One JSON object per line, written before the response is sent, so every acknowledged message is in it.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from . import people
from .errors import ApiError
from .state import JSON, Bot, Call, Chat, Message, Webhook, World


class Journal:
    """A listener of the world that appends to a file, each line by one write."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def __call__(self, event: str, bot: Bot, what: Any) -> None:
        """Record an event, unless it is irrelevant for the outcome of messages."""
        match event, what:
            case (("sent" | "unanswered"), Message()):
                self._write(event, chat_id=what.chat.id, message_id=what.message_id, text=what.text, markup=what.markup)
            case "refused", (Call() as call, ApiError() as error):
                self._write(event, error=error.code, parameters=error.parameters, **_called(call))
            case "fault", Call():
                self._write(event, **_called(what))
            case "webhook", (Webhook() | None):
                self._write(event, url=what.url if what else "", secret=what.secret if what else "")
            case "status", Chat():
                self._write(event, chat_id=what.id, status=what.status)

    def _write(self, event: str, **more: Any) -> None:
        line = json.dumps({"event": event, "wall": time.time(), **more}, ensure_ascii=False)
        os.write(self._file, f"{line}\n".encode())


def read(path: Path) -> list[JSON]:
    """Return the journal's lines, without an incomplete last one."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines]


def replay(path: Path, world: World, bot: Bot) -> None:
    """Restore the state at the end of the journal: statuses of chats, the webhook, and the next message id."""
    for line in read(path):
        if line["event"] == "sent":
            bot.next_message_id = max(bot.next_message_id, int(line["message_id"]) + 1)
        elif line["event"] == "status":
            people.add_chat(bot, int(line["chat_id"]))
            people.set_status(world, bot, int(line["chat_id"]), str(line["status"]))
        elif line["event"] == "webhook":
            bot.webhook = Webhook(str(line["url"]), str(line["secret"])) if line["url"] else None


def _called(call: Call) -> JSON:
    return {
        "method": call.method,
        "chat_id": int(call.chat_id or 0),
        "fault": call.fault,
        "text": call.params.get("text", ""),
        "markup": call.params.get("reply_markup"),
    }

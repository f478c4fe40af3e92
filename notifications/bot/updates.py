"""Parsing of raw Telegram updates, one at a time, so that a malformed one does not block the others."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from telegram import Update

logger = logging.getLogger(__name__)

# The kinds of updates that the bot handles. Sent with every request: Telegram remembers the last list that any program
# set for the token.
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")


def parse(raw: object) -> Update | None:
    """Return the update, or None if it cannot be parsed. Log that without the update's content, which is private."""
    try:
        if not isinstance(raw, Mapping):
            raise TypeError("not an object")
        json.dumps(
            raw, ensure_ascii=False
        ).encode()  # fails for lone surrogates, which can be neither stored nor sent back
        update = Update.de_json(dict(raw), None)
        if not isinstance(update.update_id, int):
            raise TypeError("update_id is not a number")
    except Exception as error:  # the parser may raise anything; other updates wait behind this one
        logger.error("update %s cannot be parsed and is skipped: %s", get_update_id(raw), type(error).__name__)
        return None
    return update


def get_update_id(raw: object) -> int | None:
    """Return the id of a raw update, or None without a valid one."""
    update_id = raw.get("update_id") if isinstance(raw, Mapping) else None
    return update_id if isinstance(update_id, int) and not isinstance(update_id, bool) else None


def get_chat_id(raw: object) -> int | None:
    """Return the chat id of a raw update, or None without a valid one."""
    for path in (("message",), ("callback_query", "message"), ("my_chat_member",)):
        if isinstance(chat_id := _get_nested(raw, (*path, "chat", "id")), int):
            return chat_id
    return None


def interleave_chats(raws: Iterable[object]) -> list[object]:
    """Return the updates round-robin by chat, in order within a chat, so that a busy chat does not delay the others."""
    chats: dict[object, list[object]] = {}
    for index, raw in enumerate(raws):
        chat_id = get_chat_id(raw)
        chats.setdefault(("no chat", index) if chat_id is None else chat_id, []).append(raw)
    rounds = max((len(of_chat) for of_chat in chats.values()), default=0)
    return [of_chat[number] for number in range(rounds) for of_chat in chats.values() if number < len(of_chat)]


def superseded_commands(raws: Iterable[object]) -> set[int]:
    """Return the ids of commands without an argument that the same chat repeats later in the batch.

    They need no answer: the answer to the last one serves for all.
    """
    last: dict[tuple[int, str], int] = {}
    found: set[int] = set()
    for raw in raws:
        chat_id, update_id, text = get_chat_id(raw), get_update_id(raw), _get_nested(raw, ("message", "text"))
        if chat_id is None or update_id is None or not isinstance(text, str):
            continue
        words = text.split()
        if len(words) != 1 or not words[0].startswith("/"):
            continue
        if (before := last.get((chat_id, words[0]))) is not None:
            found.add(before)
        last[chat_id, words[0]] = update_id
    return found


def _get_nested(raw: object, path: Iterable[str]) -> Any:
    for name in path:
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(name)
    return raw

"""Telegram's updates as they come: each read by itself, so that one that cannot be read holds up no other."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from telegram import Update

logger = logging.getLogger(__name__)

# What the bot handles. It is always named: Telegram keeps what a token was told last, by whatever program.
HANDLED = ("message", "callback_query", "my_chat_member")


def read(raw: object) -> Update | None:
    """Return the update; None, with a log line, for what cannot be read. What it says is not logged."""
    try:
        if not isinstance(raw, Mapping):
            raise TypeError("no object")
        json.dumps(raw, ensure_ascii=False).encode()  # halves of characters can be neither stored nor answered
        update = Update.de_json(dict(raw), None)
        if not isinstance(update.update_id, int):
            raise TypeError("update_id is no number")
    except Exception as error:  # whatever it is, others wait behind it
        logger.error("update %s cannot be read and is stepped over: %s", id_of(raw), type(error).__name__)
        return None
    return update


def id_of(raw: object) -> int | None:
    """Return the update's id, None for what has none."""
    given = raw.get("update_id") if isinstance(raw, Mapping) else None
    return given if isinstance(given, int) and not isinstance(given, bool) else None


def chat_of(raw: object) -> int | None:
    """Return the id of the chat that an update is of, read or not."""
    for path in (("message",), ("callback_query", "message"), ("my_chat_member",)):
        if isinstance(chat_id := _at(raw, (*path, "chat", "id")), int):
            return chat_id
    return None


def in_turns(raws: Iterable[object]) -> list[object]:
    """Return the updates with the chats taking turns, each chat's own in order: who writes much holds up nobody."""
    chats: dict[object, list[object]] = {}
    for place, raw in enumerate(raws):
        chat_id = chat_of(raw)
        chats.setdefault(("none", place) if chat_id is None else chat_id, []).append(raw)
    turns = max((len(own) for own in chats.values()), default=0)
    return [own[turn] for turn in range(turns) for own in chats.values() if turn < len(own)]


def repeated(raws: Iterable[object]) -> set[int]:
    """Return the ids of commands, without an argument, that their chat sends again later in the batch.

    The answer to the last one is the answer to all.
    """
    last: dict[tuple[int, str], int] = {}
    found: set[int] = set()
    for raw in raws:
        chat_id, update_id, text = chat_of(raw), id_of(raw), _at(raw, ("message", "text"))
        if chat_id is None or update_id is None or not isinstance(text, str):
            continue
        words = text.split()
        if len(words) != 1 or not words[0].startswith("/"):
            continue
        if (before := last.get((chat_id, words[0]))) is not None:
            found.add(before)
        last[chat_id, words[0]] = update_id
    return found


def _at(raw: object, path: Iterable[str]) -> Any:
    for name in path:
        if not isinstance(raw, Mapping):
            return None
        raw = raw.get(name)
    return raw

"""Parsing of raw Telegram updates, one at a time, so that a malformed one does not block the others."""

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from telegram import Chat, ChatMember, Update

logger = logging.getLogger(__name__)

# The kinds of updates that the bot handles. Sent with every request: Telegram remembers the last list that any program
# set for the token.
ALLOWED_UPDATES = ("message", "callback_query", "my_chat_member")
MAX_NUMBER = 2**53  # of ids, dates and sizes (https://core.telegram.org/bots/api#available-types)


def parse(raw: object) -> Update | None:
    """Return the update, or None if it cannot be parsed. Log that without the update's content, which is private."""
    try:
        if not isinstance(raw, Mapping):
            raise TypeError("not an object")
        json.dumps(
            raw, ensure_ascii=False
        ).encode()  # fails for lone surrogates, which can be neither stored nor sent back
        check_numbers(raw)
        update = Update.de_json(dict(raw), None)
        check_types(update)
    except Exception as error:  # the parser may raise anything; other updates wait behind this one
        logger.error("update %s cannot be parsed and is skipped: %s", get_update_id(raw), type(error).__name__)
        return None
    return update


def check_numbers(raw: object) -> None:
    """Raise ValueError if a number of the update, at any depth, is larger than any that Telegram sends."""
    nodes: list[object] = [raw]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Mapping):
            nodes.extend(node.values())
        elif isinstance(node, list):
            nodes.extend(node)
        elif isinstance(node, (int, float)) and not abs(node) <= MAX_NUMBER:
            raise ValueError("a number is out of range")


def check_types(update: Update) -> None:
    """Raise TypeError unless the parts that the bot reads have their documented types, which the library trusts."""
    query, member = update.callback_query, update.my_chat_member
    _check(update.update_id, int)
    for message in (update.message, query.message if query else None):
        if message is not None:
            _check_chat(message.chat)
            _check(message.message_id, int)
            _check(message.date, datetime)
    if update.message is not None:
        _check(update.message.text, str, optional=True)
    if query is not None:
        _check(query.id, str)
        _check(query.data, str, optional=True)
    if member is not None:
        _check_chat(member.chat)
        _check(member.date, datetime)
        _check(member.new_chat_member, ChatMember)
        _check(member.new_chat_member.status, str)
    if update.effective_user is not None:
        _check(update.effective_user.language_code, str, optional=True)


def _check_chat(chat: object) -> None:
    _check(chat, Chat)
    assert isinstance(chat, Chat)
    _check(chat.id, int)
    _check(chat.type, str)


def _check(value: object, kind: type, *, optional: bool = False) -> None:
    if (optional and value is None) or (isinstance(value, kind) and not isinstance(value, bool)):
        return
    raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")


def get_update_id(raw: object) -> int | None:
    """Return the id of a raw update, or None without a valid one."""
    update_id = raw.get("update_id") if isinstance(raw, Mapping) else None
    is_id = isinstance(update_id, int) and not isinstance(update_id, bool) and abs(update_id) <= MAX_NUMBER
    return update_id if is_id else None


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

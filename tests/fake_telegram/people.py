"""Actions of users: write to the bot, tap its buttons, block it, turn a group into a supergroup."""

from typing import Any

from .errors import ApiError, bad_request, chat_not_found
from .formatting import find_entities
from .keyboards import buttons, find_button
from .state import JSON, Bot, Chat, Message, World

FIRST_SUPERGROUP_ID = -1_000_000_000_000

# Of what happens in the fake: tests move their own clock, and its time would be before or after theirs.
LATEST_DATE = 2**31 - 1


def make_user(user_id: int, **given: str) -> JSON:
    """Return a User object; missing names are derived from the id."""
    user: JSON = {"id": user_id, "is_bot": False, "first_name": given.get("first_name") or f"User {user_id}"}
    for name in ("last_name", "username", "language_code"):
        if given.get(name):
            user[name] = given[name]
    return user


def add_chat(bot: Bot, chat_id: int, *, type: str = "", title: str = "", user: JSON | None = None) -> Chat:
    """Return the chat with this id; create it if needed: private for a positive id, otherwise a group."""
    chat = bot.chats.get(chat_id)
    if chat is None:
        kind = type or ("private" if chat_id > 0 else "supergroup" if chat_id <= FIRST_SUPERGROUP_ID else "group")
        chat = Chat(chat_id, kind, title=title or f"Group {-chat_id}")
        if kind == "private":
            chat.user = user or make_user(chat_id)
        bot.chats[chat_id] = chat
    elif user is not None and chat.type == "private":
        chat.user = user
    return chat


def send_text(world: World, bot: Bot, chat_id: int, text: str, user: JSON | None = None) -> Message:
    """Let a user write to the bot, which also unblocks it; return the message."""
    if user is None and chat_id in bot.chats:
        user = bot.chats[chat_id].user or None
    if user is None:
        user = make_user(chat_id if chat_id > 0 else 1000)
    chat = add_chat(bot, chat_id, user=user)
    if chat.status == "blocked":
        set_status(world, bot, chat_id, "active")
    message = world.add_message(bot, chat, user, text, outgoing=False, entities=find_entities(text))
    world.add_update(bot, "message", message.to_api(), chat_id=chat_id)
    return message


def tap(
    world: World,
    bot: Bot,
    chat_id: int,
    button: str,
    *,
    message_id: int | None = None,
    user: JSON | None = None,
    stale: bool = False,
) -> str:
    """Let a user tap a button, given by its text or data; return the query's id.

    Without a message id it is the newest message that has such a button. ``stale`` also finds a button which
    the message no longer shows, or on a message that is gone, as an old screen would; and any data at all.
    """
    chat = bot.chats.get(chat_id)
    if chat is None:
        raise chat_not_found()
    message = _with_button(chat, button, message_id)
    found = find_button(message.markup, button) if message and not message.deleted else None
    data: Any = found.get("callback_data") if found else None
    if data is None and stale and message is not None:
        past = [find_button(edit.markup, button) for edit in reversed(message.edits)]
        past.append(find_button(message.markup, button))
        data = next((b["callback_data"] for b in past if b and "callback_data" in b), button)
    if message is None or data is None:
        shown = [str(b.get("text")) for m in chat.messages.values() for b in buttons(m.markup)]
        raise ApiError(400, f"no button {button!r} with data to tap in chat {chat_id}; it shows {shown[-10:]}")
    sender = user or chat.user or make_user(1000)
    query = world.add_query(bot, chat_id, data)
    shown_message: JSON = message.to_api()
    if message.deleted:
        shown_message = {"chat": chat.to_api(), "message_id": message.message_id, "date": 0}
    body = {
        "id": query.id,
        "from": sender,
        "message": shown_message,
        "chat_instance": str(7_000_000_000 + chat_id),
        "data": data,
    }
    world.add_update(bot, "callback_query", body, chat_id=chat_id)
    return query.id


def _with_button(chat: Chat, button: str, message_id: int | None) -> Message | None:
    if message_id is not None:
        return chat.messages.get(message_id)
    for message in reversed(chat.messages.values()):
        if not message.deleted and find_button(message.markup, button):
            return message
    return None


def set_status(world: World, bot: Bot, chat_id: int, status: str) -> None:
    """Make a chat active, blocked, deactivated, kicked, or delete it ("gone"); the bot gets an update about a block."""
    chat = bot.chats.get(chat_id)
    if chat is None:
        raise chat_not_found()
    if status not in ("active", "blocked", "deactivated", "kicked", "gone"):
        raise bad_request(f"unknown status {status!r}")
    before, chat.status = chat.status, status
    if status == "gone":
        del bot.chats[chat_id]
    membership = {"active": "member", "blocked": "kicked", "kicked": "kicked"}
    if before in membership and status in membership and membership[before] != membership[status]:
        change: JSON = {"chat": chat.to_api(), "from": chat.user or make_user(1000), "date": LATEST_DATE}
        for side, was in (("old_chat_member", before), ("new_chat_member", status)):
            member: JSON = {"user": bot.user, "status": membership[was]}
            change[side] = member | ({"until_date": 0} if membership[was] == "kicked" else {})
        world.add_update(bot, "my_chat_member", change, chat_id=chat_id)
    world.notify("status", bot, chat)
    world.changed()


def migrate(world: World, bot: Bot, chat_id: int, new_chat_id: int | None = None) -> int:
    """Turn a group into a supergroup, with a service message in both chats; return its new id."""
    chat = bot.chats.get(chat_id)
    if chat is None:
        raise chat_not_found()
    target = new_chat_id or FIRST_SUPERGROUP_ID - abs(chat_id)
    chat.migrated_to = target
    moved = add_chat(bot, target, type="supergroup", title=chat.title)
    for where, key, value in (
        (chat, "migrate_to_chat_id", target),
        (moved, "migrate_from_chat_id", chat_id),
    ):
        notice = world.add_message(bot, where, make_user(1000), "", outgoing=False)
        notice.extra = {key: value}
        world.add_update(bot, "message", notice.to_api(), chat_id=where.id)
    return target

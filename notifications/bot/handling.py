"""Handling of one Telegram update, for both the webhook and long polling.

Handling an update twice has one effect: handled updates are remembered for a day, and even if that memory is lost,
commands and buttons use idempotent services. An update that was not handled is not acknowledged, so Telegram sends
it again.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Update
from telegram import Message as TelegramMessage

from common.errors import DomainError
from notifications.bot import commands, connecting, handled_updates, screens
from notifications.bot.buttons import handle_tap
from notifications.bot.responses import (
    Edit,
    Notice,
    Reply,
    response_queue,
)
from notifications.bot.taps import Tap, TapResult
from notifications.channels.telegram.chats import mark_chat_reachable, mark_chat_unreachable, name_of, user_of_chat
from notifications.channels.transport import Message
from notifications.monitoring import heartbeats
from users import tokens
from users.models import User

logger = logging.getLogger(__name__)

MAX_TRIES = 3  # of an update that fails because of a bug; then it is skipped with an apology
PROBE = "bot:probe"  # the heartbeat that is written to test whether the database accepts writes


class NotHandled(Exception):
    """The update must be delivered again. `is_database_down`: other updates would fail as well."""

    def __init__(self, *, is_database_down: bool) -> None:
        super().__init__("the database is down" if is_database_down else "an internal error")
        self.is_database_down = is_database_down


def handle(update: Update, *, now: datetime) -> None:
    """Handle an update unless it was handled before. Raises NotHandled if it must be delivered again.

    After MAX_TRIES failures with a working database, apologise to the user and skip the update.
    """
    if handled_updates.is_handled(update.update_id):
        return
    language = settings.LANGUAGE_CODE
    try:
        language = _language_of(update)
        user = _user_of(update)
        language = user.language if user else language
        with translation.override(language):
            _dispatch(update, user, now=now)
    except Exception as error:  # a failing update must neither stop the bot nor be delivered forever
        if not _is_database_writable(now):
            logger.warning("update %s must wait, the database is down: %s", update.update_id, error)
            raise NotHandled(is_database_down=True) from error
        logger.exception("update %s could not be handled", update.update_id)
        if handled_updates.count_failure(update.update_id) < MAX_TRIES:
            raise NotHandled(is_database_down=False) from error
        _apologise(update, language)
    handled_updates.mark_handled(update.update_id)


def drop_broken_connection() -> None:
    """Close the database connection if it is unusable or too old. The next query opens a new one."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _is_database_writable(now: datetime) -> bool:
    # A write, because a database with a full disk still answers queries.
    drop_broken_connection()
    try:
        with transaction.atomic():
            heartbeats.set_instant(PROBE, at=now)
    except DatabaseError:
        return False
    return True


def _dispatch(update: Update, user: User | None, *, now: datetime) -> None:
    if update.callback_query:
        _on_tap(update.callback_query, user, now=now)
    elif update.message:
        _on_message(update.message, user, now=now)
    elif update.my_chat_member:
        _on_membership_change(update.my_chat_member, now=now)


def _on_message(message: TelegramMessage, user: User | None, *, now: datetime) -> None:
    chat = message.chat
    first_word, *rest = (message.text or "").split(maxsplit=1) or [""]
    argument = rest[0].strip() if rest else ""
    is_command = first_word.startswith("/")
    name = first_word.removeprefix("/").partition("@")[0].lower() if is_command else ""
    if chat.type != Chat.PRIVATE:
        if name:
            response_queue.put(Reply(chat.id, Message(_("I only talk in private chats.")), to="/"))
        return
    if name == "start" and argument:
        _reply(message, Message(_connect(argument, chat.id, user, name=name_of(message.from_user), now=now)))
    elif user is None:
        _reply(message, screens.welcome(chat.id))
    else:
        mark_chat_reachable(chat_id=chat.id)
        _reply(message, commands.run(name, user, argument, now))


def _on_tap(query: CallbackQuery, user: User | None, *, now: datetime) -> None:
    message = query.message
    action, _sep, argument = (query.data or "").partition(":")
    if message is None or message.chat.type != Chat.PRIVATE:
        response_queue.put(Notice(query.id, _("I only talk in private chats.")))
        return
    if action == "connect":
        text = _connect(
            argument, message.chat.id, user, name=name_of(query.from_user), now=now, kind=tokens.chat_question
        )
        result = TapResult(text, Message(text))
    elif user is None:
        result = TapResult(_("Connect this chat to your account first."))
    else:
        result = handle_tap(action, Tap(user, argument, now, message.chat.id, message.message_id))
    response_queue.put(Notice(query.id, result.notice))
    if result.message or result.buttons is not None:
        buttons = result.buttons or ()
        response_queue.put(Edit(message.chat.id, message.message_id, result.message, buttons, result.columns))


def _on_membership_change(change: ChatMemberUpdated, *, now: datetime) -> None:
    """Record that the user blocked or unblocked the bot: Telegram reports both as a change of the bot's membership."""
    if change.chat.type != Chat.PRIVATE:
        return
    if change.new_chat_member.status == ChatMember.BANNED:
        mark_chat_unreachable(chat_id=change.chat.id, now=min(change.date, now))
    else:
        mark_chat_reachable(chat_id=change.chat.id)


def _connect(
    token: str,
    chat_id: int,
    user: User | None,
    *,
    name: str,
    now: datetime,
    kind: tokens.LinkToken = tokens.chat_link,
) -> str:
    """Connect the chat by a link token and return the text to show. A repeated tap succeeds too."""
    try:
        user = connecting.connect_by_token(token=token, chat_id=chat_id, name=name, now=now, kind=kind)
    except DomainError as error:
        if error.code == "chat_taken":
            return _("This chat is connected to another account. Disconnect it there first.")
        if user is None or not kind.names_user(user, token):
            return _("This link is no longer valid. Get a new one in the web client, under Telegram.")
    return _("Connected, %(name)s! Your reminders will arrive here.") % {"name": user.username}


def _reply(message: TelegramMessage, reply: Message) -> None:
    response_queue.put(Reply(message.chat.id, reply, to=message.text or ""))


def _apologise(update: Update, language: str) -> None:
    """Apologise in the chat of the update, if it has one."""
    with translation.override(language):
        apology = _("Something went wrong on our side. Please try again.")
    try:
        if update.callback_query:
            response_queue.put(Notice(update.callback_query.id, apology))
        elif update.message and update.message.chat.type == Chat.PRIVATE:
            _reply(update.message, Message(apology))
    except Exception:  # an update that could not be handled may be malformed in any way
        logger.exception("the apology for update %s cannot be sent", update.update_id)


def _user_of(update: Update) -> User | None:
    """Return the account that the chat is connected to, if any."""
    chat = update.effective_chat
    if chat is None or chat.type != Chat.PRIVATE:
        return None
    return user_of_chat(chat.id)


def _language_of(update: Update) -> str:
    """Return the language of the Telegram user if it is supported, else the default language."""
    tag = (update.effective_user.language_code if update.effective_user else "") or ""
    code = tag.partition("-")[0].lower()
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

"""What the bot does with an update: the same for webhook and long polling.

An update handled twice has one effect: what was handled is remembered for a day, and where that is forgotten,
commands and buttons act through services whose second call changes nothing. What was not handled is not
acknowledged, and comes again.
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
from notifications import heartbeats, services
from notifications.telegram import commands, memory, screens
from notifications.telegram.answers import Edit, Notice, Reply, answers
from notifications.telegram.buttons import Answer, Tap, act
from notifications.transport import Message
from users import tokens
from users.models import User
from users.services import mark_chat_reachable, mark_chat_unreachable

logger = logging.getLogger(__name__)

# Of an update that a fault of ours keeps from being handled: then it is stepped over, with an apology.
MAX_TRIES = 3
PROBE = "bot:probe"  # the heartbeat that shows whether the database takes what is written


class NotHandled(Exception):
    """An update has to come again. `is_away`: the database is away, so that others need not be tried."""

    def __init__(self, *, is_away: bool) -> None:
        super().__init__("the database is away" if is_away else "a fault of ours")
        self.is_away = is_away


def handle(update: Update, *, now: datetime) -> None:
    """Handle one update, once. Raises NotHandled where it has to come again.

    One that fails again and again while the database is there is answered with an apology and stepped over.
    """
    if memory.is_handled(update.update_id):
        return
    language = settings.LANGUAGE_CODE
    try:
        language = _language_of(update)
        user = _user_of(update)
        language = user.language if user else language
        with translation.override(language):
            _answer(update, user, now=now)
    except Exception as error:  # an update that fails must neither stop the bot nor be sent to us for ever
        if not _is_database_there(now):
            logger.warning("update %s waits, the database is away: %s", update.update_id, error)
            raise NotHandled(is_away=True) from error
        logger.exception("update %s could not be handled", update.update_id)
        if memory.count_failure(update.update_id) < MAX_TRIES:
            raise NotHandled(is_away=False) from error
        _apologise(update, language)
    memory.remember(update.update_id)


def drop_broken_connection() -> None:
    """Close the database connection where it is broken or old; the next query opens another."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def _is_database_there(now: datetime) -> bool:
    """Whether the database takes what is written: one with a full disk answers questions only."""
    drop_broken_connection()
    try:
        with transaction.atomic():
            heartbeats.set_instant(PROBE, at=now)
    except DatabaseError:
        return False
    return True


def _answer(update: Update, user: User | None, *, now: datetime) -> None:
    if update.callback_query:
        _on_tap(update.callback_query, user, now=now)
    elif update.message:
        _on_message(update.message, user, now=now)
    elif update.my_chat_member:
        _on_membership(update.my_chat_member, now=now)


def _on_message(message: TelegramMessage, user: User | None, *, now: datetime) -> None:
    chat = message.chat
    word, *rest = (message.text or "").split(maxsplit=1) or [""]
    argument = rest[0].strip() if rest else ""
    name = word.removeprefix("/").partition("@")[0].lower() if word.startswith("/") else ""
    if chat.type != Chat.PRIVATE:
        if name:
            answers.put(Reply(chat.id, Message(_("I only talk in private chats.")), to="/"))
        return
    if name == "start" and argument:
        _reply(message, Message(_connect(argument, chat.id, user, now=now)))
    elif user is None:
        _reply(message, screens.welcome(chat.id))
    else:
        mark_chat_reachable(chat_id=chat.id)
        _reply(message, commands.answer(name, user, argument, now))


def _on_tap(query: CallbackQuery, user: User | None, *, now: datetime) -> None:
    message = query.message
    action, _sep, argument = (query.data or "").partition(":")
    if message is None or message.chat.type != Chat.PRIVATE:
        answers.put(Notice(query.id, _("I only talk in private chats.")))
        return
    if action == "connect":
        text = _connect(argument, message.chat.id, user, now=now)
        answer = Answer(text, Message(text))
    elif user is None:
        answer = Answer(_("Connect this chat to your account first."))
    else:
        answer = act(action, Tap(user, argument, now, message.chat.id, message.message_id))
    answers.put(Notice(query.id, answer.notice))
    if answer.message or answer.buttons is not None:
        buttons = answer.buttons or ()
        answers.put(Edit(message.chat.id, message.message_id, answer.message, buttons, answer.columns))


def _on_membership(change: ChatMemberUpdated, *, now: datetime) -> None:
    """Blocking the bot and unblocking it reach us as a membership of its own."""
    if change.chat.type != Chat.PRIVATE:
        return
    if change.new_chat_member.status == ChatMember.BANNED:
        mark_chat_unreachable(chat_id=change.chat.id, now=now)
    else:
        mark_chat_reachable(chat_id=change.chat.id)


def _connect(token: str, chat_id: int, user: User | None, *, now: datetime) -> str:
    """Connect the chat by its token; return how it went. Of a second tap: that it is connected."""
    try:
        user = services.connect_by_token(token=token, chat_id=chat_id, now=now)
    except DomainError as error:
        if error.code == "chat_taken":
            return _("This chat is connected to another account. Disconnect it there first.")
        if user is None or not tokens.chat_link.is_of(user, token):
            return _("This link is not valid any more. Get a new one in the web client, under Telegram.")
    return _("Connected, %(name)s! Your reminders will arrive here.") % {"name": user.username}


def _reply(message: TelegramMessage, answer: Message) -> None:
    answers.put(Reply(message.chat.id, answer, to=message.text or ""))


def _apologise(update: Update, language: str) -> None:
    """Say sorry, as far as the update says to which chat."""
    with translation.override(language):
        sorry = _("Something went wrong on our side. Please try again.")
    try:
        if update.callback_query:
            answers.put(Notice(update.callback_query.id, sorry))
        elif update.message and update.message.chat.type == Chat.PRIVATE:
            _reply(update.message, Message(sorry))
    except Exception:  # what could not be handled may have any shape
        logger.exception("nobody can be told that update %s was not handled", update.update_id)


def _user_of(update: Update) -> User | None:
    """The account that the chat belongs to."""
    chat = update.effective_chat
    if chat is None or chat.type != Chat.PRIVATE:
        return None
    return User.objects.filter(chat_id=chat.id, chat_confirmed=True, is_active=True).first()


def _language_of(update: Update) -> str:
    """A stranger's own language, as far as we speak it."""
    tag = (update.effective_user.language_code if update.effective_user else "") or ""
    code = tag.partition("-")[0].lower()
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

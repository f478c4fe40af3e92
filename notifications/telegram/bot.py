"""What the bot does with an update: the same for webhook and long polling.

An update handled twice has one effect: what was handled is remembered for a day, and where Redis forgot it,
commands and buttons act through services whose second call changes nothing.
"""

import logging
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from redis.exceptions import RedisError
from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Update
from telegram import Message as TelegramMessage

from common.errors import DomainError
from common.redis import connection, key
from notifications import ratelimit, services
from notifications.telegram import commands, screens
from notifications.telegram.buttons import Answer, act
from notifications.telegram.client import TelegramClient
from notifications.transport import Message
from users import tokens
from users.models import User
from users.services import mark_chat_reachable, mark_chat_unreachable

logger = logging.getLogger(__name__)

REMEMBERED = timedelta(days=1)  # Telegram gives an update up after as long
# Who writes faster than the bot may answer is not answered: others wait behind.
LONGEST_WAIT = timedelta(seconds=2)


def handle(update: Update, client: TelegramClient, *, now: datetime) -> None:
    """Handles one update, once; a failure is logged and answered politely, never raised."""
    if _is_handled(update):
        return
    language = _language_of(update)
    try:
        user = _user_of(update)
        language = user.language if user else language
        with translation.override(language):
            _answer(update, user, client, now=now)
    except Exception:  # an update that fails must not stop the bot, nor be sent to us for ever
        logger.exception("update %s could not be handled", update.update_id)
        with translation.override(language):
            _apologise(update, client)
    _remember(update)


def _answer(update: Update, user: User | None, client: TelegramClient, *, now: datetime) -> None:
    if update.callback_query:
        _on_tap(update.callback_query, user, client, now=now)
    elif update.message:
        _on_message(update.message, user, client, now=now)
    elif update.my_chat_member:
        _on_membership(update.my_chat_member, now=now)


def _on_message(message: TelegramMessage, user: User | None, client: TelegramClient, *, now: datetime) -> None:
    chat = message.chat
    word, *rest = (message.text or "").split(maxsplit=1) or [""]
    argument = rest[0].strip() if rest else ""
    name = word.removeprefix("/").partition("@")[0].lower() if word.startswith("/") else ""
    if chat.type != Chat.PRIVATE:
        if name:
            _reply(client, chat.id, Message(_("I only talk in private chats.")))
        return
    if name == "start" and argument:
        _reply(client, chat.id, Message(_connect(argument, chat.id, user, now=now)))
    elif user is None:
        _reply(client, chat.id, screens.welcome(chat.id))
    else:
        mark_chat_reachable(chat_id=chat.id)
        _reply(client, chat.id, commands.answer(name, user, argument, now))


def _on_tap(query: CallbackQuery, user: User | None, client: TelegramClient, *, now: datetime) -> None:
    message = query.message
    action, _sep, argument = (query.data or "").partition(":")
    if message is None or message.chat.type != Chat.PRIVATE:
        client.answer(query.id, _("I only talk in private chats."))
        return
    if action == "connect":
        text = _connect(argument, message.chat.id, user, now=now)
        answer = Answer(text, Message(text))
    elif user is None:
        answer = Answer(_("Connect this chat to your account first."))
    else:
        answer = act(action, argument, user=user, now=now)
    client.answer(query.id, answer.notice)
    if answer.message and _has_slot(message.chat.id):
        client.edit(message.chat.id, message.message_id, answer.message)
    elif answer.buttons is not None and _has_slot(message.chat.id):
        client.edit_buttons(message.chat.id, message.message_id, answer.buttons, answer.columns)


def _on_membership(change: ChatMemberUpdated, *, now: datetime) -> None:
    """Blocking the bot and unblocking it reach us as a membership of its own."""
    if change.chat.type != Chat.PRIVATE:
        return
    if change.new_chat_member.status == ChatMember.BANNED:
        mark_chat_unreachable(chat_id=change.chat.id, now=now)
    else:
        mark_chat_reachable(chat_id=change.chat.id)


def _connect(token: str, chat_id: int, user: User | None, *, now: datetime) -> str:
    """Connects the chat by its token; says how it went. Of a second tap: that it is connected."""
    try:
        user = services.connect_by_token(token=token, chat_id=chat_id, now=now)
    except DomainError as error:
        if error.code == "chat_taken":
            return _("This chat is connected to another account. Disconnect it there first.")
        if user is None or not tokens.chat_link.is_of(user, token):
            return _("This link is not valid any more. Get a new one in the web client, under Telegram.")
    return _("Connected, %(name)s! Your reminders will arrive here.") % {"name": user.username}


def _reply(client: TelegramClient, chat_id: int, message: Message) -> None:
    if _has_slot(chat_id):
        client.reply(chat_id, message)


def _has_slot(chat_id: int) -> bool:
    """Waits for a slot among all that is sent; without Redis answers go all the same."""
    until = time.monotonic() + LONGEST_WAIT.total_seconds()
    try:
        [slot] = ratelimit.reserve([chat_id], longest_wait=LONGEST_WAIT)
        while not slot.granted and time.monotonic() + slot.wait < until:
            time.sleep(slot.wait)
            [slot] = ratelimit.reserve([chat_id], longest_wait=LONGEST_WAIT)
    except RedisError as error:
        logger.warning("answered without a slot, Redis is away: %s", error)
        return True
    if slot.granted:
        time.sleep(slot.wait)
    else:
        logger.info("chat %s writes faster than it may be answered", chat_id)
    return slot.granted


def _is_handled(update: Update) -> bool:
    try:
        return bool(connection().exists(_memory(update)))
    except RedisError as error:
        logger.warning("it is not known whether update %s was handled, Redis is away: %s", update.update_id, error)
        return False


def _remember(update: Update) -> None:
    try:
        connection().set(_memory(update), 1, ex=REMEMBERED)
    except RedisError as error:
        logger.warning("update %s is not remembered, Redis is away: %s", update.update_id, error)


def _memory(update: Update) -> str:
    """Each bot numbers its own updates."""
    return key(f"telegram:update:{settings.TELEGRAM_BOT_TOKEN.partition(':')[0]}:{update.update_id}")


def _apologise(update: Update, client: TelegramClient) -> None:
    sorry = _("Something went wrong on our side. Please try again.")
    if update.callback_query:
        client.answer(update.callback_query.id, sorry)
    elif update.effective_chat and update.effective_chat.type == Chat.PRIVATE:
        _reply(client, update.effective_chat.id, Message(sorry))


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

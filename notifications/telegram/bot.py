"""What the bot does with an update: the same for webhook and long polling.

An update handled twice has one effect: buttons act through services whose second call changes nothing.
"""

import logging
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Update
from telegram import Message as TelegramMessage

from common.errors import DomainError
from notifications import services
from notifications.telegram.buttons import act
from notifications.telegram.client import TelegramClient
from notifications.transport import Message
from users.models import User
from users.services import mark_chat_reachable, mark_chat_unreachable

logger = logging.getLogger(__name__)


def handle(update: Update, client: TelegramClient, *, now: datetime) -> None:
    """Handles one update; a failure is logged and answered politely, never raised."""
    user = _user_of(update)
    with translation.override(user.language if user else _language_of(update)):
        try:
            if update.callback_query:
                _on_tap(update.callback_query, user, client, now=now)
            elif update.message and update.message.text:
                _on_text(update.message, user, client, now=now)
            elif update.my_chat_member:
                _on_membership(update.my_chat_member, now=now)
        except Exception:  # an update that fails must not stop the bot, nor be sent to us for ever
            logger.exception("update %s could not be handled", update.update_id)
            _apologise(update, client)


def _on_text(message: TelegramMessage, user: User | None, client: TelegramClient, *, now: datetime) -> None:
    chat = message.chat
    command, _sep, argument = (message.text or "").partition(" ")
    if chat.type != Chat.PRIVATE:
        if command.startswith("/"):
            client.reply(chat.id, Message(_("I only talk in private chats.")))
        return
    if command == "/start" and argument.strip():
        client.reply(chat.id, Message(_connect(argument.strip(), chat.id, now=now)))
    elif user is None:
        client.reply(chat.id, Message(_welcome(chat.id)))
    else:
        mark_chat_reachable(chat_id=chat.id)
        client.reply(chat.id, Message(_help(user)))


def _on_tap(query: CallbackQuery, user: User | None, client: TelegramClient, *, now: datetime) -> None:
    message = query.message
    action, _sep, argument = (query.data or "").partition(":")
    if message is None or message.chat.type != Chat.PRIVATE:
        client.answer(query.id, _("I only talk in private chats."))
        return
    if action == "connect":
        notice = text = _connect(argument, message.chat.id, now=now)
    elif user is None:
        notice, text = _("Connect this chat to your account first."), None
    else:
        notice, text = act(action, argument, user=user, now=now)
    client.answer(query.id, notice)
    if text:
        client.edit(message.chat.id, message.message_id, text)


def _on_membership(change: ChatMemberUpdated, *, now: datetime) -> None:
    """Blocking the bot and unblocking it reach us as a membership of its own."""
    if change.chat.type != Chat.PRIVATE:
        return
    if change.new_chat_member.status == ChatMember.BANNED:
        mark_chat_unreachable(chat_id=change.chat.id, now=now)
    else:
        mark_chat_reachable(chat_id=change.chat.id)


def _connect(token: str, chat_id: int, *, now: datetime) -> str:
    """Connects the chat by its token; says how it went."""
    try:
        user = services.connect_by_token(token=token, chat_id=chat_id, now=now)
    except DomainError as error:
        if error.code == "chat_taken":
            return _("This chat is connected to another account. Disconnect it there first.")
        return _("This link is not valid any more. Get a new one in the web client, under Telegram.")
    return _("Connected, %(name)s! Your reminders will arrive here.") % {"name": user.username}


def _welcome(chat_id: int) -> str:
    return _(
        "Hello! I am the bot of a Habit Tracker: %(url)s\n\n"
        "To get your reminders here, sign in there and open the link under Telegram. "
        "This chat's id is %(chat)d."
    ) % {"url": settings.SITE_URL, "chat": chat_id}


def _help(user: User) -> str:
    return _("This chat is connected to %(name)s. Reminders arrive here with the buttons Done, Skip and Later.") % {
        "name": user.username
    }


def _apologise(update: Update, client: TelegramClient) -> None:
    sorry = _("Something went wrong on our side. Please try again.")
    if update.callback_query:
        client.answer(update.callback_query.id, sorry)
    elif update.effective_chat and update.effective_chat.type == Chat.PRIVATE:
        client.reply(update.effective_chat.id, Message(sorry))


def _user_of(update: Update) -> User | None:
    """The account that the chat belongs to."""
    chat = update.effective_chat
    if chat is None or chat.type != Chat.PRIVATE:
        return None
    return User.objects.filter(chat_id=chat.id, chat_confirmed=True, is_active=True).first()


def _language_of(update: Update) -> str:
    """A stranger's own language, as far as we speak it."""
    code = (update.effective_user.language_code if update.effective_user else "") or ""
    return code if code in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

"""Connects Telegram chats to accounts."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from common.errors import DomainError
from notifications.channels.telegram.chats import connect_chat
from notifications.models import Delivery
from notifications.outbox.announcements import queue_for_user
from users import access, tokens
from users.models import TELEGRAM, User
from users.services import check_current_password


@transaction.atomic
def request_chat_confirmation(*, user: User, password: str | None, chat_id: int, now: datetime) -> bool:
    """Queue a question to a chat whether it belongs to the user; return whether the chat is connected already.

    If no bot is configured, the chat is connected at once. Only then DomainError chat_taken is raised: with a bot,
    strangers must not find out which chats are connected. Also raises DomainError required, wrong_password, and
    AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    check_current_password(user, password)
    if not settings.TELEGRAM_BOT_TOKEN:
        connect_chat(user=user, chat_id=chat_id, confirmed=False, now=now)
        return True
    queue_for_user(
        f"ask:{user.pk}:{chat_id}:{now:%Y%m%d%H%M}",
        Delivery.Kind.CHAT_CONFIRMATION,
        user=user,
        at=now,
        expires_at=now + tokens.chat_question.lifetime,
        channel=TELEGRAM,
        address=str(chat_id),
    )
    return False


@transaction.atomic
def make_chat_token(*, user: User, password: str | None) -> str:
    """Return a one-time token that connects the chat that sends it. Raises DomainError required, wrong_password."""
    check_current_password(user, password)
    return tokens.chat_link.make(user)


@transaction.atomic
def connect_by_token(
    *, token: str, chat_id: int, now: datetime, name: str = "", kind: tokens.LinkToken = tokens.chat_link
) -> User:
    """Connect the chat that sent a one-time token and return its user. Raises DomainError invalid_link, chat_taken.

    `kind`: chat_link or chat_question. A link was made with the password of now (another one ends it) for the person who
    opens it, so the chat also signs in. A question went to a chat by its number, which may be mistyped: it gets messages
    only.
    """
    signs_in = kind is tokens.chat_link
    user = kind.read(token, User.objects.select_for_update(no_key=True).filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is invalid, has expired or was already used.", "token")
    return connect_chat(user=user, chat_id=chat_id, confirmed=True, now=now, name=name, signs_in=signs_in)

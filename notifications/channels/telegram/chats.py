"""The chats of users: their addresses on Telegram, by chat id."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from common.errors import DomainError
from users import addresses
from users.models import TELEGRAM, User

if TYPE_CHECKING:
    from telegram import User as TelegramUser


def connect_chat(
    *, user: User, chat_id: int, confirmed: bool, now: datetime, name: str = "", signs_in: bool = False
) -> User:
    """Connect a chat to the account, mark it reachable and return the user. `confirmed`: the chat itself asked for it.

    `name`: the person's name in Telegram, as `name_of` returns it. `signs_in`: the user gave the password for it.

    Raises DomainError: chat_taken, if the chat belongs to another account.
    """
    try:
        return addresses.connect(
            user=user,
            channel=TELEGRAM,
            address=str(chat_id),
            confirmed=confirmed,
            now=now,
            name=name,
            signs_in=signs_in,
        )
    except DomainError as error:
        raise DomainError("chat_taken", "This chat is connected to another account.", "chat_id") from error


def name_of(person: TelegramUser | None) -> str:
    """Return "@username", else the full name in one line, else ""."""
    if person is None:
        return ""
    return f"@{person.username}" if person.username else " ".join(person.full_name.split())


def disconnect_chat(*, user: User) -> None:
    """Disconnect the user's chat."""
    addresses.disconnect(user=user, channel=TELEGRAM)


def mark_chat_unreachable(*, chat_id: int, now: datetime) -> None:
    """Record that the user of the chat blocked the bot. Connecting the chat again clears that."""
    addresses.mark_unreachable(channel=TELEGRAM, address=str(chat_id), now=now)


def mark_chat_reachable(*, chat_id: int) -> None:
    """Record that the chat can be reached again."""
    addresses.mark_reachable(channel=TELEGRAM, address=str(chat_id))


def user_of_chat(chat_id: int) -> User | None:
    """Return the active user who confirmed the chat, if any."""
    confirmed = User.objects.filter(
        addresses__channel=TELEGRAM, addresses__address=str(chat_id), addresses__confirmed=True
    )
    return confirmed.filter(is_active=True).first()

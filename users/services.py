"""The only writes to accounts: register, confirm, change, delete; and the chat that belongs to a person.

Here as in the apps above, a row that is to be changed is locked without its key (`no_key`): rows that name it,
such as the tick's deliveries, are inserted meanwhile. Only a deletion locks them out.
"""

from datetime import datetime
from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from common.errors import DomainError
from users import sessions, signals, tokens
from users.models import User

# So many registrations in the same moment may derive the same username.
MOST_AT_ONCE = 20


@transaction.atomic
def register(*, email: str, password: str, now: datetime, username: str = "", **profile: Any) -> User:
    """Makes an account that waits for its address to be confirmed. Sends confirmation_requested.

    `profile`: time_zone, language, day_starts_at. Raises DomainError: email_taken, username_taken, or a
    weak password.
    """
    email = email.strip().lower()
    user = User(email=email, username=username or User.objects.free_username(email), **profile)
    _check_password(password, user, field="password")
    user.set_password(password)
    for others in range(MOST_AT_ONCE, -1, -1):
        try:
            _save(user)
            break
        except DomainError as error:
            if username or error.field != "username" or not others:
                raise
            user.username = User.objects.free_username(email)  # another took it just now
    signals.confirmation_requested.send(User, email=email, now=now)
    return user


@transaction.atomic
def request_confirmation(*, email: str, now: datetime) -> None:
    """Asks for the confirmation mail again; does the same work for an unknown address."""
    signals.confirmation_requested.send(User, email=email.strip().lower(), now=now)


@transaction.atomic
def request_password_reset(*, email: str, now: datetime) -> None:
    """Asks for the reset mail; does the same work for an unknown address."""
    signals.password_reset_requested.send(User, email=email.strip().lower(), now=now)


@transaction.atomic
def confirm(*, token: str, now: datetime) -> User:
    """Spends a mailed link: activates the account, or makes a new address count.

    Raises DomainError invalid_link (forged, expired or used), email_taken.
    """
    users = User.objects.select_for_update(no_key=True)
    if user := tokens.confirmation.read(token, users.filter(confirmed_at=None)):
        user.is_active, user.confirmed_at = True, now
        _save(user)
        return user
    if user := tokens.email_change.read(token, users.filter(is_active=True).exclude(new_email="")):
        user.email, user.new_email = user.new_email, ""
        _save(user)
        return user
    raise DomainError("invalid_link", "This link is not valid, has expired or was used already.", "token")


@transaction.atomic
def reset_password(*, token: str, password: str) -> User:
    """Spends a reset link and ends all refresh tokens. Raises DomainError invalid_link, or a weak password."""
    user = tokens.password_reset.read(token, User.objects.select_for_update(no_key=True).filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is not valid, has expired or was used already.", "token")
    _set_password(user, password, field="password")
    return user


@transaction.atomic
def change_password(*, user: User, password: str, new_password: str) -> None:
    """Changes the password and ends all refresh tokens. Raises DomainError wrong_password, or a weak one."""
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not user.check_password(password):
        raise DomainError("wrong_password", "This is not the present password.", "password")
    _set_password(user, new_password, field="new_password")


@transaction.atomic
def edit_profile(*, user: User, now: datetime, **changes: Any) -> User:
    """Changes username, time_zone, language, day_starts_at, is_ranked and the like, or asks for another email.

    A new email is kept aside until its link is used; asked for again it is mailed again, and the present one
    takes it back. Sends email_change_requested, clock_changed,
    language_changed, ranking_changed. Raises DomainError email_taken, username_taken.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before, language, is_ranked = user.clock, user.language, user.is_ranked
    given = "email" in changes
    email = changes.pop("email", user.new_email or user.email).strip().lower()
    for name, value in changes.items():
        setattr(user, name, value)
    asks = given and email != user.email
    if asks and User.objects.filter(email=email).exists():
        raise DomainError("email_taken", "Another account has this address.", "email")
    user.new_email = "" if email == user.email else email
    _save(user)
    if asks:
        signals.email_change_requested.send(User, user=user, now=now)
    if user.clock != before:
        signals.clock_changed.send(User, user=user, before=before, now=now)
    if user.language != language:
        signals.language_changed.send(User, user=user)
    if user.is_ranked != is_ranked:
        signals.ranking_changed.send(User, user=user, now=now)
    return user


@transaction.atomic
def delete_account(*, user: User, password: str, now: datetime) -> None:
    """Removes the account and all that is theirs; sends account_deleting before.

    Raises DomainError wrong_password.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not user.check_password(password):
        raise DomainError("wrong_password", "This is not the present password.", "password")
    remove_account(user=user, now=now)


@transaction.atomic
def remove_account(*, user: User, now: datetime) -> None:
    """The removal itself, for the person after their password and for staff."""
    signals.account_deleting.send(User, user=user, now=now)
    sessions.end_all(user=user)
    user.delete()


@transaction.atomic
def stop_reminder_mails(*, token: str) -> None:
    """Turns off the mails that a mailed link stands under; said again it changes nothing. Raises DomainError invalid_link."""
    user = tokens.mails_off.read(token, User.objects.filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is not valid, has expired or was used already.", "token")
    User.objects.filter(pk=user.pk).update(reminders_by_email=False)


@transaction.atomic
def connect_chat(*, user: User, chat_id: int, confirmed: bool, now: datetime) -> User:
    """Makes the chat the user's, reachable; `confirmed` when the chat itself said so to a bot.

    Raises DomainError chat_taken where it is another account's.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    user.chat_id, user.chat_confirmed, user.chat_connected_at = chat_id, confirmed, now
    user.chat_unreachable_since = None
    _save(user)
    return user


@transaction.atomic
def disconnect_chat(*, user: User) -> None:
    """Forgets the user's chat."""
    User.objects.filter(pk=user.pk).update(chat_id=None, chat_confirmed=False, chat_unreachable_since=None)


@transaction.atomic
def mark_chat_unreachable(*, chat_id: int, now: datetime) -> None:
    """Notes that Telegram refuses the chat for good; connecting again clears it."""
    User.objects.filter(chat_id=chat_id, chat_unreachable_since=None).update(chat_unreachable_since=now)


@transaction.atomic
def mark_chat_reachable(*, chat_id: int) -> None:
    """Notes that the chat has answered."""
    User.objects.filter(chat_id=chat_id).exclude(chat_unreachable_since=None).update(chat_unreachable_since=None)


@transaction.atomic
def move_chat(*, chat_id: int, to: int) -> None:
    """Follows a chat that Telegram has given a new id."""
    if not User.objects.filter(chat_id=to).exists():
        User.objects.filter(chat_id=chat_id).update(chat_id=to)


def _set_password(user: User, password: str, *, field: str) -> None:
    _check_password(password, user, field=field)
    user.set_password(password)
    user.save(update_fields=["password"])
    sessions.end_all(user=user)


def _check_password(password: str, user: User, *, field: str) -> None:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise DomainError("weak_password", " ".join(error.messages), field) from error


# What the database says of a broken constraint: PostgreSQL names it, SQLite may name the column instead.
_TAKEN = {
    ("user_email_unique", "users_user_email", "users_user.email"): (
        "email_taken",
        "Another account has this address.",
        "email",
    ),
    ("user_username_unique",): ("username_taken", "This username is taken.", "username"),
    ("user_chat_unique", "users_user.chat_id"): (
        "chat_taken",
        "This chat is connected to another account.",
        "chat_id",
    ),
}


def _save(user: User) -> None:
    """Saves; what the database refuses as taken is a DomainError."""
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        for names, (code, message, field) in _TAKEN.items():
            if any(name in str(error) for name in names):
                raise DomainError(code, message, field) from error
        raise

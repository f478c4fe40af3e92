"""The services that write accounts: registration, confirmation, profile, password and deletion.

Rows are locked with FOR NO KEY UPDATE (`no_key`), here and in the other apps: rows that refer to them, such as new
deliveries, can still be inserted. Only a deletion blocks these inserts.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TypedDict, Unpack

from django.contrib.admin.models import LogEntry
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from common.edits import apply_edit, check_fields
from common.errors import DomainError
from users import access, addresses, rules, sessions, signals, tokens, weeks
from users.access import Access, Keep
from users.models import User, week_changes_of
from users.weeks import WeekDay, WeekStart

# Concurrent registrations may derive the same username; each conflict is resolved with the next free one.
MAX_USERNAME_CONFLICTS = 20


class Preferences(TypedDict, total=False):
    """What a new account may choose."""

    time_zone: str
    language: str
    day_starts_at: int
    week_starts_on: str


class ProfileEdit(Preferences, total=False):
    """What a user may change of their profile."""

    username: str
    email: str
    reminders_by_email: bool
    is_ranked: bool


@transaction.atomic
def register(
    *, email: str, password: str, now: datetime, username: str = "", **preferences: Unpack[Preferences]
) -> User:
    """Create an inactive account and send confirmation_requested.

    Whoever registers has not proved that the address is theirs, so this password opens nothing: the one that is typed
    at the confirmation replaces it.
    Raises DomainError: email_taken, username_taken, weak_password, and those of rules.check_email and check_username.
    """
    check_fields(preferences, fields=Preferences)
    email = email.strip()
    _check_names(email=email, username=username)
    week_starts_on = WeekDay(preferences.pop("week_starts_on", WeekDay.MONDAY))
    user = User(email=email, username=username or User.objects.free_username(email), **preferences)
    user.week_changes = week_changes_of((WeekStart(None, week_starts_on),))
    _check_password(password, user, field="password")
    user.set_password(password)
    for retries_left in range(MAX_USERNAME_CONFLICTS, -1, -1):
        try:
            _save(user)
            break
        except DomainError as error:
            if username or error.field != "username" or not retries_left:
                raise
            user.username = User.objects.free_username(email)  # taken by a concurrent registration
    signals.confirmation_requested.send(User, email=user.email_key, now=now)
    return user


@transaction.atomic
def request_confirmation(*, email: str, now: datetime) -> None:
    """Request the confirmation mail again. Unknown addresses take the same time, so that they cannot be detected."""
    signals.confirmation_requested.send(User, email=User.objects.find_email_key(email), now=now)


@transaction.atomic
def request_password_reset(*, email: str, now: datetime) -> None:
    """Request the password reset mail. Unknown addresses take the same time, so that they cannot be detected."""
    signals.password_reset_requested.send(User, email=User.objects.find_email_key(email), now=now)


@transaction.atomic
def request_sign_in_link(*, email: str, now: datetime) -> None:
    """Request the mail with a sign-in link, sent at most once an hour. Unknown addresses take the same time."""
    signals.sign_in_link_requested.send(User, email=User.objects.find_email_key(email), now=now)


@transaction.atomic
def confirm(*, token: str, now: datetime, password: str | None = None) -> User:
    """Use a confirmation link: activate the account with a password, or replace its address with the new one.

    The password is required for a new account only; a change of address asked for it when it was requested. Sends
    email_changed. Raises DomainError: invalid_link (forged, expired or used), required, weak_password, email_taken.
    """
    users = User.objects.select_for_update(no_key=True)
    if user := tokens.confirmation.read(token, users.filter(confirmed_at=None, banned_at=None)):
        if password is None:
            raise DomainError("required", "Choose the password of your account.", "password")
        _check_password(password, user, field="password")
        user.set_password(password)
        user.is_active, user.confirmed_at = True, now
        _save(user)
        return user
    if user := tokens.email_change.read(token, users.filter(is_active=True).exclude(new_email="")):
        before, user.email, user.new_email = user.email, user.new_email, ""
        _save(user)
        signals.email_changed.send(User, user=user, before=before, now=now)
        return user
    raise DomainError("invalid_link", "This link is invalid, has expired or was already used.", "token")


@transaction.atomic
def reset_password(*, token: str, password: str, now: datetime, keep: Collection[Keep] = ()) -> User:
    """Set a new password by a reset link and end all other access to the account, apart from what `keep` names.

    Sends password_changed, access_ended. Raises DomainError: invalid_link, weak_password.
    """
    user = _user_of_reset_link(token, User.objects.select_for_update(no_key=True))
    _set_password(user, password, field="password", now=now)
    access.end_access(user=user, now=now, keep=keep)
    return user


def access_by_reset_link(*, token: str, now: datetime) -> Access:
    """Return what the reset by this link would end. The link stays valid. Raises DomainError: invalid_link."""
    return access.access_of(_user_of_reset_link(token, User.objects.all()), now=now)


def _user_of_reset_link(token: str, users: QuerySet[User]) -> User:
    user = tokens.password_reset.read(token, users.filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is invalid, has expired or was already used.", "token")
    return user


@transaction.atomic
def change_password(*, user: User, password: str, new_password: str, now: datetime) -> None:
    """Change the password and end all sessions and mailed links. Sends password_changed.

    Raises DomainError: wrong_password, weak_password.
    A chat signs in only once it is connected again. A pending e-mail address, chats and share links stay: the profile lists them, to end them by choice.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_current_password(user, password)
    _set_password(user, new_password, field="new_password", now=now)


@transaction.atomic
def edit_profile(*, user: User, now: datetime, password: str | None = None, **changes: Unpack[ProfileEdit]) -> User:
    """Change profile fields, or request a change of the email, which needs the password.

    A new email is stored in `new_email` until its link is used. Requesting it again sends the link again; setting the
    current email cancels the request. `week_starts_on` holds from a later day on (users.weeks.choose). Sends email_change_requested, clock_changed, language_changed and
    ranking_changed. Raises DomainError: required, wrong_password, email_taken, username_taken.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    before, language, is_ranked = user.clock, user.language, user.is_ranked
    email_before, username_before = user.email, user.username
    week_starts_on = changes.pop("week_starts_on", None)
    apply_edit(user, changes, fields=ProfileEdit)
    if week_starts_on is not None and week_starts_on != user.week_starts_on:
        today = user.clock.day_of(now)
        starts = weeks.choose(before.week_starts, WeekDay(week_starts_on), today=today, exists=user.clock.exists)
        user.week_changes = week_changes_of(starts)
    email = changes.get("email", user.new_email or email_before).strip()
    user.email = email_before  # until the link that is mailed to the new address is used
    # Published clients send all fields back, in lower case: another case of the same address is no change.
    is_email_change = "email" in changes and email.lower() != user.email.lower()
    if is_email_change:
        check_current_password(user, password)
    is_renamed = user.username != username_before
    _check_names(email=email if is_email_change else "", username=user.username if is_renamed else "", of=user)
    if "email" in changes:
        user.new_email = email if is_email_change else ""
    _save(user)
    if is_email_change:
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
    """Delete the account and all its data after a password check. Sends account_deleting first.

    Raises DomainError: wrong_password.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    check_current_password(user, password)
    remove_account(user=user, now=now)


@transaction.atomic(savepoint=False)
def remove_account(*, user: User, now: datetime) -> None:
    """Delete an account without a password check (staff, cleanup). Sends account_deleting first.

    What staff did with it stays in their history, with its id and without its name.
    """
    signals.account_deleting.send(User, user=user, now=now)
    sessions.revoke_all(user=user, now=now)
    traces = LogEntry.objects.filter(
        content_type__app_label="users", content_type__model="user", object_id=str(user.pk)
    )
    traces.update(object_repr=f"account {user.pk}")
    user.delete()


@transaction.atomic
def unsubscribe(*, token: str) -> None:
    """Stop reminders by e-mail, using the link in such a mail. Idempotent. Raises DomainError: invalid_link."""
    user = tokens.unsubscribe.read(token, User.objects.filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is invalid, has expired or was already used.", "token")
    User.objects.filter(pk=user.pk).update(reminders_by_email=False)


def check_current_password(user: User, password: str | None) -> None:
    """Raise DomainError required or wrong_password unless this is the user's password.

    An account that another service signs in to may have none. Then it is the proof of a sign-in of the last five minutes;
    else raises DomainError fresh_sign_in_required.
    """
    if not user.has_usable_password():
        if not password or tokens.fresh_sign_in.read(password, User.objects.filter(pk=user.pk)) is None:
            raise DomainError("fresh_sign_in_required", "Sign in again, then this works for five minutes.", "password")
        return
    if password is None:
        raise DomainError("required", "This needs your current password.", "password")
    if not user.check_password(password):
        raise DomainError("wrong_password", "This is not the current password.", "password")


def _check_names(*, email: str, username: str, of: User | None = None) -> None:
    """Check an address and a username that are to be stored, if they are not empty. `of`: the user who has them then."""
    if email:
        rules.check_email(email)
        if User.objects.by_email(email) not in {None, of}:
            raise DomainError("email_taken", "Another account uses this address.", "email")
    if username:
        rules.check_username(username)
        if User.objects.by_username(username) not in {None, of}:
            raise DomainError("username_taken", "This username is already taken.", "username")


def _set_password(user: User, password: str, *, field: str, now: datetime) -> None:
    _check_password(password, user, field=field)
    user.set_password(password)
    user.save(update_fields=["password"])
    end_after_new_password(user=user, now=now)


@transaction.atomic(savepoint=False)
def end_after_new_password(*, user: User, now: datetime) -> None:
    """End what the former password of a user has opened: all sessions, and that chats sign in. Sends password_changed."""
    sessions.revoke_all(user=user, now=now)
    addresses.end_sign_ins(user=user)
    signals.password_changed.send(User, user=user, now=now)


def _check_password(password: str, user: User, *, field: str) -> None:
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise DomainError("weak_password", " ".join(error.messages), field) from error


# Names in the database's error message -> DomainError. PostgreSQL names the constraint, SQLite sometimes the column.
_UNIQUE_ERRORS = {
    ("user_email_key_unique", "users_user_email", "users_user.email"): (
        "email_taken",
        "Another account uses this address.",
        "email",
    ),
    ("user_username_key_unique", "users_user.username_key"): (
        "username_taken",
        "This username is already taken.",
        "username",
    ),
}


def _save(user: User) -> None:
    """Save the user. Raises DomainError if a unique value is taken."""
    try:
        with transaction.atomic():  # a savepoint: the caller goes on after the IntegrityError
            user.save()
    except IntegrityError as error:
        for names, (code, message, field) in _UNIQUE_ERRORS.items():
            if any(name in str(error) for name in names):
                raise DomainError(code, message, field) from error
        raise

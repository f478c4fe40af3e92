"""Sessions: signing in, refreshing tokens, signing out, and the devices that a user is signed in on.

A refresh token is used once, and is exchanged for its successor. An answer may be lost, so within REUSE_GRACE the used
token gives the same successor again, as long as that is unused. Any later use means that somebody else has the token:
the session ends, and with it its access tokens. A lock on the session's row makes parallel refreshes agree.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import Q, QuerySet
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.settings import api_settings

from common.errors import DomainError
from users import signals, signed_tokens, tokens
from users.devices import Device
from users.models import KnownDevice, Session, User
from users.rules import MAX_KNOWN_DEVICES
from users.signed_tokens import SESSION_CLAIM

logger = logging.getLogger(__name__)

# Longer than the timeouts of clients: the answer to a refresh may be lost.
REUSE_GRACE = timedelta(seconds=60)
INVALID_TOKEN_MESSAGE = "This refresh token is no longer valid."
NO_ACTIVE_ACCOUNT_MESSAGE = "No active account has these credentials."


def sign_in(*, email: str, password: str, device: Device, now: datetime) -> dict[str, str]:
    """Check the password, start a session and return its first pair {refresh, access}.

    Raises AuthenticationFailed, with the same message and timing whether the address or the password is wrong; logs the
    account that was tried.
    """
    user = authenticate(email=email, password=password)
    if user is None:
        log_failed_sign_in(email=email, device=device)
        raise AuthenticationFailed(NO_ACTIVE_ACCOUNT_MESSAGE, "no_active_account")
    return start(user=user, device=device, now=now)


@transaction.atomic
def start_once(*, user: User, key: str, device: Device, now: datetime) -> dict[str, str]:
    """Start a session with what may start one only, named by `key`; return its pair {refresh, access}.

    The same key gives the same session again. Raises DomainError init_data_used if that has ended, and
    AuthenticationFailed as `start` does.
    """
    _lock_active_user(user.pk)  # the same key at the same time waits here
    session = Session.objects.select_for_update(no_key=True).filter(start_key=key).first()
    if session is None:
        return start(user=user, device=device, now=now, key=key)
    if session.user_id != user.pk or session.ended_at is not None or session.expires_at <= now:
        raise DomainError("init_data_used", "The session that this started has ended. Open the Mini App again.")
    return _pair(session, user, now)


@transaction.atomic
def start(*, user: User, device: Device, now: datetime, key: str | None = None) -> dict[str, str]:
    """Start a session of a user whose identity was just verified, and return its first pair {refresh, access}.

    Remembers the device, and sends new_device_signed_in if it is new and not the account's first. Raises
    AuthenticationFailed if the account was banned or its password changed since `user` was read.
    """
    verified_password = user.password
    locked = _lock_active_user(user.pk)
    if locked is None or locked.password != verified_password:
        raise AuthenticationFailed(NO_ACTIVE_ACCOUNT_MESSAGE, "no_active_account")
    is_new = _is_new(locked, device)
    issued_at = now.replace(microsecond=0)
    session = Session.objects.create(
        user=locked,
        created_at=now,
        last_used_at=now,
        device=device.label,
        device_key=device.key(locked),
        place_key=device.place_key(locked) or "",
        network_address=device.network_address,
        start_key=key,
        token_id=signed_tokens.make_id(),
        issued_at=issued_at,
        expires_at=issued_at + api_settings.REFRESH_TOKEN_LIFETIME,
    )
    _remember(locked, device, now)
    if is_new:
        signals.new_device_signed_in.send(Session, user=locked, session=session, now=now)
    return _pair(session, locked, now)


def log_failed_sign_in(*, email: str, device: Device) -> None:
    """Log the account (never what was typed) and the network address of a sign-in that was refused."""
    try:
        user_id = User.objects.get_by_natural_key(email).pk
    except User.DoesNotExist:
        user_id = None
    account = f"account {user_id}" if user_id else "an unknown account"
    extra = {"user": user_id} if user_id else None
    logger.warning("failed sign-in to %s from %s", account, device.network_address, extra=extra)


@transaction.atomic
def sign_in_by_link(*, token: str, device: Device, now: datetime) -> dict[str, str]:
    """Use a mailed sign-in link: start a session and return its first pair {refresh, access}.

    Raises DomainError: invalid_link.
    """
    user = tokens.sign_in_link.read(token, User.objects.select_for_update(no_key=True).filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is invalid, has expired or was already used.", "token")
    user.last_login = now
    user.save(update_fields=["last_login"])
    return start(user=user, device=device, now=now)


def refresh(
    *, token: str, device: Device, now: datetime, is_refused: Callable[[User], bool] = lambda user: False
) -> dict[str, str]:
    """Exchange a refresh token for a new pair {refresh, access}, unless its person `is_refused`.

    Raises InvalidToken if the token is forged, expired, used, of an ended session, or older than the password. If it
    was used before, and not just now, its session ends and that is logged.
    """
    claims = _claims(token, now)
    with transaction.atomic():
        session = _lock_session(claims)
        is_live = session is not None and session.ended_at is None and not is_refused(session.user)
        if session is not None and is_live and _exchange(session, claims, device, now):
            return _pair(session, session.user, now)
    raise InvalidToken(INVALID_TOKEN_MESSAGE)


def _exchange(session: Session, claims: dict[str, Any], device: Device, now: datetime) -> bool:
    """Move a live session to its next token, or leave it at the one that the used token was exchanged for.

    Return False if the token is not accepted; the session has then ended.
    """
    if not session.user.is_active or not signed_tokens.matches_password(claims, session.user):
        _end(Session.objects.filter(pk=session.pk), Session.EndReason.REVOKED, now)
        return False
    if claims["jti"] == session.token_id:
        session.previous_token_id, session.exchanged_at = session.token_id, now
        session.token_id, session.issued_at = signed_tokens.make_id(), now.replace(microsecond=0)
        session.expires_at = session.issued_at + api_settings.REFRESH_TOKEN_LIFETIME
        session.last_used_at = now
        session.device, session.network_address = device.label or session.device, device.network_address
        session.save()
        return True
    exchanged_at = session.exchanged_at
    if claims["jti"] == session.previous_token_id and exchanged_at and now - exchanged_at <= REUSE_GRACE:
        return True
    _end(Session.objects.filter(pk=session.pk), Session.EndReason.REUSED, now)
    logger.warning(
        "session %s of account %s has ended: a used refresh token was used again from %s",
        session.pk,
        session.user_id,
        device.network_address,
        extra={"user": session.user_id},
    )
    return False


@transaction.atomic
def revoke(*, user: User, token: str, now: datetime) -> None:
    """Sign out: end the session of a refresh token. Does nothing for an invalid token or another user's."""
    try:
        session = _lock_session(_claims(token, now))
    except InvalidToken:
        return
    if session is not None and session.user_id == user.pk:
        _end(Session.objects.filter(pk=session.pk), Session.EndReason.SIGNED_OUT, now)


@transaction.atomic
def revoke_session(*, user: User, session_id: int, now: datetime) -> None:
    """End one of the user's sessions and forget its device, whose next sign-in is told by mail.

    Raises Session.DoesNotExist for a session that has ended or is another user's.
    """
    session = live_sessions(user=user, now=now).select_for_update(no_key=True).get(pk=session_id)
    _end(Session.objects.filter(pk=session.pk), Session.EndReason.ENDED, now)
    KnownDevice.objects.filter(user=user, key__in=[session.device_key, session.place_key]).delete()


@transaction.atomic
def revoke_others(*, user: User, session_id: int | None, now: datetime) -> None:
    """End all sessions of the user except the given one, and forget their devices.

    None: the current one is unknown, so all are ended.
    """
    _lock_active_user(user.pk)
    current = Session.objects.filter(user=user, pk=session_id or 0)
    others = Session.objects.filter(user=user, ended_at=None).exclude(pk__in=current)
    forgotten = _device_keys(others) - _device_keys(current)
    _end(others, Session.EndReason.ENDED, now)
    KnownDevice.objects.filter(user=user, key__in=forgotten).delete()


@transaction.atomic(savepoint=False)
def revoke_all(*, user: User, now: datetime) -> None:
    """End all sessions of the user: no refresh or access token is accepted any more."""
    _lock_active_user(user.pk)
    _end(Session.objects.filter(user=user), Session.EndReason.REVOKED, now)


@transaction.atomic(savepoint=False)
def forget_devices(*, user: User) -> None:
    """Treat every device as new at its next sign-in: somebody else may have known the password."""
    KnownDevice.objects.filter(user=user).delete()


def is_known_device(*, user: User | None, device: Device) -> bool:
    """Return whether the user has signed in before from the device that keeps this secret cookie.

    Program and network do not count here: they can be guessed. An unknown user (None) takes the same query.
    """
    user = user or User(pk=0)
    return KnownDevice.objects.filter(user_id=user.pk, key=device.key(user)).exists()


@transaction.atomic
def remember_device(*, user: User, device: Device, now: datetime) -> None:
    """Recognise a device from now on that signed in without a session of its own, as in the admin."""
    _remember(user, device, now)


def live_sessions(*, user: User, now: datetime) -> QuerySet[Session]:
    """Return the user's sessions that have neither ended nor expired, the last used first."""
    return Session.objects.filter(is_live(now), user=user).order_by("-last_used_at", "-pk")


def is_live(now: datetime, path: str = "") -> Q:
    """Return the condition that a session has neither ended nor expired. `path`: to the session, such as "session__"."""
    return Q(**{f"{path}ended_at": None, f"{path}expires_at__gt": now})


def lock_live(*, user: User, session_id: int, now: datetime) -> Session:
    """Lock and return the session that makes something that ends with it. The caller has locked the user.

    Raises AuthenticationFailed if it has ended since the request was authenticated.
    """
    session = live_sessions(user=user, now=now).select_for_update(no_key=True).filter(pk=session_id).first()
    if session is None:
        raise AuthenticationFailed("This session has ended.", "session_ended")
    return session


def _is_new(user: User, device: Device) -> bool:
    """Return whether a device has not signed in before, though others have."""
    known = set(KnownDevice.objects.filter(user=user).values_list("key", flat=True))
    if known:
        return not known & set(_keys(user, device))
    return user.sessions.exists()


def _remember(user: User, device: Device, now: datetime) -> None:
    """Recognise the device from now on; of more than MAX_KNOWN_DEVICES forget the longest unused."""
    KnownDevice.objects.bulk_create(
        [KnownDevice(user=user, key=key, signed_in_at=now) for key in _keys(user, device)],
        update_conflicts=True,
        unique_fields=["user", "key"],
        update_fields=["signed_in_at"],
    )
    kept = KnownDevice.objects.filter(user=user).order_by("-signed_in_at", "-pk")
    surplus = list(kept.values_list("pk", flat=True)[MAX_KNOWN_DEVICES:])
    if surplus:
        KnownDevice.objects.filter(pk__in=surplus).delete()


def _device_keys(sessions: QuerySet[Session]) -> set[str]:
    return {key for keys in sessions.values_list("device_key", "place_key") for key in keys}


def _keys(user: User, device: Device) -> list[str]:
    return [key for key in (device.key(user), device.place_key(user)) if key is not None]


def _lock_active_user(user_id: int) -> User | None:
    """Lock and return the user, or None if inactive. Starting and ending several sessions takes this lock first."""
    return User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()


def _lock_session(claims: dict[str, Any]) -> Session | None:
    """Lock and return the session of a refresh token, with its user; None if it is unknown."""
    sessions = Session.objects.select_for_update(of=("self",), no_key=True).select_related("user")
    sessions = sessions.filter(user_id=claims[api_settings.USER_ID_CLAIM])
    if SESSION_CLAIM in claims:
        return sessions.filter(pk=claims[SESSION_CLAIM]).first()
    return sessions.filter(carried_token_id=claims["jti"]).first()


def _end(sessions: QuerySet[Session], reason: Session.EndReason, now: datetime) -> None:
    """End those of the sessions that have not ended. Sends sessions_ended."""
    ending = dict(sessions.filter(ended_at=None).values_list("pk", "user"))
    if not ending:
        return
    Session.objects.filter(pk__in=ending, ended_at=None).update(ended_at=now, end_reason=reason)
    signals.sessions_ended.send(Session, user_ids={*ending.values()}, session_ids=[*ending], now=now)


def _claims(token: str, now: datetime) -> dict[str, Any]:
    try:
        return signed_tokens.read(token, token_type=signed_tokens.REFRESH, now=now)
    except TokenError as error:
        raise InvalidToken(INVALID_TOKEN_MESSAGE) from error


def _pair(session: Session, user: User, now: datetime) -> dict[str, str]:
    return {
        "refresh": signed_tokens.refresh_token(session, user),
        "access": signed_tokens.access_token(session, user, now=now),
    }

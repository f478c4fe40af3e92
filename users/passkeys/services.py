"""The services that write passkeys: adding, naming and removing them, signing in by one, and confirming by one.

Each begins with a challenge, which a browser has signed by a passkey. It is good for one answer, of whatever kind, within
five minutes, for one purpose and one account.
"""

import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt.exceptions import AuthenticationFailed

from common.edits import UNSET, Unset
from common.errors import DomainError
from common.names import check_title
from users import access, sessions, signals, tokens
from users.access import AccessItem, Keep
from users.devices import Device
from users.models import Passkey, PasskeyChallenge, User
from users.passkeys import rules
from users.passkeys.rules import InvalidAnswer, RelyingParty
from users.services import check_current_password
from users.ways_in import check_another_is_left

logger = logging.getLogger(__name__)

Purpose = PasskeyChallenge.Purpose
Answer = Mapping[str, Any]


@transaction.atomic
def begin_adding(*, user: User, password: str, now: datetime) -> dict[str, Any]:
    """Return what a browser is asked to make for the user, after a password check.

    Raises DomainError wrong_password, too_many_passkeys, passkeys_unavailable, and AuthenticationFailed as
    access.lock_owner does.
    """
    from users.passkeys import protocol  # here, because its library takes 8 MB, and most requests need none

    user = access.lock_owner(user)
    check_current_password(user, password)
    _check_number(user)
    return protocol.creation_options(
        _site(),
        challenge=_new_challenge(Purpose.ADD, user, now=now),
        handle=_handle_of(user),
        name=user.email,
        title=user.username,
        known=_ids_of(user),
    )


def add(*, user: User, name: str, credential: Answer, now: datetime) -> Passkey:
    """Add the passkey that a browser has made, and send passkey_added.

    Raises DomainError invalid_credential, challenge_expired, passkey_known, too_many_passkeys, invisible_character,
    passkeys_unavailable, and AuthenticationFailed as access.lock_owner does.
    """
    from users.passkeys import protocol  # here, as above

    check_title(name)
    challenge = _use_challenge(credential, Purpose.ADD, user, now=now)
    try:
        found = protocol.verified_new(_site(), credential, challenge=challenge)
    except InvalidAnswer as error:
        raise _invalid(error) from error
    with transaction.atomic():
        user = access.lock_owner(user)
        _check_number(user)
        passkey, is_new = Passkey.objects.get_or_create(
            credential_id=found.credential_id,
            defaults={
                "user": user,
                "name": name,
                "public_key": found.public_key,
                "sign_count": found.sign_count,
                "user_handle": _handle_of(user),
                "created_at": now,
            },
        )
        if not is_new:
            raise DomainError("passkey_known", "This passkey is in use already.", "credential")
        logger.info("account %s has a new passkey", user.pk, extra={"user": user.pk})
        signals.passkey_added.send(Passkey, user=user, passkey=passkey, now=now)
    return passkey


@transaction.atomic
def rename(*, user: User, passkey_id: int, name: str | Unset = UNSET) -> Passkey:
    """Change the name of the user's passkey. Raises Passkey.DoesNotExist, DomainError invisible_character."""
    passkey = user.passkeys.select_for_update(no_key=True).get(pk=passkey_id)
    if name is not UNSET:
        check_title(name)
        passkey.name = name
        passkey.save(update_fields=["name"])
    return passkey


@transaction.atomic
def remove(*, user: User, passkey_id: int, password: str, now: datetime) -> None:
    """Remove the user's passkey after a password check, and send passkey_removed. Sessions that it has started stay.

    Raises Passkey.DoesNotExist, DomainError wrong_password, last_way_in, and AuthenticationFailed as access.lock_owner does.
    """
    user = access.lock_owner(user)
    passkey = user.passkeys.get(pk=passkey_id)
    check_current_password(user, password)
    check_another_is_left(user)
    passkey.delete()
    signals.passkey_removed.send(Passkey, user=user, now=now)


@transaction.atomic
def begin_sign_in(*, now: datetime) -> dict[str, Any]:
    """Return what a browser is asked to sign, by whichever passkey its person chooses. Raises DomainError passkeys_unavailable."""
    from users.passkeys import protocol  # here, as above

    return protocol.request_options(_site(), challenge=_new_challenge(Purpose.SIGN_IN, None, now=now))


def sign_in(*, credential: Answer, device: Device, now: datetime) -> dict[str, str]:
    """Start a session of the person whose passkey has signed; return its pair {refresh, access} with a proof of it.

    Raises DomainError invalid_credential, challenge_expired, passkeys_unavailable, and AuthenticationFailed, with the
    same message for an unknown passkey, a wrong signature and an account that may not sign in.
    """
    challenge = _use_challenge(credential, Purpose.SIGN_IN, None, now=now)
    passkey = Passkey.objects.filter(credential_id=credential["id"]).first()
    if passkey is None:
        raise _refused(device, None, "nobody here has it")
    with transaction.atomic():
        # The account first: whatever ends its access locks in this order, too.
        user = User.objects.select_for_update(no_key=True).filter(pk=passkey.user_id, is_active=True).first()
        if user is None:
            raise _refused(device, passkey.user_id, "the account is not active")
        try:
            _use(user, credential, challenge=challenge, now=now)
        except InvalidAnswer as error:
            raise _refused(device, user.pk, str(error)) from error
        user.last_login = now
        user.save(update_fields=["last_login"])
        pair = sessions.start(user=user, device=device, now=now)
        return pair | {"proof": tokens.fresh_sign_in.make(user)}


@transaction.atomic
def begin_confirming(*, user: User, now: datetime) -> dict[str, Any]:
    """Return what a browser is asked to sign by a passkey of the user. Raises DomainError no_passkey, passkeys_unavailable."""
    from users.passkeys import protocol  # here, as above

    known = _ids_of(user)
    if not known:
        raise DomainError("no_passkey", "Your account has no passkey.")
    return protocol.request_options(_site(), challenge=_new_challenge(Purpose.CONFIRM, user, now=now), known=known)


def confirm(*, user: User, credential: Answer, now: datetime) -> str:
    """Return the proof that the user has just signed by a passkey, which stands for the password of an account without one.

    Raises DomainError invalid_credential, challenge_expired, passkeys_unavailable, and AuthenticationFailed as
    access.lock_owner does.
    """
    challenge = _use_challenge(credential, Purpose.CONFIRM, user, now=now)
    with transaction.atomic():
        user = access.lock_owner(user)
        try:
            _use(user, credential, challenge=challenge, now=now)
        except InvalidAnswer as error:
            raise _invalid(error) from error
    return tokens.fresh_sign_in.make(user)


@transaction.atomic(savepoint=False)
def end_access(*, user: User, keep: frozenset[Keep], now: datetime) -> None:
    """Remove passkeys, and challenges that wait for an answer: a session may have added a device of somebody else."""
    user.passkeys.all().delete()
    user.passkey_challenges.all().delete()


def list_access(*, user: User, now: datetime) -> list[AccessItem]:
    """Return the user's passkeys, for the list of what has access to the account."""
    found = user.passkeys.order_by("pk")
    return [AccessItem(kind="passkey", id=each.pk, name=each.name, created_at=each.created_at) for each in found]


def _site() -> RelyingParty:
    site = rules.relying_party(settings.SITE_URL)
    if site is None:
        raise DomainError("passkeys_unavailable", "Browsers allow passkeys only with https, on a site with a name.")
    return site


def _new_challenge(purpose: Purpose, user: User | None, *, now: datetime) -> bytes:
    """Return a new challenge. Of an account, it takes the place of the one that waited for the same purpose."""
    challenge = secrets.token_bytes(rules.CHALLENGE_BYTES)
    if user is not None:
        PasskeyChallenge.objects.filter(user=user, purpose=purpose).delete()
    PasskeyChallenge.objects.create(
        challenge_hash=_hash_of(challenge), purpose=purpose, user=user, expires_at=now + rules.CHALLENGE_LIFETIME
    )
    return challenge


def _use_challenge(credential: Answer, purpose: Purpose, user: User | None, *, now: datetime) -> bytes:
    """Return the challenge of an answer, and use it up, whatever comes of the answer.

    Raises DomainError invalid_credential, challenge_expired (also used, unknown, for another purpose or account).
    """
    from users.passkeys import protocol  # here, as above

    try:
        challenge: bytes = protocol.challenge_of(credential)
    except InvalidAnswer as error:
        raise _invalid(error) from error
    found = PasskeyChallenge.objects.filter(
        challenge_hash=_hash_of(challenge), purpose=purpose, user=user, expires_at__gt=now
    )
    if not found.delete()[0]:  # of two answers at once, one finds it
        raise DomainError("challenge_expired", "This took too long, or was answered before. Begin again.")
    return challenge


def _use(user: User, credential: Answer, *, challenge: bytes, now: datetime) -> None:
    """Check the answer of one of the user's passkeys, and record its use. Raises InvalidAnswer. The user is locked."""
    from users.passkeys import protocol  # here, as above

    passkey = user.passkeys.select_for_update(no_key=True).filter(credential_id=credential["id"]).first()
    if passkey is None:
        raise InvalidAnswer("the account has no such passkey")
    passkey.sign_count = protocol.verified_count(
        _site(),
        credential,
        challenge=challenge,
        public_key=passkey.public_key,
        sign_count=passkey.sign_count,
        handle=passkey.user_handle,
    )
    passkey.last_used_at = now
    passkey.save(update_fields=["sign_count", "last_used_at"])


def _ids_of(user: User) -> list[str]:
    return list(user.passkeys.order_by("pk").values_list("credential_id", flat=True))


def _handle_of(user: User) -> str:
    """Return what the account's passkeys know it by: always the same, and saying nothing of the person."""
    stored = user.passkeys.order_by("pk").values_list("user_handle", flat=True).first()
    if stored is not None:
        return stored
    digest = salted_hmac("users.passkeys.handle", f"{user.pk}|{user.date_joined.isoformat()}", algorithm="sha256")
    return urlsafe_b64encode(digest.digest()).decode().rstrip("=")


def _check_number(user: User) -> None:
    if user.passkeys.count() >= rules.MAX_PASSKEYS:
        raise DomainError("too_many_passkeys", f"You can have up to {rules.MAX_PASSKEYS} passkeys.")


def _hash_of(challenge: bytes) -> str:
    return sha256(challenge).hexdigest()


def _invalid(error: Exception) -> DomainError:
    logger.info("the answer of a passkey was refused: %s", error)
    return DomainError("invalid_credential", "This is not what a passkey of this site answers.", "credential")


def _refused(device: Device, user_id: int | None, why: str) -> AuthenticationFailed:
    account = f"account {user_id}" if user_id else "an unknown account"
    extra = {"user": user_id} if user_id else None
    logger.warning(
        "a sign-in by a passkey to %s from %s was refused: %s", account, device.network_address, why, extra=extra
    )
    return AuthenticationFailed("No active account has this passkey.", "passkey_refused")

"""The second factor of staff: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for a lost device.

The devices are rows of django-otp, which also makes wait who enters wrong codes: twice as long after each.
"""

import secrets
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django_otp import verify_token
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from users import signals
from users.models import User

RECOVERY_CODES = 10
RECOVERY_BYTES = 15  # 120 random bits: a plain hash protects that many
GROUP = 4  # letters of a code between dashes
STORED_LENGTH = 16  # characters of a hash: 96 bits
DEVICE_NAME = "authenticator app"


def is_enrolled(user: User) -> bool:
    """Return whether signing in to the admin takes a code of the user's device."""
    return app_of(user) is not None


def enrolled(users: Collection[User]) -> set[int]:
    """Return the ids of those of the users who have a device."""
    return set(TOTPDevice.objects.filter(user__in=users, confirmed=True).values_list("user", flat=True))


def app_of(user: User) -> TOTPDevice | None:
    """Return the user's authenticator app, or None."""
    device: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=True).order_by("pk").first()
    return device


def matching_device(user: User, code: str) -> Device | None:
    """Return the user's device to which the code belongs, or None. A code is good once.

    A wrong code counts against the kind of device that it looks like.
    """
    code = "".join(code.split()).replace("-", "").lower()
    is_of_app = code.isdecimal()
    model = TOTPDevice if is_of_app else StaticDevice
    for device in model.objects.filter(user=user, confirmed=True).order_by("pk"):
        if found := verify_token(user, device.persistent_id, code if is_of_app else stored_form(code)):
            return found
    return None


@transaction.atomic
def start_enrolment(user: User) -> TOTPDevice:
    """Return a new unconfirmed device with a new key; an earlier one, whose key somebody may have seen, is removed."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    TOTPDevice.objects.filter(user=user, confirmed=False).delete()
    device: TOTPDevice = TOTPDevice.objects.create(user=user, name=DEVICE_NAME, confirmed=False)
    return device


@transaction.atomic
def finish_enrolment(user: User, code: str, *, now: datetime) -> tuple[TOTPDevice, list[str]] | None:
    """Confirm the device that shows `code`; return it and new recovery codes, or None for a wrong code.

    Sends second_factor_changed.
    """
    device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
    if device is None or not device.verify_token("".join(code.split())):
        return None
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    return device, renew_recovery_codes(user, now=now)


@transaction.atomic
def renew_recovery_codes(user: User, *, now: datetime) -> list[str]:
    """Replace the user's recovery codes by new ones and return these; each is good once. Only hashes are stored.

    Sends second_factor_changed.
    """
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery codes")
    codes = [b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
    for code in codes:
        device.token_set.create(token=stored_form(code))
    signals.second_factor_changed.send(User, user=user, now=now)
    return ["-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP)) for code in codes]


def stored_form(code: str) -> str:
    """Return the hash of a recovery code, as long as its column is."""
    return urlsafe_b64encode(sha256(code.encode()).digest()).decode()[:STORED_LENGTH]


@transaction.atomic
def remove(user: User, *, now: datetime) -> bool:
    """Remove the user's devices and recovery codes; return whether there were any. Then sends second_factor_changed."""
    removed, _ = TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    if removed:
        signals.second_factor_changed.send(User, user=user, now=now)
    return bool(removed)

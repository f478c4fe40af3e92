"""The signed addresses behind buttons, for channels whose buttons are addresses. Nothing of them is stored."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.core.signing import BadSignature, Signer

LIFETIME = timedelta(hours=12)


class TapAction(StrEnum):
    DONE = "done"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class TapTarget:
    """What a button does: an action on the reminder with this id and token."""

    action: TapAction
    delivery_id: int
    token: str


@dataclass(frozen=True, slots=True)
class TapLink:
    """What a valid link is for, and when it was made, in whole seconds."""

    target: TapTarget
    made_at: int


def make(target: TapTarget, *, now: datetime) -> str:
    """Return the address that does what the button does."""
    text = f"{target.action}:{target.delivery_id}:{target.token}:{int(now.timestamp())}"
    return f"{settings.SITE_URL}/t/{_signer().sign(text)}/"


def read(token: str, *, now: datetime) -> TapLink | None:
    """Return what a link is for; None if it is forged or expired."""
    try:
        action, delivery_id, delivery_token, made_at = _signer().unsign(token).split(":")
        link = TapLink(TapTarget(TapAction(action), int(delivery_id), delivery_token), int(made_at))
    except (BadSignature, ValueError):
        return None
    age = now.timestamp() - link.made_at
    return link if age <= LIFETIME.total_seconds() else None


def _signer() -> Signer:
    return Signer(salt="notifications.taps")

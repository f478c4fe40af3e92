"""Signs of life, as rows: when something that must not stop in silence last did its work."""

from datetime import datetime

from django.db.models import Q

from common import clock
from notifications.models import Heartbeat

TICK, SEND, BOT = "tick", "send", "bot"
# The last tick before time was lost or jumped: until then the clock was right.
LAST_BEFORE_A_GAP = "tick:before-a-gap"


def beat(name: str, *, now: datetime) -> None:
    """Note that the work of that name was done at an instant. A later one of another process stays, unless it lies
    ahead of all clocks."""
    is_behind = Q(at__lt=now) | Q(at__gt=now + clock.NOISE)
    if not Heartbeat.objects.filter(is_behind, name=name).update(at=now):
        Heartbeat.objects.get_or_create(name=name, defaults={"at": now})


def set_to(name: str, *, at: datetime) -> None:
    """Note an instant under a name, whatever stood there."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": at})


def last(name: str) -> datetime | None:
    """Return when the work of that name was last done; None: never."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()

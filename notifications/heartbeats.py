"""Signs of life, as rows: when something that must not stop in silence last did its work."""

from datetime import datetime

from notifications.models import Heartbeat

TICK, SEND, BOT = "tick", "send", "bot"


def beat(name: str, *, now: datetime) -> None:
    """Note that the work of that name was done at an instant."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def last(name: str) -> datetime | None:
    """Return when the work of that name was last done; None: never."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()

"""Signs of life, as rows: when something that must not stop in silence last did its work."""

import os
import socket
from datetime import datetime, timedelta

from notifications.models import Heartbeat

TICK, SEND, BOT = "tick", "send", "bot"
WORKER, BEAT, SUPERVISOR = "worker", "beat", "supervisor"  # a row for each process: "worker:HOST:PID"
KEPT_FOR = timedelta(days=1)


def beat(name: str, *, now: datetime) -> None:
    """Note that the work of that name was done at an instant."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": now})


def last(name: str) -> datetime | None:
    """Return when the work of that name was last done; None: never."""
    return Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()


def of_process(role: str, pid: int | None = None) -> str:
    """Return the name of the row of a process on this machine, this one unless `pid` says another."""
    return f"{of_machine(role)}{os.getpid() if pid is None else pid}"


def of_machine(role: str) -> str:
    """Return how the names of all processes of that role on this machine begin."""
    return f"{role}:{socket.gethostname()[:64]}:"


def last_of(prefix: str) -> datetime | None:
    """Return when one of the processes whose names begin so last did its work; None: never."""
    return Heartbeat.objects.filter(name__startswith=prefix).order_by("-at").values_list("at", flat=True).first()


def forget_old(*, now: datetime) -> None:
    """Remove the rows of processes that have long been gone."""
    Heartbeat.objects.filter(name__contains=":", at__lt=now - KEPT_FOR).delete()

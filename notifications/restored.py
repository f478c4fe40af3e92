"""Detects that this database is older than what others remember of it: a backup that was restored.

Each tick, and each time that a sender begins to send, is noted in the database first, then in Redis and in DATA_DIR.
Where one of the latter two remembers a later instant than the database does, what came due by then may have been sent
already: it is uncertain before it is sent.
"""

import json
import logging
import os
import threading
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from common import clock
from common.redis import connection, key
from notifications import heartbeats
from notifications.models import Delivery, Installation

logger = logging.getLogger(__name__)

FILE = "last-tick.json"

_key: str = ""  # of the installation that this process looked at last


def installation() -> Installation:
    """Return the one row about this database, made on first use."""
    global _key
    found = Installation.objects.get_or_create(pk=Installation.ONLY)[0]
    _key = str(found.key)
    return found


def look(*, now: datetime) -> datetime | None:
    """Return until when what came due is uncertain (None: no backup was restored). Marks what is in the outbox.

    For ticks and senders, before they queue or send. What others remember is read first: what another process does
    at the same time is in the database before it is noted elsewhere.
    """
    mine = installation()
    noted = _noted(mine)
    last = max(heartbeats.of([heartbeats.TICK, heartbeats.BEGUN]).values(), default=None)
    if noted is None or last is None or noted <= last or noted > now + clock.TOLERANCE:
        return mine.uncertain_until
    if mine.uncertain_until is None or noted > mine.uncertain_until:
        logger.error(
            "this database ends at %s, but was in use until %s: a backup was restored; what came due in between "
            "may be sent a second time, and is marked uncertain",
            last,
            noted,
        )
        mine.uncertain_until = noted
        with transaction.atomic():
            mine.save(update_fields=["uncertain_until"])
            Delivery.objects.filter(state=Delivery.State.PENDING, due_at__lte=noted).update(uncertain=True)
    return mine.uncertain_until


def note_tick(*, now: datetime) -> None:
    """Note a tick where a restored database does not reach: in Redis and in DATA_DIR. Logs what fails."""
    _note(str(installation().key), now, logging.WARNING)


def note_begun(*, now: datetime) -> None:
    """Note that a sender begins to send, as a tick is noted, but without a query: it happens several times a second.

    What fails is not logged: it fails for the minute's tick as well.
    """
    _note(_key or str(installation().key), now, logging.DEBUG)


def _note(name: str, now: datetime, level: int) -> None:
    try:
        connection().set(_redis_key(name), now.isoformat())
    except RedisError as error:
        logger.log(level, "the last use of the database is not noted in Redis: %s", error)
    path: Path = settings.DATA_DIR / FILE
    fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps({name: now.isoformat()}))
        fresh.replace(path)
    except OSError as error:
        logger.log(level, "the last use of the database is not noted in %s: %s", path, error.strerror)


def _noted(mine: Installation) -> datetime | None:
    """The latest use of this installation's database that Redis or DATA_DIR remembers."""
    found = [_instant(noted) for noted in (_in_redis(mine), _in_file(mine)) if noted]
    return max(filter(None, found), default=None)


def _in_redis(mine: Installation) -> str:
    try:
        noted = connection().get(_redis_key(str(mine.key)))
    except RedisError:
        return ""
    return noted.decode(errors="replace") if isinstance(noted, bytes) else ""


def _in_file(mine: Installation) -> str:
    try:
        noted = json.loads((settings.DATA_DIR / FILE).read_text())
    except (OSError, ValueError):
        return ""
    return str(noted.get(str(mine.key), "")) if isinstance(noted, dict) else ""


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def _redis_key(installation_key: str) -> str:
    return key(f"last-tick:{installation_key}")

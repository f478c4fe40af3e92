"""Whether this database is older than the last tick that others remember: a backup that was restored.

Each tick is noted in the database, in Redis and in DATA_DIR. Where one of the latter two remembers a later tick than
the database does, what came due in between may have been sent already: it is uncertain before it is sent.
"""

import json
import logging
import os
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


def installation() -> Installation:
    """Return the one row about this database, made on first use."""
    return Installation.objects.get_or_create(pk=Installation.ONLY)[0]


def look(*, now: datetime) -> datetime | None:
    """Return until when what came due is uncertain (None: no backup was restored). Marks what is in the outbox.

    For ticks and senders, before they queue or send. What others remember is read first: a tick at the same time is
    in the database before it is noted elsewhere.
    """
    mine = installation()
    noted = _noted(mine)
    last = heartbeats.last(heartbeats.TICK)
    if noted is None or last is None or noted <= last or noted > now + clock.TOLERANCE:
        return mine.uncertain_until
    if mine.uncertain_until is None or noted > mine.uncertain_until:
        logger.error(
            "this database ends at %s, but ticks were made until %s: a backup was restored; what came due in between "
            "may be sent a second time, and is marked uncertain",
            last,
            noted,
        )
        mine.uncertain_until = noted
        with transaction.atomic():
            mine.save(update_fields=["uncertain_until"])
            Delivery.objects.filter(state=Delivery.State.PENDING, due_at__lte=noted).update(uncertain=True)
    return mine.uncertain_until


def note(*, now: datetime) -> None:
    """Note a tick where a restored database does not reach: in Redis and in DATA_DIR. Logs what fails."""
    name = str(installation().key)
    try:
        connection().set(_redis_key(name), now.isoformat())
    except RedisError as error:
        logger.warning("the tick is not noted in Redis: %s", error)
    path: Path = settings.DATA_DIR / FILE
    fresh = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps({name: now.isoformat()}))
        fresh.replace(path)
    except OSError as error:
        logger.warning("the tick is not noted in %s: %s", path, error.strerror)


def _noted(mine: Installation) -> datetime | None:
    """The latest tick of this installation that Redis or DATA_DIR remembers."""
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

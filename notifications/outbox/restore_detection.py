"""Detects that a backup of the database was restored.

Each tick, and each chunk of messages that a sender starts to send, is recorded with its time in the database first, then
in Redis and in DATA_DIR. If Redis or DATA_DIR has a later time than the database, the database is a restored backup.
Messages that were due by then may have been sent already, so they are marked as uncertain before they are sent.
"""

import json
import logging
import os
import threading
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from redis.exceptions import RedisError

from common import clock
from common.redis import connection, key
from notifications.models import Delivery, Installation
from notifications.monitoring import heartbeats

logger = logging.getLogger(__name__)

FILE = "last-tick.json"
MAX_BEHIND = timedelta(days=1)  # of a clock after a restore

_key = ""  # of the installation that this process has read last


def installation() -> Installation:
    """Return the row that identifies this database, creating it on first use."""
    global _key
    found = Installation.objects.get_or_create(pk=Installation.ONLY)[0]
    _key = str(found.key)
    return found


def detect(*, now: datetime) -> datetime | None:
    """Detect a restored backup; return until when messages due are uncertain (None: no backup was restored).

    On detection, log it and mark pending messages in the outbox. Ticks and senders call this before they queue or send.
    """
    current = installation()
    # Before the database's own times: a concurrent tick or sender writes to the database first, so in this order it
    # cannot look like a restored backup.
    stored = _latest_stored(current)
    last = max(heartbeats.last_by_name([heartbeats.TICK, heartbeats.SENDING]).values(), default=None)
    if stored is None or last is None or stored <= last or _is_by_fast_clock(stored, now):
        return current.uncertain_until
    if current.uncertain_until is None or stored > current.uncertain_until:
        logger.error(
            "this database was last used at %s, but the service ran until %s: a backup was restored; messages due in "
            "between may be sent a second time and are marked as uncertain",
            last,
            stored,
        )
        current.uncertain_until = stored
        with transaction.atomic():
            current.save(update_fields=["uncertain_until"])
            Delivery.objects.filter(state=Delivery.State.PENDING, due_at__lte=stored).update(uncertain=True)
    return current.uncertain_until


def _is_by_fast_clock(stored: datetime, now: datetime) -> bool:
    """Return whether a stored time was noted by a clock that ran ahead, and could not be replaced since.

    A time after now alone does not show that: after a restore the clock may be behind.
    """
    return stored > now + clock.TOLERANCE and (stored > now + MAX_BEHIND or heartbeats.clock_ran_ahead(now))


def note_tick(*, now: datetime) -> None:
    """Store the time of a tick in Redis and in DATA_DIR, which a restored database does not change. Log failures."""
    _note(str(installation().key), now, logging.WARNING)


def note_sending(*, now: datetime) -> None:
    """Store the time at which a sender starts to send, as for a tick.

    Takes no query, since this happens several times a second. Does not log failures: the minute's tick does.
    """
    _note(_key or str(installation().key), now, logging.DEBUG)


def _note(name: str, now: datetime, level: int) -> None:
    try:
        connection().set(_redis_key(name), now.isoformat())
    except RedisError as error:
        logger.log(level, "the time of the last use is not stored in Redis: %s", error)
    path: Path = settings.DATA_DIR / FILE
    # Renamed below, so that the file is never half-written.
    temporary = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps({name: now.isoformat()}))
        temporary.replace(path)
    except OSError as error:
        logger.log(level, "the time of the last use is not stored in %s: %s", path, error.strerror)


def _latest_stored(current: Installation) -> datetime | None:
    """Return the latest time of this installation that is stored in Redis or DATA_DIR."""
    times = [_instant(stored) for stored in (_in_redis(current), _in_file(current)) if stored]
    return max(filter(None, times), default=None)


def _in_redis(current: Installation) -> str:
    try:
        stored = connection().get(_redis_key(str(current.key)))
    except RedisError:
        return ""
    return stored.decode(errors="replace") if isinstance(stored, bytes) else ""


def _in_file(current: Installation) -> str:
    try:
        stored = json.loads((settings.DATA_DIR / FILE).read_text())
    except (OSError, ValueError):
        return ""
    return str(stored.get(str(current.key), "")) if isinstance(stored, dict) else ""


def _instant(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None


def _redis_key(installation_key: str) -> str:
    return key(f"last-tick:{installation_key}")

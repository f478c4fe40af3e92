"""Updates of the tz database: replans the users of every zone whose data changed.

The times of reminders and streak deadlines are stored as instants, and governments change time zone rules at short
notice. After an upgrade of the tzdata package these instants are computed again, one user at a time, as if the user
had changed the time zone. The service keeps running meanwhile.
"""

import hashlib
import logging
import zoneinfo
from datetime import datetime
from importlib import resources

import tzdata
from django.db import transaction

from common.row_backoff import FailureCounter
from users import signals
from users.models import User, ZoneData

logger = logging.getLogger(__name__)

_TRIES = FailureCounter()


@transaction.atomic
def replan_next_user(*, now: datetime) -> bool:
    """Replan the next user of a changed zone by sending clock_changed.

    Return False if no user remains or another process holds the lock.
    """
    # Read without the lock first: this runs every minute, and usually there is nothing to do.
    known, _ = ZoneData.objects.get_or_create(pk=ZoneData.SINGLETON_ID)
    if known.release == tzdata.IANA_VERSION and not known.changed:
        return False
    state = ZoneData.objects.select_for_update(skip_locked=True).filter(pk=known.pk).first()
    if state is None:
        return False
    if state.release != tzdata.IANA_VERSION:
        _detect_changes(state)
    affected = User.everyone.filter(time_zone__in=state.changed, pk__gt=state.done_to).order_by("pk")
    user = affected.select_for_update(no_key=True).first()
    if user:
        _replan(user, now)
        state.done_to = user.pk
    else:
        state.changed = []
    state.save()
    return user is not None


def _replan(user: User, now: datetime) -> None:
    try:
        with transaction.atomic():
            signals.clock_changed.send(User, user=user, before=user.clock, now=now)
    except Exception as error:  # any error with one user must not block the others
        if not _TRIES.should_skip(user.pk, error):
            raise  # perhaps a database problem, not one of this user: the next run tries this user again
        logger.exception(
            "user %s cannot be replanned for the new tz database; editing the user's time zone repairs this",
            user.pk,
            extra={"user": user.pk},
        )


def _detect_changes(state: ZoneData) -> None:
    """Store which zones differ from the last release. Users of zones still pending from it are replanned again."""
    digests = {zone: hashlib.sha256(data_of(zone)).hexdigest()[:16] for zone in zoneinfo.available_timezones()}
    changed = {zone for zone, digest in digests.items() if state.digests.get(zone) != digest}
    if state.release:
        logger.info("tz database %s replaces %s: %d zones differ", tzdata.IANA_VERSION, state.release, len(changed))
    else:
        logger.info(
            "tz database %s is noted for this new database, to compare later releases with", tzdata.IANA_VERSION
        )
    state.release, state.digests = tzdata.IANA_VERSION, digests
    state.changed, state.done_to = sorted(changed | set(state.changed)), 0


def data_of(zone: str) -> bytes:
    """Return the TZif data of a zone (RFC 9636)."""
    return resources.files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes()

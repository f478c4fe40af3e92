"""Makes everybody's plans anew when a release of the tz database says something else of their zone.

Streaks that lapse and reminders that fire are stored as instants. Governments change their clocks at short notice:
whoever upgrades the tzdata package has these instants counted again, a person at a time, as if each had changed
their clock. The running service goes on meanwhile.
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
def take_up(*, now: datetime) -> bool:
    """Takes one person on whose zone this process's release differs through it. Sends clock_changed.

    False: there is none left, or another process is at it.
    """
    known, _ = ZoneData.objects.get_or_create(pk=ZoneData.ONLY)
    if known.release == tzdata.IANA_VERSION and not known.changed:
        return False
    mine = ZoneData.objects.select_for_update(skip_locked=True).filter(pk=known.pk).first()
    if mine is None:
        return False
    if mine.release != tzdata.IANA_VERSION:
        _compare(mine)
    concerned = User.objects.filter(time_zone__in=mine.changed, pk__gt=mine.done_to).order_by("pk")
    user = concerned.select_for_update(no_key=True).first()
    if user:
        _plan_anew(user, now)
        mine.done_to = user.pk
    else:
        mine.changed = []
    mine.save()
    return user is not None


def _plan_anew(user: User, now: datetime) -> None:
    try:
        with transaction.atomic():
            signals.clock_changed.send(User, user=user, before=user.clock, now=now)
    except Exception as error:  # whatever it is, it must not keep the others from following
        if not _TRIES.should_skip(user.pk, error):
            raise  # the database's trouble, perhaps with this person: once more, from them on
        logger.exception(
            "person %s cannot follow the tz database; an edit of their time zone mends it",
            user.pk,
            extra={"user": user.pk},
        )


def _compare(known: ZoneData) -> None:
    """Notes which zones are others now than at the last release; people of those left over start again as well."""
    digests = {zone: hashlib.sha256(data_of(zone)).hexdigest()[:16] for zone in zoneinfo.available_timezones()}
    changed = {zone for zone, digest in digests.items() if known.digests.get(zone) != digest}
    logger.info("tz database %s after %s: %d zones differ", tzdata.IANA_VERSION, known.release or "none", len(changed))
    known.release, known.digests = tzdata.IANA_VERSION, digests
    known.changed, known.done_to = sorted(changed | set(known.changed)), 0


def data_of(zone: str) -> bytes:
    """What the release says of a zone (RFC 9636)."""
    return resources.files("tzdata.zoneinfo").joinpath(*zone.split("/")).read_bytes()

"""Does what a link of a reminder is for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from common.errors import DomainError
from notifications.models import Delivery
from notifications.outbox import later
from notifications.taps.links import TapAction, TapLink
from tracking.logs.services import set_day
from tracking.models import HabitLog, HabitTrack
from tracking.streaks.rules import SETTLED, Status
from tracking.tracks.queries import locked_track
from users.models import User

LATER_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Tapped:
    """What a link has done. `later_at`: when the reminder comes again; None: the day is completed."""

    track: HabitTrack
    day: date
    later_at: datetime | None = None


def find(link: TapLink) -> Delivery | None:
    """Return the reminder that a link is for, with user and habit; None if the link has become invalid.

    So it is once the user's access was ended after it was made.
    """
    target = link.target
    reminders = Delivery.objects.filter(
        kind=Delivery.Kind.REMINDER, track__isnull=False, day__isnull=False, user__is_active=True
    )
    found = reminders.select_related("user", "track__habit", "track__user", "reminder")
    delivery = found.filter(pk=target.delivery_id, token=target.token).exclude(token="").first()
    if delivery is None or delivery.user is None:
        return None
    ended = delivery.user.access_ended_at
    return None if ended is not None and link.made_at <= ended.timestamp() else delivery


@transaction.atomic
def use(*, link: TapLink, now: datetime) -> Tapped:
    """Complete the day of a reminder, or queue it again in an hour. Each reminder takes one such tap.

    Raises DomainError invalid_link, already_used, left, already_logged, and those of later.put_off and set_day.
    """
    delivery = find(link)
    if delivery is None or delivery.user is None or delivery.track_id is None or delivery.day is None:
        raise DomainError("invalid_link", "This link is invalid, has expired or was already used.")
    user, day = delivery.user, delivery.day
    track = _locked(user, delivery.track_id)
    # The track is locked: of two taps at once the second sees the first one's mark.
    if Delivery.objects.filter(pk=delivery.pk, tapped_at__isnull=False).exists():
        raise DomainError("already_used", "This link was already used.")
    log = HabitLog.objects.filter(track=track, day=day).first()
    if log is not None and log.status in SETTLED:
        raise DomainError("already_logged", "This day is already logged.")
    later_at = None
    if link.target.action == TapAction.LATER:
        later_at = later.put_off(delivery=delivery, track=track, at=now + LATER_AFTER, now=now)
    else:
        set_day(user=user, track_id=track.pk, day=day, source=HabitLog.Source.API, status=Status.COMPLETED, now=now)
    Delivery.objects.filter(pk=delivery.pk).update(tapped_at=now)
    return Tapped(track, day, later_at)


def _locked(user: User, track_id: int) -> HabitTrack:
    try:
        track = locked_track(user, track_id)
    except HabitTrack.DoesNotExist:
        raise DomainError("invalid_link", "This link is invalid, has expired or was already used.") from None
    if track.left_at is not None:
        raise DomainError("left", "You no longer follow this habit.")
    return track

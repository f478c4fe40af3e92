"""The buttons under a reminder: Done, Skip, Later. Each acts once, and only for the chat's own account."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from common.errors import DomainError
from notifications import messages, services
from notifications.models import Delivery
from tracking.days import set_day
from tracking.models import HabitLog, HabitTrack
from tracking.queries import locked_track
from tracking.streaks import SETTLED, Status
from users.models import User

# A notice for the tap, and the text that replaces the message (None: it stays).
Answer = tuple[str, str | None]


@transaction.atomic
def act(action: str, delivery_id: str, *, user: User, now: datetime) -> Answer:
    """Does what the button says. A message that is not the user's, or is gone, does nothing."""
    button = BUTTONS.get(action)
    delivery = _own(delivery_id, user)
    if button is None or delivery is None or delivery.track_id is None or delivery.day is None:
        return _("This button no longer works."), None
    # The track's lock makes two taps at once one after the other.
    track = locked_track(user, delivery.track_id)
    log = HabitLog.objects.filter(track=track, day=delivery.day).first()
    if log and log.status in SETTLED:
        return _("That day is settled already."), _settled(track, log, now)
    try:
        return button(delivery, track, user, now)
    except DomainError as error:
        return error.message, None


def _own(delivery_id: str, user: User) -> Delivery | None:
    if not delivery_id.isascii() or not delivery_id.isdigit() or len(delivery_id) > 18:
        return None
    return Delivery.objects.filter(pk=int(delivery_id), user=user, kind=Delivery.Kind.REMINDER).first()


def _done(delivery: Delivery, track: HabitTrack, user: User, now: datetime) -> Answer:
    log = _say(Status.COMPLETED, delivery, user, now)
    return _("Well done!"), _settled(track, log, now)


def _skip(delivery: Delivery, track: HabitTrack, user: User, now: datetime) -> Answer:
    log = _say(Status.SKIPPED, delivery, user, now)
    return _("Skipped."), _settled(track, log, now)


def _later(delivery: Delivery, track: HabitTrack, user: User, now: datetime) -> Answer:
    at = services.queue_later(delivery=delivery, now=now)
    if at is None:
        return _("The day is over by then."), None
    wall = at.astimezone(user.tzinfo).time()
    return _("I will ask again."), messages.later(track.habit.sentence, wall)


BUTTONS: dict[str, Callable[[Delivery, HabitTrack, User, datetime], Answer]] = {
    "done": _done,
    "skip": _skip,
    "later": _later,
}


def _say(status: Status, delivery: Delivery, user: User, now: datetime) -> HabitLog:
    assert delivery.day and delivery.track_id
    return set_day(
        user=user,
        track_id=delivery.track_id,
        day=delivery.day,
        status=status,
        source=HabitLog.Source.TELEGRAM,
        now=now,
    )


def _settled(track: HabitTrack, log: HabitLog, now: datetime) -> str:
    """What a settled day's message says; after Done also what follows: the reward, or the pleasant habit."""
    habit = track.habit
    if log.status == Status.SKIPPED:
        return messages.skipped(habit.sentence)
    if log.status == Status.MISSED:
        return messages.missed(habit.sentence)
    linked = habit.linked_habit
    may_see = linked and (linked.is_published or linked.owner_id == track.user_id)
    standing = HabitTrack.objects.get(pk=track.pk).streak_at(now)
    return messages.done(
        habit.sentence,
        streak=standing.current,
        streak_unit=standing.unit,
        reward=habit.reward,
        pleasant=(linked.action or linked.name) if linked and may_see else "",
    )

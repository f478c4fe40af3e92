"""What a delivery says at the moment of sending, or why it is not sent any more.

Whether it is still due, the chat and the words are read now, not when it was queued.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import translation

from achievements.models import UserAchievement
from habits.recurrence import in_force
from notifications import challenge_news, digest_news, messages, trend_picture
from notifications.challenge_news import Ending
from notifications.digest_news import Week
from notifications.models import Delivery, Reminder
from notifications.transport import Message, Outgoing, TransportError
from tracking.histories import TrackHistory, load_histories, plan_of
from tracking.models import Goal, HabitLog, HabitTrack
from tracking.streaks import SETTLED
from users import tokens
from users.models import User

logger = logging.getLogger(__name__)

LATE_AFTER = timedelta(seconds=60)  # a tick comes each minute
# What goes by mail to those who asked for that, where no chat can be reached.
ALSO_BY_MAIL = {Delivery.Kind.REMINDER, Delivery.Kind.DIGEST}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a delivery is not sent: its final state and the reason."""

    state: Delivery.State
    reason: str


class Refused(Exception):
    """Raised by a composer."""

    def __init__(self, reason: str, state: Delivery.State = Delivery.State.DROPPED) -> None:
        super().__init__(reason)
        self.refusal = Refusal(state, reason)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the composers of one batch read together."""

    now: datetime
    tracks: dict[int, HabitTrack]
    courses: dict[int, TrackHistory]
    logs: dict[tuple[int, date], HabitLog]
    superseded: set[int]  # the deliveries of which a later reminder of the same track exists
    goals: dict[str, Goal]  # by the key of the delivery that tells, as those below
    awards: dict[str, UserAchievement]
    endings: dict[str, Ending]
    weeks: dict[int, Week]  # by the ids of the deliveries
    addressees: dict[str, User]  # by their addresses


def compose(deliveries: Sequence[Delivery], *, now: datetime) -> list[Outgoing | Refusal | TransportError]:
    """For each delivery, in order, what to send or why not; a fixed number of queries, whatever kinds there are.

    One that cannot be composed by a fault of ours is a TransportError, to be tried again: it must not take
    the others with it.
    """
    try:
        facts = _facts(deliveries, now)
    except Exception as error:  # of one of them; each by itself shows of which
        if len(deliveries) == 1:
            logger.exception("delivery %s cannot be composed", deliveries[0].pk)
            return [TransportError(f"internal error: {type(error).__name__}")]
        return [composed for delivery in deliveries for composed in compose([delivery], now=now)]
    composed: list[Outgoing | Refusal | TransportError] = []
    for delivery in deliveries:
        try:
            composed.append(_compose_one(delivery, facts))
        except Exception as error:  # whatever it is, it must not take the others with it
            logger.exception("delivery %s cannot be composed", delivery.pk)
            composed.append(TransportError(f"internal error: {type(error).__name__}"))
    return composed


def _compose_one(delivery: Delivery, facts: Facts) -> Outgoing | Refusal:
    if facts.now >= delivery.expires_at:
        return Refusal(Delivery.State.EXPIRED, "too late to be of use")
    if delivery.user is not None and not delivery.user.is_active:
        return Refusal(Delivery.State.DROPPED, "the account is not active")
    user = delivery.user or facts.addressees.get(delivery.address)
    try:
        with translation.override(user.language if user else settings.LANGUAGE_CODE):
            message = COMPOSERS[Delivery.Kind(delivery.kind)](delivery, user, facts)
            return _addressed(delivery, message)
    except Refused as refused:
        return refused.refusal


def may_be_mailed(delivery: Delivery) -> bool:
    """Whether it goes by mail where Telegram cannot carry it: of its kind, to a confirmed address, if asked for."""
    user = delivery.user
    return (
        delivery.kind in ALSO_BY_MAIL and user is not None and user.reminders_by_email and user.confirmed_at is not None
    )


def _addressed(delivery: Delivery, message: Message) -> Outgoing:
    """To the address given, else to the person's chat, else by mail where they asked for that."""
    user, is_mail = delivery.user, delivery.channel == Delivery.Channel.EMAIL
    if delivery.address and not (is_mail and delivery.kind in ALSO_BY_MAIL):
        return Outgoing(delivery.address, message, by_mail=is_mail)
    if user is not None and user.chat_connected and user.chat_unreachable_since is None and not is_mail:
        return Outgoing(str(user.chat_id), message)
    if user is not None and may_be_mailed(delivery):
        turn_off = f"{settings.SITE_URL}/unsubscribe/{tokens.unsubscribe.make(user)}/"
        mail = messages.by_mail(message, link=settings.SITE_URL, turn_off=turn_off)
        return Outgoing(user.email, mail, by_mail=True)
    if is_mail:
        raise Refused("mails are turned off")
    if user is None or not user.chat_connected:
        raise Refused("no chat is connected")
    raise Refused("the chat is unreachable", Delivery.State.FAILED)


def _facts(deliveries: Sequence[Delivery], now: datetime) -> Facts:
    """Read what the composers of a batch ask for; what no delivery in it asks for takes no query."""
    live = [each for each in deliveries if now < each.expires_at]
    about = [(delivery.track_id, delivery.day) for delivery in live if delivery.track_id]
    users = {delivery.user_id: delivery.user for delivery in live if delivery.user}
    tracks = _tracks({track_id for track_id, _ in about}, users)
    since: dict[int, date] = {}
    for track_id, about_day in about:
        track = tracks.get(track_id)
        if track is None:  # deleted since the claim
            continue
        day = about_day or track.user.clock.day_of(now)
        period = plan_of(track).period_of(day)
        since[track.pk] = min(since.get(track.pk, day), period.first if period else day)
    logs = HabitLog.objects.filter(track__in=tracks, day__in={day for _, day in about if day})
    return Facts(
        now=now,
        tracks=tracks,
        courses=load_histories(tracks.values(), since=since),
        logs={(log.track_id, log.day): log for log in logs},
        superseded=_superseded(live, now),
        goals=_goals(live),
        awards=_awards(live),
        endings=challenge_news.endings(live),
        weeks=digest_news.weeks(live, now=now),
        addressees=_addressees(live),
    )


def _addressees(deliveries: Sequence[Delivery]) -> dict[str, User]:
    """Return the people that messages without a person go to."""
    addresses = {delivery.address for delivery in deliveries if delivery.address and delivery.user_id is None}
    return {user.email: user for user in User.objects.filter(email__in=addresses)}


def _tracks(ids: Collection[int], users: Mapping[int | None, User]) -> dict[int, HabitTrack]:
    """The tracks with habit, its schedules and user at hand, by their ids."""
    tracks = HabitTrack.objects.filter(pk__in=ids).select_related("habit").prefetch_related("habit__schedules")
    for track in tracks:
        if track.user_id in users:
            track.user = users[track.user_id]
    return {track.pk: track for track in tracks}


def _superseded(deliveries: Sequence[Delivery], now: datetime) -> set[int]:
    """Return the reminders that another of the same track stands for: one late reminder a track, by whichever sender.

    A later one is due as well, in the plans or in the outbox (one that is still to come supersedes nothing). Or one is
    late, and its track was reminded since. In one statement, since a tick moves reminders from the plans to the outbox.
    """
    waiting = Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries if delivery.track_id and delivery.kind == Delivery.Kind.REMINDER]
    )
    planned = Reminder.objects.filter(track=OuterRef("track"), next_at__gt=OuterRef("due_at"), next_at__lte=now)
    same_track = Delivery.objects.filter(track=OuterRef("track"), kind=Delivery.Kind.REMINDER).exclude(
        pk=OuterRef("pk")
    )
    later = same_track.filter(due_at__gt=OuterRef("due_at"), due_at__lte=now).exclude(state=Delivery.State.DROPPED)
    since = same_track.filter(state=Delivery.State.SENT, sent_at__gte=OuterRef("due_at"), sent_at__lte=now)
    is_late = Q(due_at__lt=now - LATE_AFTER)
    superseded = waiting.filter(Exists(later) | Exists(planned) | (is_late & Exists(since)))
    return set(superseded.values_list("pk", flat=True))


def _goals(deliveries: Sequence[Delivery]) -> dict[str, Goal]:
    told = [each.key for each in deliveries if each.kind == Delivery.Kind.GOAL_REACHED]
    goals = Goal.objects.filter(pk__in=[int(key.removeprefix("goal:")) for key in told]) if told else []
    return {f"goal:{goal.pk}": goal for goal in goals}


def _awards(deliveries: Sequence[Delivery]) -> dict[str, UserAchievement]:
    told = [each.key for each in deliveries if each.kind == Delivery.Kind.ACHIEVEMENT]
    awards = UserAchievement.objects.select_related("achievement", "track__habit")
    found = awards.filter(pk__in=[int(key.removeprefix("award:")) for key in told])
    return {f"award:{award.pk}": award for award in found}


def _reminder(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    track = facts.tracks.get(delivery.track_id or 0)
    if track is None or delivery.day is None:
        raise Refused("deleted")
    if track.left_at is not None:
        raise Refused("left")
    course, log = facts.courses[track.pk], facts.logs.get((track.pk, delivery.day))
    if log and log.status in SETTLED:
        raise Refused("done meanwhile" if log.status == "completed" else log.status)
    if course.is_paused(delivery.day):
        raise Refused("paused")
    if not course.is_due(delivery.day):
        raise Refused("not due any more")
    if delivery.pk in facts.superseded:
        raise Refused("superseded")
    schedule = course.plan.in_force(delivery.day)
    standing = track.streak_at(facts.now)
    return messages.reminder(
        messages.ReminderFacts(
            delivery_id=delivery.pk,
            token=delivery.token,
            sentence=_words(track, delivery.reminder),
            daily_amount=schedule.daily_amount,
            unit=schedule.unit,
            done_amount=log.amount if log else None,
            streak=standing.current,
            streak_unit=standing.unit,
            at_risk=standing.current > 0 and course.is_at_risk(delivery.day),
            passed_over=delivery.passed_over,
        )
    )


def _words(track: HabitTrack, reminder: Reminder | None) -> str:
    """The person's own words for a reminder, or the habit's sentence with the reminder's time."""
    if reminder is None:
        return messages.sentence(track.habit)
    return reminder.text or messages.sentence(track.habit, at=reminder.local_time)


def _habit_created(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    track = facts.tracks.get(delivery.track_id or 0)
    if track is None:
        raise Refused("deleted")
    return messages.habit_created(messages.sentence(track.habit), at=track.habit.time)


def _goal_reached(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    track, goal = facts.tracks.get(delivery.track_id or 0), facts.goals.get(delivery.key)
    if track is None or goal is None:
        raise Refused("deleted")
    if goal.reached_on is None:
        raise Refused("not reached any more")
    habit = track.habit
    schedule = in_force(habit.versions, goal.reached_on).schedule
    is_measured = bool(schedule.unit) or schedule.daily_amount != 1 or goal.amount != 1
    return messages.goal_reached(
        habit.action or habit.name,
        amount=goal.amount if is_measured else None,
        unit=schedule.unit,
        days=goal.days,
    )


def _achievement(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    award = facts.awards.get(delivery.key)
    if user is None or award is None:
        raise Refused("deleted")
    if award.revoked_at is not None:
        raise Refused("withdrawn")
    return messages.achievement(
        award.achievement.name_in(user.language),
        description=award.achievement.description_in(user.language),
        picture=award.achievement.picture,
        habit=award.track.habit.name if award.track else "",
    )


def _digest(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    if user is None or delivery.day is None:
        raise Refused("deleted")
    week = facts.weeks.get(delivery.pk)
    if week is None:
        raise Refused("turned off")
    if not week.summary.habits:
        raise Refused("no habits")
    return messages.digest(week.summary, photo=trend_picture.png(week.trend) if week.trend else None)


def _challenge_ended(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    ending = facts.endings.get(delivery.key)
    rank = ending.member.rank if ending else None
    if ending is None or rank is None:
        raise Refused("left")
    member = ending.member
    return messages.challenge_ended(member.challenge.name, rank=rank, members=ending.ranked, completed=member.completed)


def _challenge_cancelled(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    ending = facts.endings.get(delivery.key)
    if ending is None:
        raise Refused("left")
    return messages.challenge_cancelled(ending.member.challenge.name)


def _chat_confirmation(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    if user is None:
        raise Refused("deleted")
    return messages.chat_confirmation(user.username, tokens.chat_link.make(user))


def _email_confirmation(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    if user is None or user.confirmed_at is not None:
        raise Refused("nothing to confirm")
    return messages.email_confirmation(f"{settings.SITE_URL}/confirm/{tokens.confirmation.make(user)}/")


def _email_change(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    if user is None or user.new_email != delivery.address:
        raise Refused("nothing to confirm")
    return messages.email_change(f"{settings.SITE_URL}/confirm/{tokens.email_change.make(user)}/")


def _password_reset(delivery: Delivery, user: User | None, facts: Facts) -> Message:
    if user is None or not user.is_active:
        raise Refused("no such account")
    return messages.password_reset(f"{settings.SITE_URL}/reset/{tokens.password_reset.make(user)}/")


COMPOSERS: dict[Delivery.Kind, Callable[[Delivery, User | None, Facts], Message]] = {
    Delivery.Kind.REMINDER: _reminder,
    Delivery.Kind.HABIT_CREATED: _habit_created,
    Delivery.Kind.GOAL_REACHED: _goal_reached,
    Delivery.Kind.ACHIEVEMENT: _achievement,
    Delivery.Kind.DIGEST: _digest,
    Delivery.Kind.CHALLENGE_ENDED: _challenge_ended,
    Delivery.Kind.CHALLENGE_CANCELLED: _challenge_cancelled,
    Delivery.Kind.CHAT_CONFIRMATION: _chat_confirmation,
    Delivery.Kind.EMAIL_CONFIRMATION: _email_confirmation,
    Delivery.Kind.EMAIL_CHANGE: _email_change,
    Delivery.Kind.PASSWORD_RESET: _password_reset,
}

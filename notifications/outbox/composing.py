"""Composes the message of a delivery just before it is sent, or says why it is not sent.

Whether it is still due, the recipient and the text are determined at this moment, not when it was queued.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils import translation
from django.utils.timezone import localtime

from achievements.models import UserAchievement
from habits.models import version_of
from habits.recurrence import in_force
from notifications.channels import registry
from notifications.channels.transport import Message, Outgoing, TransportError
from notifications.connections import codes
from notifications.connections.rules import expiry_after_wait, quiet_until
from notifications.digest import content as digest_content
from notifications.digest import trend_picture
from notifications.digest.content import WeekContent
from notifications.models import ChannelConnection, Delivery, Reminder
from notifications.outbox import (
    challenge_messages,
    limit_messages,
    messages,
    recipients,
    security_messages,
    subjects,
)
from notifications.outbox.challenge_messages import ChallengeResult
from notifications.outbox.limit_messages import LimitReminder, UsedLimit
from notifications.outbox.security_messages import WaysIn
from notifications.outbox.subjects import DoNotSend, NotSent
from tracking.models import Goal, HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import SETTLED, Status, Verdict
from tracking.tracks.histories import first_day_to_judge, load_histories
from tracking.tracks.plans import load_versions, plan_of
from users import tokens
from users.models import Session, User
from users.timing import DAY

logger = logging.getLogger(__name__)

LATE_AFTER = timedelta(seconds=60)  # ticks run once a minute


@dataclass(frozen=True, slots=True)
class Waits:
    """A message that waits for the end of quiet hours. `expires_at`: until when it is of use after them."""

    until: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class BatchContext:
    """The data that the composers of one batch need, loaded together."""

    now: datetime
    tracks: dict[int, HabitTrack]
    histories: dict[int, TrackHistory]
    superseded: set[int]  # ids of deliveries that a later reminder of the same track replaces
    goals: dict[int, Goal]
    awards: dict[int, UserAchievement]
    sessions: dict[int, Session]
    challenge_results: dict[int, ChallengeResult]  # this and the next: by the id of the delivery
    weeks: dict[int, WeekContent]
    addressees: dict[str, User]  # by mail address
    connections: dict[str, ChannelConnection]  # those that await a code, by address
    ways_in: WaysIn
    subjects: dict[str, Mapping[int, Any]]  # by kind, of those that apps above this one compose


def compose(deliveries: Sequence[Delivery], *, now: datetime) -> list[Outgoing | NotSent | Waits | TransportError]:
    """Return for each delivery, in order, the message to send, why it is not sent, or until when it waits.

    The number of queries does not depend on the number of deliveries. An unexpected error in one delivery is returned
    as a TransportError, to be tried again, and does not affect the others.
    """
    try:
        context = _load_context(deliveries, now)
    except Exception as error:  # find out which delivery causes it: compose each one alone
        if len(deliveries) == 1:
            logger.exception("delivery %s cannot be composed", deliveries[0].pk)
            return [TransportError(f"internal error: {type(error).__name__}")]
        return [composed for delivery in deliveries for composed in compose([delivery], now=now)]
    composed: list[Outgoing | NotSent | Waits | TransportError] = []
    for delivery in deliveries:
        try:
            composed.append(_compose_one(delivery, context))
        except Exception as error:  # any error: the other deliveries must still be sent
            logger.exception("delivery %s cannot be composed", delivery.pk)
            composed.append(TransportError(f"internal error: {type(error).__name__}"))
    return composed


def _compose_one(delivery: Delivery, context: BatchContext) -> Outgoing | NotSent | Waits:
    if context.now >= delivery.expires_at:
        return NotSent(Delivery.State.EXPIRED, "too late to be useful")
    if delivery.user is not None and not delivery.user.is_active:
        return NotSent(Delivery.State.DROPPED, "the account is not active")
    if recipients.is_withheld(delivery):
        return NotSent(Delivery.State.DROPPED, "a user of another service")
    user = delivery.user or context.addressees.get(delivery.address)
    if waits := _waits_in_quiet_hours(delivery, context.now):
        return waits
    try:
        with translation.override(user.language if user else settings.LANGUAGE_CODE):
            message = COMPOSERS.get(Delivery.Kind(delivery.kind), _about_subject)(delivery, user, context)
            return _with_address(delivery, message, user)
    except DoNotSend as error:
        return error.result


def _waits_in_quiet_hours(delivery: Delivery, now: datetime) -> Waits | NotSent | None:
    """Return until when a message waits for the end of its user's quiet hours; None outside of them.

    A reminder whose day is over by then is of no use any more.
    """
    user = delivery.user
    if user is None or user.quiet_from is None or user.quiet_to is None or delivery.kind in recipients.DIRECT_KINDS:
        return None
    until = quiet_until(now, start=user.quiet_from, end=user.quiet_to, zone=user.time_zone)
    if until is None:
        return None
    is_reminder = delivery.kind == Delivery.Kind.REMINDER and delivery.day is not None
    end_of_day = user.clock.start(delivery.day + DAY) if is_reminder and delivery.day else None
    if end_of_day is not None and end_of_day <= until:
        return NotSent(Delivery.State.EXPIRED, "its day ends within the quiet hours", ends_now=True)
    expires_at = expiry_after_wait(
        due_at=delivery.due_at, expires_at=delivery.expires_at, until=until, end_of_day=end_of_day
    )
    return Waits(until, expires_at)


def _with_address(delivery: Delivery, message: Message, addressee: User | None) -> Outgoing:
    """Address a message: to its own address if it has one, else to the first of the user's that can be reached.

    A mail that was asked for by a typed address goes to the address as the account has it: another spelling may be
    another person's mailbox.
    """
    if delivery.kind in recipients.DIRECT_KINDS:
        is_by_address = delivery.user is None and addressee is not None
        address = addressee.email if is_by_address and addressee else delivery.address
        channel, message = registry.get(delivery.channel), replace(message, kind=delivery.kind)
        return Outgoing(delivery.channel, address, channel.render_direct(message))
    user, start = delivery.user, recipients.start_of(delivery)
    if user and (chosen := recipients.first_reachable(recipients.addresses_for(user, delivery.kind, start=start))):
        channel = registry.get(chosen.channel)
        thread = f"track:{delivery.track_id}" if delivery.kind == Delivery.Kind.REMINDER else ""
        message = replace(message, kind=delivery.kind, thread=thread, expires_at=delivery.expires_at)
        return Outgoing(chosen.channel, chosen.address or "", channel.render(message, user=user))
    if user and (first := next(recipients.addresses_for(user, delivery.kind, start=start), None)):
        raise DoNotSend(registry.get(first.channel).unreachable, Delivery.State.FAILED)
    raise DoNotSend(registry.get(delivery.channel).not_connected)


def _load_context(deliveries: Sequence[Delivery], now: datetime) -> BatchContext:
    """Load what the deliveries of a batch need, without queries for kinds that are not in it."""
    live = [each for each in deliveries if now < each.expires_at]
    track_days = [(delivery.track_id, delivery.day) for delivery in live if delivery.track_id]
    users = {delivery.user_id: delivery.user for delivery in live if delivery.user}
    tracks = _tracks({track_id for track_id, _ in track_days}, users)
    since: dict[int, date] = {}
    for track_id, delivery_day in track_days:
        track = tracks.get(track_id)
        if track is None:  # deleted since the delivery was claimed
            continue
        day = delivery_day or track.user.clock.day_of(now)
        since[track.pk] = min(since.get(track.pk, day), first_day_to_judge(plan_of(track), day))
    return BatchContext(
        now=now,
        tracks=tracks,
        histories=load_histories(tracks.values(), since=since),
        superseded=_superseded(live, now),
        goals=_goals(live),
        awards=_awards(live),
        sessions=Session.objects.in_bulk(_subjects(live, Delivery.Kind.NEW_DEVICE)),
        challenge_results=challenge_messages.load_results(live),
        weeks=digest_content.load_weeks(live, now=now),
        addressees=_addressees(live),
        connections=_connections(live),
        ways_in=security_messages.load(live),
        subjects={kind: subjects.get(kind).load(ids) for kind in subjects.names() if (ids := _subjects(live, kind))},
    )


def _addressees(deliveries: Sequence[Delivery]) -> dict[str, User]:
    """Return the users behind the addresses (lookup keys) of deliveries that name no user, by address."""
    addresses = {delivery.address for delivery in deliveries if delivery.address and delivery.user_id is None}
    if not addresses:
        return {}
    users = User.objects.filter(Q(email_key__in=addresses) | Q(email__in=addresses))  # a second attempt has the address
    return {name: user for user in users for name in (user.email, user.email_key)}


def _connections(deliveries: Sequence[Delivery]) -> dict[str, ChannelConnection]:
    named = {each.address for each in deliveries if each.kind == Delivery.Kind.CHANNEL_CODE}
    if not named:
        return {}
    return {each.address: each for each in ChannelConnection.objects.filter(address__in=named, pending=True)}


def _tracks(ids: Collection[int], users: Mapping[int | None, User]) -> dict[int, HabitTrack]:
    """Return the tracks by id, with their habits, the habits' versions and users loaded."""
    tracks = list(HabitTrack.objects.filter(pk__in=ids).select_related("habit")) if ids else []
    versions = load_versions({track.habit_id for track in tracks}) if tracks else {}
    for track in tracks:
        track.habit.remember_versions(tuple(version_of(*columns) for columns in versions[track.habit_id]))
        if track.user_id in users:
            track.user = users[track.user_id]
    return {track.pk: track for track in tracks}


def _superseded(deliveries: Sequence[Delivery], now: datetime) -> set[int]:
    """Return the ids of reminders that another reminder of the same track replaces.

    After an outage a track is reminded once, whichever senders are running. A reminder is superseded if a later one is
    due too, planned or queued; or if it is late and the track was reminded since. One statement, because a tick may
    move a reminder from its plan to the outbox between two statements.
    """
    reminders = Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries if delivery.track_id and delivery.kind == Delivery.Kind.REMINDER]
    )
    planned = Reminder.objects.filter(track=OuterRef("track"), next_at__gt=OuterRef("due_at"), next_at__lte=now)
    same_track = Delivery.objects.filter(track=OuterRef("track"), kind=Delivery.Kind.REMINDER).exclude(
        pk=OuterRef("pk")
    )
    later = same_track.filter(due_at__gt=OuterRef("due_at"), due_at__lte=now).exclude(state=Delivery.State.DROPPED)
    sent_since = same_track.filter(state=Delivery.State.SENT, sent_at__gte=OuterRef("due_at"), sent_at__lte=now)
    is_late = Q(due_at__lt=now - LATE_AFTER)
    superseded = reminders.filter(Exists(later) | Exists(planned) | (is_late & Exists(sent_since)))
    return set(superseded.values_list("pk", flat=True))


def _goals(deliveries: Sequence[Delivery]) -> dict[int, Goal]:
    return Goal.objects.in_bulk(_subjects(deliveries, Delivery.Kind.GOAL_REACHED))


def _awards(deliveries: Sequence[Delivery]) -> dict[int, UserAchievement]:
    awards = UserAchievement.objects.select_related("achievement", "track__habit")
    return awards.in_bulk(_subjects(deliveries, Delivery.Kind.ACHIEVEMENT))


def _subjects(deliveries: Sequence[Delivery], kind: str) -> set[int]:
    return {each.subject_id for each in deliveries if each.kind == kind and each.subject_id is not None}


def _reminder(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    track = context.tracks.get(delivery.track_id or 0)
    if track is None or delivery.day is None:
        raise DoNotSend("deleted")
    if track.left_at is not None:
        raise DoNotSend("left")
    history = context.histories[track.pk]
    status = history.days.get(delivery.day)
    if status in SETTLED:
        raise DoNotSend("already done" if status is Status.COMPLETED else str(status))
    if history.is_paused(delivery.day):
        raise DoNotSend("paused")
    if history.plan.is_limit:
        return _limit_reminder(delivery, track, history, delivery.day, context)
    if not history.is_due(delivery.day):
        raise DoNotSend("no longer due")
    if delivery.pk in context.superseded:
        raise DoNotSend("superseded")
    schedule = history.plan.in_force(delivery.day)
    stats = track.streak_at(context.now)
    return messages.reminder(
        messages.ReminderContent(
            delivery_id=delivery.pk,
            token=delivery.token,
            sentence=_sentence(track, delivery.reminder),
            daily_amount=schedule.daily_amount,
            unit=schedule.unit,
            done_amount=history.amounts.get(delivery.day),
            streak=stats.current,
            streak_unit=stats.unit,
            at_risk=stats.current > 0 and history.is_at_risk(delivery.day),
            missed_count=delivery.missed_count,
        )
    )


def _limit_reminder(
    delivery: Delivery, track: HabitTrack, history: TrackHistory, day: date, context: BatchContext
) -> Message:
    """Return the reminder of a limit habit, which is never due: it says how much is left of the limit, until it is exceeded."""
    period = history.period_of(day, day)
    progress = history.limit_progress(period, day) if period else None
    if period is None or progress is None:
        raise DoNotSend("no longer due")
    if progress.verdict is Verdict.BROKEN:
        raise DoNotSend("over the limit")
    if delivery.pk in context.superseded:
        raise DoNotSend("superseded")
    stats = track.streak_at(context.now)
    today = track.user.clock.day_of(context.now)
    return limit_messages.reminder(
        LimitReminder(
            delivery_id=delivery.pk,
            token=delivery.token,
            sentence=_sentence(track, delivery.reminder),
            used=UsedLimit(progress=progress, period=period, unit=history.plan.in_force(day).unit, today=today),
            state=limit_messages.day_state(history.amounts.get(day), is_logged=day in history.days),
            streak=stats.current,
            streak_unit=stats.unit,
            missed_count=delivery.missed_count,
        )
    )


def _sentence(track: HabitTrack, reminder: Reminder | None) -> str:
    """Return the user's own text of a reminder, or the habit's sentence with the reminder's time."""
    if reminder is None:
        return messages.sentence(track.habit)
    return reminder.text or messages.sentence(track.habit, at=reminder.local_time)


def _habit_created(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    track = context.tracks.get(delivery.track_id or 0)
    if track is None:
        raise DoNotSend("deleted")
    return messages.habit_created(messages.sentence(track.habit), at=track.habit.time)


def _goal_reached(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    track, goal = context.tracks.get(delivery.track_id or 0), context.goals.get(delivery.subject_id or 0)
    if track is None or goal is None:
        raise DoNotSend("deleted")
    if goal.reached_on is None:
        raise DoNotSend("no longer reached")
    habit = track.habit
    schedule = in_force(habit.versions, goal.reached_on).schedule
    is_measured = bool(schedule.unit) or schedule.daily_amount != 1 or goal.amount != 1
    return messages.goal_reached(
        habit.action or habit.name,
        amount=goal.amount if is_measured else None,
        unit=schedule.unit,
        days=goal.days,
    )


def _achievement(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    award = context.awards.get(delivery.subject_id or 0)
    if user is None or award is None:
        raise DoNotSend("deleted")
    if award.revoked_at is not None:
        raise DoNotSend("withdrawn")
    return messages.achievement(
        award.achievement.name_in(user.language),
        description=award.achievement.description_in(user.language),
        picture=award.achievement.picture,
        habit=award.track.habit.name if award.track else "",
    )


def _digest(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None or delivery.day is None:
        raise DoNotSend("deleted")
    week = context.weeks.get(delivery.pk)
    if week is None:
        raise DoNotSend("turned off")
    if not week.summary.habits:
        raise DoNotSend("no habits")
    return messages.digest(week.summary, photo=trend_picture.png(week.trend) if week.trend else None)


def _challenge_ended(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    result = context.challenge_results.get(delivery.pk)
    rank = result.member.rank if result else None
    if result is None or rank is None:
        raise DoNotSend("left")
    member = result.member
    return messages.challenge_ended(member.challenge.name, rank=rank, members=result.ranked, completed=member.completed)


def _challenge_cancelled(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    result = context.challenge_results.get(delivery.pk)
    if result is None:
        raise DoNotSend("left")
    return messages.challenge_cancelled(result.member.challenge.name)


def _chat_confirmation(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None:
        raise DoNotSend("deleted")
    # The token in the button is made now: it must not outlive a reset or a ban that came after the request.
    if user.access_ended_at is not None and delivery.due_at <= user.access_ended_at:
        raise DoNotSend("access was ended")
    return messages.chat_confirmation(user.username, tokens.chat_question.make(user))


def _email_confirmation(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None or user.confirmed_at is not None or user.banned_at is not None:
        raise DoNotSend("nothing to confirm")
    return messages.email_confirmation(f"{settings.SITE_URL}/confirm/{tokens.confirmation.make(user)}/")


def _email_change(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None or user.new_email != delivery.address:
        raise DoNotSend("nothing to confirm")
    return messages.email_change(f"{settings.SITE_URL}/confirm/{tokens.email_change.make(user)}/")


def _email_change_notice(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None:
        raise DoNotSend("deleted")
    if user.email == delivery.address and not user.new_email:
        raise DoNotSend("cancelled")
    return messages.email_change_notice(user.new_email or user.email, reset_link=_reset_page())


def _email_changed(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None:
        raise DoNotSend("deleted")
    return messages.email_changed(user.email)


def _chat_connected(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None:
        raise DoNotSend("deleted")
    chats = [user.address(name) for name in registry.names() if registry.get(name).stores_addresses]
    names = [chat.name or chat.address for chat in chats if chat.address]
    return messages.chat_connected(
        ", ".join(names), at=localtime(delivery.due_at, user.tzinfo), reset_link=_reset_page()
    )


def _reset_page() -> str:
    """Return the page of the web client that mails a link to reset the password."""
    return f"{settings.SITE_URL}/#/forgotten"


def _password_reset(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None or not user.is_active:
        raise DoNotSend("no such account")
    return messages.password_reset(f"{settings.SITE_URL}/reset/{tokens.password_reset.make(user)}/")


def _new_device(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    session = context.sessions.get(delivery.subject_id or 0)
    if user is None or session is None:
        raise DoNotSend("deleted")
    return messages.new_device(
        session.device,
        network_address=session.network_address or "",
        at=session.created_at.astimezone(user.tzinfo),
        link=f"{settings.SITE_URL}/#/profile",
    )


def _sign_in_link(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None or not user.is_active:
        raise DoNotSend("no such account")
    return messages.sign_in_link(f"{settings.SITE_URL}/#/sign-in-link/{tokens.sign_in_link.make(user)}")


def _security(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    return security_messages.compose(delivery, user, context.ways_in, reset_link=_reset_page())


def _channel_code(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    connection = context.connections.get(delivery.address)
    if user is None or connection is None or connection.user_id != user.pk:
        raise DoNotSend("nothing to confirm")
    return messages.channel_code(user.username, codes.code_of(connection))


def _channel_test(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    if user is None or registry.get(delivery.channel).address_of(user).address != delivery.address:
        raise DoNotSend("no longer connected")
    return messages.channel_test()


def _about_subject(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
    subject = context.subjects.get(delivery.kind, {}).get(delivery.subject_id or 0)
    if user is None or subject is None:
        raise DoNotSend("deleted")
    return subjects.get(delivery.kind).compose(delivery, user, subject)


COMPOSERS: dict[Delivery.Kind, Callable[[Delivery, User | None, BatchContext], Message]] = {
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
    Delivery.Kind.NEW_DEVICE: _new_device,
    Delivery.Kind.EMAIL_CHANGE_NOTICE: _email_change_notice,
    Delivery.Kind.EMAIL_CHANGED: _email_changed,
    Delivery.Kind.CHAT_CONNECTED: _chat_connected,
    Delivery.Kind.SIGN_IN_LINK: _sign_in_link,
    Delivery.Kind.CHANNEL_CODE: _channel_code,
    Delivery.Kind.CHANNEL_TEST: _channel_test,
    **dict.fromkeys(security_messages.KINDS, _security),
}

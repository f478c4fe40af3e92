"""Each kind of message: its text by what is true now, or why it is not sent.

What apps above this one announce is composed by them (notifications.outbox.subjects).
"""

from collections.abc import Callable
from datetime import date

from django.conf import settings
from django.utils.timezone import localtime

from habits.recurrence import in_force
from notifications.channels import registry
from notifications.channels.transport import Message
from notifications.connections import codes
from notifications.digest import trend_picture
from notifications.models import Delivery, Reminder
from notifications.outbox import limit_messages, messages, security_messages, subjects
from notifications.outbox.batch_context import BatchContext
from notifications.outbox.limit_messages import LimitReminder, UsedLimit
from notifications.outbox.subjects import DoNotSend
from tracking.models import HabitTrack
from tracking.streaks.history import TrackHistory
from tracking.streaks.rules import SETTLED, Status, Verdict
from users import tokens
from users.models import User


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
            missed_count=sum(history.is_due(day) for day in context.missed.get(delivery.pk, ())),
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
            missed_count=len(context.missed.get(delivery.pk, ())),
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


def about_subject(delivery: Delivery, user: User | None, context: BatchContext) -> Message:
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

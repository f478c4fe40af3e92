"""Effects of domain signals (config/effects.py) whose arguments differ from those of the service that they call."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from community.models import Challenge, ChallengeMember
from notifications.models import Delivery
from notifications.outbox import announcements, challenge_messages
from notifications.reminders import services as reminders
from tracking.models import HabitTrack
from users.models import Address, User


def queue_confirmation_mail(*, email: str, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.EMAIL_CONFIRMATION, address=email, now=now)


def queue_password_reset_mail(*, email: str, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.PASSWORD_RESET, address=email, now=now)


def queue_sign_in_link_mail(*, email: str, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.SIGN_IN_LINK, address=email, now=now, once_per=timedelta(hours=1))


def queue_email_change_mail(*, user: User, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.EMAIL_CHANGE, address=user.new_email, user=user, now=now)


def queue_email_change_notice(*, user: User, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.EMAIL_CHANGE_NOTICE, address=user.email, user=user, now=now)


def queue_email_changed_notice(*, user: User, before: str, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.EMAIL_CHANGED, address=before, user=user, now=now)


def queue_identity_removed_notice(*, user: User, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.IDENTITY_REMOVED, address=user.email, user=user, now=now)


def queue_passkey_removed_notice(*, user: User, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.PASSKEY_REMOVED, address=user.email, user=user, now=now)


def queue_password_changed_notice(*, user: User, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.PASSWORD_CHANGED, address=user.email, user=user, now=now)


def queue_second_factor_notice(*, user: User, now: datetime) -> None:
    announcements.queue_mail(Delivery.Kind.SECOND_FACTOR, address=user.email, user=user, now=now)


def queue_chat_connected_notice(*, user: User, address: Address, now: datetime) -> None:
    announcements.queue_chat_connected(user=user, address=address, now=now)


def replan_reminders(*, track: HabitTrack, retimed_at: datetime | None, now: datetime) -> None:
    reminders.replan(track=track, now=now, retimed_at=retimed_at)


def queue_challenge_ended(*, challenge: Challenge, members: Sequence[ChallengeMember], now: datetime) -> None:
    challenge_messages.queue(Delivery.Kind.CHALLENGE_ENDED, challenge=challenge, members=members, now=now)


def queue_challenge_cancelled(*, challenge: Challenge, members: Sequence[ChallengeMember], now: datetime) -> None:
    challenge_messages.queue(Delivery.Kind.CHALLENGE_CANCELLED, challenge=challenge, members=members, now=now)

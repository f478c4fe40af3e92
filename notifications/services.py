"""News from the apps below as messages in the outbox; and connecting a chat."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from achievements.models import UserAchievement
from common.errors import DomainError
from habits.models import Habit
from notifications import outbox
from notifications.models import Delivery
from tracking.models import Goal, HabitTrack
from users import services as user_services
from users import tokens
from users.models import User

NEWS_USEFUL_FOR = timedelta(days=3)  # a goal that was reached is news the next days as well
MAIL_USEFUL_FOR = timedelta(days=3)  # its link is made at sending


def queue_mail(kind: Delivery.Kind, *, address: str, now: datetime, user: User | None = None) -> None:
    """Queues a mail to an address, known or not: who it belongs to is looked up at sending.

    One of a kind a minute and address: asking in bursts sends one.
    """
    hashed = hashlib.sha256(address.encode()).hexdigest()[:32]
    _queue(
        f"{kind}:{hashed}:{now:%Y%m%d%H%M}",
        kind,
        user=user,
        at=now,
        expires_at=now + MAIL_USEFUL_FOR,
        channel=Delivery.Channel.EMAIL,
        address=address,
    )


def queue_habit_created(*, habit: Habit, now: datetime) -> None:
    """Tells the owner in Telegram that their habit exists; without a chat there is nobody to tell."""
    owner = habit.owner
    if owner is None or not owner.chat_connected:
        return
    track = HabitTrack.objects.filter(habit=habit, user=owner).first()
    if track is None:
        return
    _queue(
        f"created:{habit.pk}",
        Delivery.Kind.HABIT_CREATED,
        user=owner,
        at=now,
        expires_at=now + NEWS_USEFUL_FOR,
        track=track,
    )


def queue_goal_reached(*, goal: Goal, now: datetime) -> None:
    """Tells in Telegram that a goal is reached, once for each goal, however often it is reached anew.

    A message that was dropped, as the goal was unreached again before it left, told nobody: it makes room, unless it
    may have arrived.
    """
    user = goal.track.user
    if not user.chat_connected:
        return
    key = f"goal:{goal.pk}"
    Delivery.objects.filter(key=key, state=Delivery.State.DROPPED, uncertain=False).delete()
    _queue(key, Delivery.Kind.GOAL_REACHED, user=user, at=now, expires_at=now + NEWS_USEFUL_FOR, track=goal.track)


def queue_achievement(*, award: UserAchievement, now: datetime) -> None:
    """Tells in Telegram of an achievement, once for each award, however often it is withdrawn and earned again.

    A message that reached nobody, as the award was withdrawn before it left or the chat was gone, makes room.
    """
    if not award.user.chat_connected:
        return
    key = f"award:{award.pk}"
    unsent = [Delivery.State.DROPPED, Delivery.State.EXPIRED, Delivery.State.FAILED]
    Delivery.objects.filter(key=key, state__in=unsent, uncertain=False).delete()
    _queue(
        key,
        Delivery.Kind.ACHIEVEMENT,
        user=award.user,
        at=now,
        expires_at=now + NEWS_USEFUL_FOR,
        track=award.track,
        day=award.day,
    )


@transaction.atomic
def queue_later(*, delivery: Delivery, at: datetime, now: datetime) -> datetime | None:
    """Asks again at an instant, once for each message: the one chosen first stands, and is returned.

    None where the delivery's local day is over by then, or the instant has passed.
    """
    user, day = delivery.user, delivery.day
    if user is None or day is None:
        return None
    end_of_day = user.clock.start(day + timedelta(days=1))
    if not now < at < end_of_day:
        return None
    key = f"later:{delivery.pk}"
    _queue(
        key,
        Delivery.Kind.REMINDER,
        user=user,
        at=at,
        expires_at=min(at + settings.DELIVERY_USEFUL_FOR, end_of_day),
        track=delivery.track,
        reminder=delivery.reminder,
        day=day,
    )
    return Delivery.objects.values_list("due_at", flat=True).get(key=key)


@transaction.atomic
def ask_chat(*, user: User, chat_id: int, now: datetime) -> bool:
    """Asks a chat whether it is the user's; with no bot there is nobody to ask, and it is connected at once.

    Returns whether the chat is connected now. Raises DomainError chat_taken (console only: a chat's own
    answer tells a stranger nothing).
    """
    if not settings.TELEGRAM_BOT_TOKEN:
        user_services.connect_chat(user=user, chat_id=chat_id, confirmed=False, now=now)
        return True
    _queue(
        f"ask:{user.pk}:{chat_id}:{now:%Y%m%d%H%M}",
        Delivery.Kind.CHAT_CONFIRMATION,
        user=user,
        at=now,
        expires_at=now + tokens.chat_link.lifetime,
        address=str(chat_id),
    )
    return False


@transaction.atomic
def connect_by_token(*, token: str, chat_id: int, now: datetime) -> User:
    """Connects the chat that brought a one-time token. Raises DomainError invalid_link, chat_taken."""
    user = tokens.chat_link.read(token, User.objects.select_for_update(no_key=True).filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is invalid, has expired or was already used.", "token")
    return user_services.connect_chat(user=user, chat_id=chat_id, confirmed=True, now=now)


@transaction.atomic
def forget(*, user: User) -> None:
    """Removes a leaving person's messages, those that know only their address as well."""
    addresses = [address for address in (user.email, user.new_email) if address]
    Delivery.objects.filter(Q(user=user) | Q(user=None, address__in=addresses)).delete()


def _queue(
    key: str,
    kind: Delivery.Kind,
    *,
    user: User | None,
    at: datetime,
    expires_at: datetime,
    channel: Delivery.Channel = Delivery.Channel.TELEGRAM,
    **about: Any,
) -> None:
    """Queues one message, to be sent from `at` on."""
    outbox.queue(
        [
            Delivery(
                key=key,
                kind=kind,
                channel=channel,
                user=user,
                due_at=at,
                available_at=at,
                expires_at=expires_at,
                **about,
            )
        ]
    )

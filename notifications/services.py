"""News from the apps below as messages in the outbox; and connecting a chat."""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from common.errors import DomainError
from habits.models import Habit
from notifications import outbox
from notifications.models import Delivery
from tracking.models import Goal, HabitTrack
from users import services as user_services
from users import tokens
from users.models import User

LATER = timedelta(minutes=30)
NEWS_USEFUL_FOR = timedelta(days=1)  # a goal that was reached is news the next day as well
MAIL_USEFUL_FOR = timedelta(days=3)  # its link is made at sending


def queue_mail(kind: Delivery.Kind, *, address: str, now: datetime, user: User | None = None) -> None:
    """Queues a mail to an address, known or not: who it belongs to is looked up at sending.

    One of a kind a minute and address: asking in bursts sends one.
    """
    hashed = hashlib.sha256(address.encode()).hexdigest()[:32]
    outbox.queue(
        [
            Delivery(
                key=f"{kind}:{hashed}:{now:%Y%m%d%H%M}",
                kind=kind,
                channel=Delivery.Channel.EMAIL,
                user=user,
                address=address,
                due_at=now,
                available_at=now,
                expires_at=now + MAIL_USEFUL_FOR,
            )
        ]
    )


def queue_habit_created(*, habit: Habit, now: datetime) -> None:
    """Tells the owner in Telegram that their habit exists; without a chat there is nobody to tell."""
    owner = habit.owner
    if owner is None or not owner.chat_connected:
        return
    track = HabitTrack.objects.filter(habit=habit, user=owner).first()
    if track is None:
        return
    outbox.queue(
        [
            Delivery(
                key=f"created:{habit.pk}",
                kind=Delivery.Kind.HABIT_CREATED,
                channel=Delivery.Channel.TELEGRAM,
                user=owner,
                track=track,
                due_at=now,
                available_at=now,
                expires_at=now + settings.DELIVERY_USEFUL_FOR,
            )
        ]
    )


def queue_goal_reached(*, goal: Goal, now: datetime) -> None:
    """Tells in Telegram that a goal is reached, once for each goal, however often it is reached anew.

    A message that was dropped, as the goal was unreached again before it left, told nobody: it makes room.
    """
    user = goal.track.user
    if not user.chat_connected:
        return
    key = f"goal:{goal.pk}"
    Delivery.objects.filter(key=key, state=Delivery.State.DROPPED).delete()
    outbox.queue(
        [
            Delivery(
                key=key,
                kind=Delivery.Kind.GOAL_REACHED,
                channel=Delivery.Channel.TELEGRAM,
                user=user,
                track=goal.track,
                due_at=now,
                available_at=now,
                expires_at=now + NEWS_USEFUL_FOR,
            )
        ]
    )


@transaction.atomic
def queue_later(*, delivery: Delivery, now: datetime) -> datetime | None:
    """Asks again in half an hour, once for each message; None where the local day is over by then."""
    user, day = delivery.user, delivery.day
    if user is None or day is None:
        return None
    at = now + LATER
    end_of_day = user.clock.start(day + timedelta(days=1))
    if at >= end_of_day:
        return None
    outbox.queue(
        [
            Delivery(
                key=f"later:{delivery.pk}",
                kind=Delivery.Kind.REMINDER,
                channel=Delivery.Channel.TELEGRAM,
                user=user,
                track=delivery.track,
                reminder=delivery.reminder,
                day=day,
                due_at=at,
                available_at=at,
                expires_at=min(at + settings.DELIVERY_USEFUL_FOR, end_of_day),
            )
        ]
    )
    return at


@transaction.atomic
def ask_chat(*, user: User, chat_id: int, now: datetime) -> bool:
    """Asks a chat whether it is the user's; with no bot there is nobody to ask, and it is connected at once.

    Returns whether the chat is connected now. Raises DomainError chat_taken (console only: a chat's own
    answer tells a stranger nothing).
    """
    if not settings.TELEGRAM_BOT_TOKEN:
        user_services.connect_chat(user=user, chat_id=chat_id, confirmed=False, now=now)
        return True
    outbox.queue(
        [
            Delivery(
                key=f"ask:{user.pk}:{chat_id}:{now:%Y%m%d%H%M}",
                kind=Delivery.Kind.CHAT_CONFIRMATION,
                channel=Delivery.Channel.TELEGRAM,
                user=user,
                address=str(chat_id),
                due_at=now,
                available_at=now,
                expires_at=now + tokens.chat_link.lifetime,
            )
        ]
    )
    return False


@transaction.atomic
def connect_by_token(*, token: str, chat_id: int, now: datetime) -> User:
    """Connects the chat that brought a one-time token. Raises DomainError invalid_link, chat_taken."""
    user = tokens.chat_link.read(token, User.objects.select_for_update(no_key=True).filter(is_active=True))
    if user is None:
        raise DomainError("invalid_link", "This link is not valid, has expired or was used already.", "token")
    return user_services.connect_chat(user=user, chat_id=chat_id, confirmed=True, now=now)


@transaction.atomic
def forget(*, user: User) -> None:
    """Removes a leaving person's messages, those that know only their address as well."""
    addresses = [address for address in (user.email, user.new_email) if address]
    Delivery.objects.filter(Q(user=user) | Q(user=None, address__in=addresses)).delete()

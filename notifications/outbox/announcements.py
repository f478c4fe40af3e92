"""Queues messages about events of other apps."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from achievements.models import UserAchievement
from habits.models import Habit
from notifications.channels import registry
from notifications.channels.email import EMAIL
from notifications.models import Delivery
from notifications.outbox import archive, recipients
from notifications.outbox import services as outbox
from tracking.models import Goal, HabitTrack
from users.keys import keys_to_try
from users.models import Address, Identity, Passkey, Session, User

EVENT_LIFETIME = timedelta(days=3)
A_MINUTE, AN_HOUR = timedelta(minutes=1), timedelta(hours=1)
MAIL_LIFETIME = timedelta(days=3)  # the link in a mail is made when it is sent, so its lifetime starts then


def queue_mail(
    kind: Delivery.Kind, *, address: str, now: datetime, user: User | None = None, once_per: timedelta = A_MINUTE
) -> None:
    """Queue a mail to an address, at most one per kind, address, user and span of `once_per` (minutes or hours).

    `address`: without a user it is the lookup key of a typed address, and the mail goes to the account's own. Whether
    there is such an account is checked when the mail is sent. With a user the mail is about that account: what another
    one asked for at the same address does not replace it.
    """
    hashed = hashlib.sha256(address.encode()).hexdigest()[:32]
    span = f"{now:%Y%m%d%H%M}" if once_per < AN_HOUR else f"{now:%Y%m%d%H}"
    about = f"{user.pk}:" if user else ""
    queue_for_user(
        f"{kind}:{about}{hashed}:{span}",
        kind,
        user=user,
        at=now,
        expires_at=now + MAIL_LIFETIME,
        channel=EMAIL,
        address=address,
    )


def queue_new_device(*, user: User, session: Session, now: datetime) -> None:
    """Queue a mail about a sign-in from a new device."""
    kind = Delivery.Kind.NEW_DEVICE
    queue_mail_to_user(f"{kind}:{session.pk}", kind, user=user, now=now, subject_id=session.pk)


def queue_identity_connected(*, user: User, identity: Identity, now: datetime) -> None:
    """Queue a mail about a new way to sign in."""
    kind = Delivery.Kind.IDENTITY_CONNECTED
    queue_mail_to_user(f"{kind}:{identity.pk}", kind, user=user, now=now, subject_id=identity.pk)


def queue_passkey_added(*, user: User, passkey: Passkey, now: datetime) -> None:
    """Queue a mail about a new passkey."""
    kind = Delivery.Kind.PASSKEY_ADDED
    queue_mail_to_user(f"{kind}:{passkey.pk}", kind, user=user, now=now, subject_id=passkey.pk)


def queue_chat_connected(*, user: User, address: Address, now: datetime) -> None:
    """Queue a mail to the user that a chat was connected, one for each chat and minute."""
    kind = Delivery.Kind.CHAT_CONNECTED
    key = f"{kind}:{user.pk}:{address.channel}:{address.address}:{now:%Y%m%d%H%M}"
    queue_mail_to_user(key[:120], kind, user=user, now=now)


def queue_habit_created(*, habit: Habit, is_quiet: bool = False, now: datetime) -> None:
    """Queue a message to the habit's owner that it was created, if the owner has connected an address."""
    owner = habit.owner
    if is_quiet or owner is None or not recipients.has_address_for(owner, Delivery.Kind.HABIT_CREATED):
        return
    track = HabitTrack.objects.filter(habit=habit, user=owner).first()
    if track is None:
        return
    queue_for_user(
        f"created:{habit.pk}",
        Delivery.Kind.HABIT_CREATED,
        user=owner,
        at=now,
        expires_at=now + EVENT_LIFETIME,
        track=track,
    )


def queue_goal_reached(*, goal: Goal, now: datetime) -> None:
    """Queue a message that a goal was reached, once per goal, even if it is reached several times.

    An earlier message that was dropped (the goal was no longer reached when it was to be sent) is replaced, unless it
    may have arrived.
    """
    user = goal.track.user
    if not recipients.has_address_for(user, Delivery.Kind.GOAL_REACHED):
        return
    key = f"goal:{goal.pk}"
    Delivery.objects.filter(key=key, state=Delivery.State.DROPPED, uncertain=False).delete()
    queue_for_user(
        key,
        Delivery.Kind.GOAL_REACHED,
        user=user,
        at=now,
        expires_at=now + EVENT_LIFETIME,
        track=goal.track,
        subject_id=goal.pk,
    )


def queue_achievement(*, award: UserAchievement, now: datetime) -> None:
    """Queue a message about an achievement, once per award, even if it is withdrawn and earned again.

    An earlier message that did not arrive (the award was withdrawn, or the address was unreachable) is replaced.
    """
    if not recipients.has_address_for(award.user, Delivery.Kind.ACHIEVEMENT):
        return
    key = f"award:{award.pk}"
    unsent = [Delivery.State.DROPPED, Delivery.State.EXPIRED, Delivery.State.FAILED]
    Delivery.objects.filter(key=key, state__in=unsent, uncertain=False).delete()
    queue_for_user(
        key,
        Delivery.Kind.ACHIEVEMENT,
        user=award.user,
        at=now,
        expires_at=now + EVENT_LIFETIME,
        track=award.track,
        subject_id=award.pk,
        day=award.day,
    )


@transaction.atomic(savepoint=False)
def delete_messages(*, user: User) -> None:
    """Delete all messages of a user whose account is being deleted, including those that only have the address."""
    addresses = [address for address in (user.email_key, user.email, user.new_email) if address]
    theirs = Delivery.objects.filter(Q(user=user) | Q(user=None, address__in=addresses))
    theirs.delete()
    archive.delete_for_user(user_id=user.pk, addresses=addresses)
    theirs.delete()  # what an operator has taken back from the archive meanwhile


@transaction.atomic(savepoint=False)
def keep_with_account(*, user: User, before: str) -> None:
    """Let messages that have only the address before a change go with the account; delete those that wait for it.

    What was asked for by that address is for nobody any more, and its mail must not go there with links of the account.
    """
    addresses = [before, *keys_to_try("email", before)]
    named = Delivery.objects.filter(user=None, address__in=addresses)
    named.filter(state=Delivery.State.PENDING).delete()
    named.update(user=user)
    archive.keep_with_account(user_id=user.pk, addresses=addresses)


def queue_mail_to_user(
    key: str, kind: Delivery.Kind, *, user: User, now: datetime, address: str | None = None, **fields: Any
) -> None:
    """Queue one mail about an account. `address`: by default the one that the account has at this moment."""
    queue_for_user(
        key,
        kind,
        user=user,
        at=now,
        expires_at=now + MAIL_LIFETIME,
        channel=EMAIL,
        address=user.email if address is None else address,
        **fields,
    )


def queue_for_user(
    key: str,
    kind: Delivery.Kind,
    *,
    user: User | None,
    at: datetime,
    expires_at: datetime,
    channel: str | None = None,
    **fields: Any,
) -> None:
    """Queue one message that is due at `at`. `channel`: by default the preferred one."""
    outbox.queue(
        [
            Delivery(
                key=key,
                kind=kind,
                channel=channel or registry.preferred().name,
                user=user,
                due_at=at,
                available_at=at,
                expires_at=expires_at,
                **fields,
            )
        ]
    )

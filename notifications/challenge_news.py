"""What becomes of a challenge as messages to its members: a batch of them in one statement."""

from collections.abc import Iterable
from datetime import datetime

from community.models import Challenge, ChallengeMember
from notifications import outbox
from notifications.models import Delivery
from notifications.services import NEWS_USEFUL_FOR


def queue(kind: Delivery.Kind, *, challenge: Challenge, members: Iterable[ChallengeMember], now: datetime) -> None:
    """Tells members in Telegram that a challenge ended, or was cancelled; without a chat there is nobody to tell."""
    outbox.queue(
        Delivery(
            key=f"challenge:{challenge.pk}:{member.user_id}",
            kind=kind,
            channel=Delivery.Channel.TELEGRAM,
            user=member.user,
            due_at=now,
            available_at=now,
            expires_at=now + NEWS_USEFUL_FOR,
        )
        for member in members
        if member.user.chat_connected
    )


def member_told(delivery: Delivery) -> ChallengeMember | None:
    """Whom such a message tells of which challenge; None where they left it."""
    _, challenge_id, user_id = delivery.key.split(":")
    members = ChallengeMember.objects.select_related("challenge")
    return members.filter(challenge=int(challenge_id), user=int(user_id)).first()

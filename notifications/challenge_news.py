"""What becomes of a challenge as messages to its members: a batch of them in one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from community.models import Challenge, ChallengeMember
from notifications import outbox, restored
from notifications.models import Delivery
from notifications.services import NEWS_USEFUL_FOR

BATCH = 500
KINDS = {Delivery.Kind.CHALLENGE_ENDED, Delivery.Kind.CHALLENGE_CANCELLED}


def queue(kind: Delivery.Kind, *, challenge: Challenge, members: Iterable[ChallengeMember], now: datetime) -> None:
    """Tell members in Telegram that a challenge ended, or was cancelled; without a chat there is nobody to tell.

    Of one that was over before a backup was restored they may have been told: that is uncertain from the start.
    """
    over, until = challenge.cancelled_at or challenge.ends_at, restored.installation().uncertain_until
    uncertain = until is not None and over <= until
    outbox.queue(
        Delivery(
            key=_key(challenge.pk, member.user_id),
            kind=kind,
            channel=Delivery.Channel.TELEGRAM,
            user=member.user,
            due_at=now,
            available_at=now,
            expires_at=now + NEWS_USEFUL_FOR,
            uncertain=uncertain,
        )
        for member in members
        if member.user.chat_connected
    )


def take_back(*, challenge: Challenge) -> None:
    """Have members be told again at the end; what was told too early and is not sent yet is dropped."""
    people = list(challenge.members.order_by("pk").values_list("user", flat=True))
    for start in range(0, len(people), BATCH):
        keys = [_key(challenge.pk, user) for user in people[start : start + BATCH]]
        outbox.release_keys(Delivery.objects.filter(key__in=keys), reason="ended too early, by a clock ahead")


@dataclass(frozen=True, slots=True)
class Ending:
    """A member of a challenge that ended or was cancelled, and how many members have a rank."""

    member: ChallengeMember
    ranked: int


def endings(deliveries: Iterable[Delivery]) -> dict[str, Ending]:
    """Return what such messages tell, by their keys, without those who left; two queries."""
    told = {each.key: _about(each) for each in deliveries if each.kind in KINDS}
    challenges = {challenge for challenge, _ in told.values()}
    members = ChallengeMember.objects.select_related("challenge").filter(
        challenge__in=challenges, user__in={user for _, user in told.values()}
    )
    ranks = ChallengeMember.objects.filter(challenge__in=challenges, rank__isnull=False).order_by()
    ranked = dict(ranks.values_list("challenge").annotate(Count("pk")))
    found = {(member.challenge_id, member.user_id): member for member in members}
    return {key: Ending(found[about], ranked.get(about[0], 0)) for key, about in told.items() if about in found}


def _key(challenge_id: int, user_id: int) -> str:
    return f"challenge:{challenge_id}:{user_id}"


def _about(delivery: Delivery) -> tuple[int, int]:
    """Return the ids of the challenge and of the person."""
    _, challenge_id, user_id, *_ = delivery.key.split(":")
    return int(challenge_id), int(user_id)

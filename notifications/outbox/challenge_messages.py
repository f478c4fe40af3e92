"""Messages to the members of a challenge that ended or was cancelled."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, prefetch_related_objects

from community.models import Challenge, ChallengeMember
from notifications.channels import registry
from notifications.models import Delivery
from notifications.outbox import recipients, restore_detection
from notifications.outbox import services as outbox
from notifications.outbox.announcements import EVENT_LIFETIME

BATCH = 500
KINDS = {Delivery.Kind.CHALLENGE_ENDED, Delivery.Kind.CHALLENGE_CANCELLED}


def queue(kind: Delivery.Kind, *, challenge: Challenge, members: Iterable[ChallengeMember], now: datetime) -> None:
    """Queue a message to each member with a connected address, in one statement.

    If the challenge was over before a backup was restored, members may have received the message already: it is queued
    as uncertain.
    """
    ended_at = challenge.cancelled_at or challenge.ends_at
    uncertain_until = restore_detection.installation().uncertain_until
    uncertain = uncertain_until is not None and ended_at <= uncertain_until
    members = list(members)
    prefetch_related_objects(members, "user__addresses")
    outbox.queue(
        Delivery(
            key=_key(challenge.pk, member.user_id),
            kind=kind,
            channel=registry.preferred().name,
            user=member.user,
            subject_id=challenge.pk,
            due_at=now,
            available_at=now,
            expires_at=now + EVENT_LIFETIME,
            uncertain=uncertain,
        )
        for member in members
        if recipients.has_address_for(member.user, kind)
    )


def withdraw(*, challenge: Challenge) -> None:
    """Drop unsent messages of a challenge that was reopened, and allow new ones when it ends again."""
    user_ids = list(challenge.members.order_by("pk").values_list("user", flat=True))
    for start in range(0, len(user_ids), BATCH):
        keys = [_key(challenge.pk, user_id) for user_id in user_ids[start : start + BATCH]]
        outbox.drop_and_free_keys(
            Delivery.objects.filter(key__in=keys), reason="the challenge ended too early: the clock ran ahead"
        )


@dataclass(frozen=True, slots=True)
class ChallengeResult:
    """A member of a challenge that ended or was cancelled, and how many of its members have a rank."""

    member: ChallengeMember
    ranked: int


def load_results(deliveries: Iterable[Delivery]) -> dict[int, ChallengeResult]:
    """Return the results by the ids of their deliveries, without members who left. Two queries, or none without such."""
    of_challenges = [each for each in deliveries if each.kind in KINDS]
    if not of_challenges:
        return {}
    challenges = {each.subject_id for each in of_challenges}
    members = ChallengeMember.objects.select_related("challenge").filter(
        challenge__in=challenges, user__in={each.user_id for each in of_challenges}
    )
    ranks = ChallengeMember.objects.filter(challenge__in=challenges, rank__isnull=False).order_by()
    ranked = dict(ranks.values_list("challenge").annotate(Count("pk")))
    found = {(member.challenge_id, member.user_id): member for member in members}
    results = {each.pk: found.get((each.subject_id or 0, each.user_id or 0)) for each in of_challenges}
    return {pk: ChallengeResult(member, ranked.get(member.challenge_id, 0)) for pk, member in results.items() if member}


def _key(challenge_id: int, user_id: int) -> str:
    return f"challenge:{challenge_id}:{user_id}"

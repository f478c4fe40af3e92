"""What weekly digests tell: the weeks of many people, read together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications import trend_picture
from notifications.digest_times import told
from notifications.models import Delivery, Digest
from tracking import drawing
from tracking.pictures import Trend
from tracking.summary import Summary, SummaryRequest, summaries


@dataclass(frozen=True, slots=True)
class Week:
    """What a digest tells; no trend where there is nothing to draw yet."""

    summary: Summary
    trend: Trend | None


def weeks(deliveries: Sequence[Delivery], *, now: datetime) -> dict[int, Week]:
    """Return what digests tell that people have still turned on, by the deliveries' ids.

    A fixed number of queries, but where somebody has several.
    """
    digests = [each for each in deliveries if each.kind == Delivery.Kind.DIGEST]
    mine = [each for each in digests if each.day and each.user and each.user.is_active]
    on = set(Digest.objects.filter(user__in={each.user_id for each in mine}, is_on=True).values_list("user", flat=True))
    found: dict[int, Week] = {}
    for batch in _one_a_person([each for each in mine if each.user_id in on]):
        found |= _weeks(batch, now)
    return found


def _weeks(deliveries: Sequence[Delivery], now: datetime) -> dict[int, Week]:
    asked = []
    for delivery in deliveries:
        user, day = delivery.user, delivery.day
        assert user is not None and day is not None
        asked.append(SummaryRequest(user, *told(day, delivery.due_at.astimezone(user.tzinfo).hour)))
    read = summaries(asked, now=now)
    drawn = [(each, summary) for each, summary in zip(asked, read, strict=True) if summary.habits]
    trends = drawing.trends([trend_picture.wanted(summary, each.user) for each, summary in drawn], now=now)
    pictures = {each.user.pk: trend for (each, _), trend in zip(drawn, trends, strict=True) if trend.bars}
    return {
        delivery.pk: Week(summary, pictures.get(each.user.pk))
        for delivery, each, summary in zip(deliveries, asked, read, strict=True)
    }


def _one_a_person(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Yield the deliveries in batches in each of which everybody has one at most."""
    left = list(deliveries)
    while left:
        batch = {each.user_id: each for each in reversed(left)}
        yield list(batch.values())
        left = [each for each in left if batch[each.user_id] is not each]

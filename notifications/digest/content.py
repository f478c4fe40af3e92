"""Loads the content of weekly digests, for many users at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.digest import trend_picture
from notifications.digest.rules import covered_days
from notifications.models import Delivery, Digest
from tracking.insights.summary import Summary, SummaryRequest, summaries
from tracking.pictures import drawing
from tracking.pictures.geometry import Trend


@dataclass(frozen=True, slots=True)
class WeekContent:
    """The content of one digest; `trend` is None if there is nothing to draw yet."""

    summary: Summary
    trend: Trend | None


def load_weeks(deliveries: Sequence[Delivery], *, now: datetime) -> dict[int, WeekContent]:
    """Return the content of digests by delivery id, without users who turned the digest off.

    The number of queries is fixed (none without digests), unless a user has several digests in the batch.
    """
    digests = [each for each in deliveries if each.kind == Delivery.Kind.DIGEST]
    candidates = [each for each in digests if each.day and each.user and each.user.is_active]
    if not candidates:
        return {}
    on = set(
        Digest.objects.filter(user__in={each.user_id for each in candidates}, is_on=True).values_list("user", flat=True)
    )
    content: dict[int, WeekContent] = {}
    for batch in _one_per_user([each for each in candidates if each.user_id in on]):
        content |= _load_weeks(batch, now)
    return content


def _load_weeks(deliveries: Sequence[Delivery], now: datetime) -> dict[int, WeekContent]:
    requests = []
    for delivery in deliveries:
        user, day = delivery.user, delivery.day
        assert user is not None and day is not None
        requests.append(SummaryRequest(user, *covered_days(day, delivery.due_at.astimezone(user.tzinfo).hour)))
    loaded = summaries(requests, now=now)
    drawn = [(each, summary) for each, summary in zip(requests, loaded, strict=True) if summary.habits]
    trends = drawing.trends([trend_picture.trend_request(summary, each.user) for each, summary in drawn], now=now)
    pictures = {each.user.pk: trend for (each, _), trend in zip(drawn, trends, strict=True) if trend.bars}
    return {
        delivery.pk: WeekContent(summary, pictures.get(each.user.pk))
        for delivery, each, summary in zip(deliveries, requests, loaded, strict=True)
    }


def _one_per_user(deliveries: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Yield the deliveries in batches with at most one per user: `summaries` takes one request per user."""
    left = list(deliveries)
    while left:
        batch = {each.user_id: each for each in reversed(left)}
        yield list(batch.values())
        left = [each for each in left if batch[each.user_id] is not each]

"""Reads of webhooks."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from integrations.changes import queries as changes
from integrations.models import Change, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import rules
from users.models import User

PENDING = WebhookDelivery.State.PENDING


def endpoints_of(user: User) -> QuerySet[WebhookEndpoint]:
    """Return the user's endpoints, newest first: also those to which nothing is sent now."""
    return WebhookEndpoint.objects.filter(user=user, ended_at=None).order_by("-pk")


def endpoints_to_tell(user: User) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints that are told of what happens to a user: those that are theirs and on."""
    return WebhookEndpoint.objects.filter(user=user, ended_at=None, off_at=None).order_by("pk")


def attempts_of(endpoint: WebhookEndpoint, *, now: datetime) -> QuerySet[WebhookAttempt]:
    """Return the attempts of ATTEMPTS_KEPT_FOR to call an endpoint, newest first, with `change_uid` and `change_type`.

    The webhook is in the outbox or in the archive. Attempts of a change that is deleted are left out.
    """
    kept = WebhookAttempt.objects.filter(endpoint=endpoint, at__gte=now - rules.ATTEMPTS_KEPT_FOR)
    queued = Change.objects.filter(deliveries=OuterRef("delivery_id"))
    archived = Change.objects.filter(archived_deliveries=OuterRef("delivery_id"))
    found = kept.annotate(
        change_uid=Coalesce(Subquery(queued.values("uid")[:1]), Subquery(archived.values("uid")[:1])),
        change_type=Coalesce(Subquery(queued.values("type")[:1]), Subquery(archived.values("type")[:1])),
    )
    return found.filter(change_uid__isnull=False).order_by("-pk")


def changes_for(endpoint: WebhookEndpoint, *, since: datetime) -> QuerySet[Change]:
    """Return the numbered changes since an instant that the endpoint wants, in order."""
    wanted = Change.objects.filter(user=endpoint.user_id, sequence__isnull=False, type__in=endpoint.events)
    return wanted.filter(occurred_at__gte=since).order_by("sequence")


def ready(*, now: datetime) -> QuerySet[WebhookDelivery]:
    """Return the webhooks that could be sent at `now`, as far as they themselves say."""
    return WebhookDelivery.objects.filter(state=PENDING, lease=None, available_at__lte=now)


def endpoints_to_serve(*, now: datetime) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints for which something can be sent at `now`, those that have waited longest first."""
    open_ones = Q(hold_until=None) | Q(hold_until__lte=now)
    has_ready = Exists(ready(now=now).filter(endpoint=OuterRef("pk"), change__sequence__isnull=False))
    return WebhookEndpoint.objects.filter(open_ones, has_ready, ended_at=None, off_at=None)


def failing(*, now: datetime) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints with nothing but failures for so long that their user is to be told, or they are turned off."""
    live = WebhookEndpoint.objects.filter(ended_at=None, off_at=None)
    untold = Q(warned_at=None, failing_since__lte=now - rules.WARN_AFTER)
    return live.filter(untold | Q(failing_since__lte=now - rules.OFF_AFTER)).order_by("failing_since", "pk")


def lag(*, now: datetime) -> timedelta:
    """Return for how long the oldest thing that should have been told has been waiting; zero if nothing waits.

    What waits for an endpoint's own sake (a retry, a breaker) is left out.
    """
    waiting = ready(now=now).filter(
        Q(endpoint__hold_until=None) | Q(endpoint__hold_until__lte=now), endpoint__ended_at=None, endpoint__off_at=None
    )
    oldest = waiting.order_by("available_at").values_list("available_at", flat=True).first()
    leased = WebhookDelivery.objects.filter(state=PENDING, lease__isnull=False).order_by("lease_until")
    expired = leased.filter(lease_until__lt=now).values_list("lease_until", flat=True).first()
    found = [at for at in (oldest, expired, changes.oldest_untold_at(now=now)) if at]
    return max(now - min(found), timedelta(0)) if found else timedelta(0)


@dataclass(frozen=True, slots=True)
class WebhookStats:
    """Figures for the metrics page."""

    lag: timedelta
    pending: int
    endpoints: dict[str, int]  # by whether they work


def stats(*, now: datetime) -> WebhookStats:
    """Return the figures, with a fixed number of statements."""
    live = WebhookEndpoint.objects.filter(ended_at=None)
    return WebhookStats(
        lag=lag(now=now),
        pending=WebhookDelivery.objects.filter(state=PENDING).count(),
        endpoints={
            "working": live.filter(off_at=None, failing_since=None).count(),
            "failing": live.filter(off_at=None, failing_since__isnull=False).count(),
            "off": live.filter(off_at__isnull=False).count(),
        },
    )


def next_at(*, now: datetime) -> datetime | None:
    """Return when the next webhook that waits for a retry or a breaker can be sent; None: none waits."""
    live = WebhookDelivery.objects.filter(state=PENDING, lease=None, endpoint__ended_at=None, endpoint__off_at=None)
    retry = live.filter(available_at__gt=now).order_by("available_at").values_list("available_at", flat=True).first()
    held = WebhookEndpoint.objects.filter(Exists(ready(now=now).filter(endpoint=OuterRef("pk"))), hold_until__gt=now)
    open_at = (
        held.filter(ended_at=None, off_at=None).order_by("hold_until").values_list("hold_until", flat=True).first()
    )
    return min((at for at in (retry, open_at) if at), default=None)

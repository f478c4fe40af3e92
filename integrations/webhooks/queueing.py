"""Queues webhooks: which endpoints get which changes."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from common import clock
from integrations.feed import services as feed
from integrations.models import Change, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import queries
from users.models import User


def queue_for_endpoints(user: User, changes: Sequence[Change]) -> None:
    """Queue changes that were just numbered for the user's endpoints that want them, in the running transaction.

    They are also shared with the partners that may see them, whose endpoints get them once they are numbered there.
    """
    feed.share(user, changes)
    endpoints = list(queries.endpoints_to_tell(user))
    if endpoints:
        wanted = [(endpoint, each) for each in changes for endpoint in endpoints if each.type in endpoint.events]
        queue(wanted, now=clock.now())


def queue(wanted: Iterable[tuple[WebhookEndpoint, Change]], *, now: datetime) -> None:
    """Queue changes for endpoints; what is queued already is left as it is."""
    WebhookDelivery.objects.bulk_create(
        (
            WebhookDelivery(endpoint=endpoint, change=change, due_at=now, available_at=now)
            for endpoint, change in wanted
        ),
        ignore_conflicts=True,
        batch_size=500,
    )

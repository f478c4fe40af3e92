"""The archive of webhooks: those that programs took some days ago.

Webhooks that failed stay in the outbox: they are sent when their endpoint is turned on again. One that is replayed comes
back from the archive.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from common.archiving import columns_of, move_rows
from common.partitions import Partitioned
from integrations.models import ArchivedWebhook, Change, WebhookAttempt, WebhookDelivery, WebhookEndpoint

AFTER = timedelta(days=3)
BATCH = 1000
ARCHIVE = Partitioned(ArchivedWebhook, "due_at")
ATTEMPTS = Partitioned(WebhookAttempt, "at")
_COLUMNS = columns_of(ArchivedWebhook)


@transaction.atomic
def archive(*, before: datetime, after_id: int = 0) -> int | None:
    """Move one batch of webhooks that were taken before an instant, in the order of ids, starting after `after_id`.

    Return the last id that was looked at; None: the rest is younger.
    """
    rows = WebhookDelivery.objects.filter(pk__gt=after_id).order_by("pk")
    batch = list(rows.values_list("pk", "due_at", "sent_at", "state")[:BATCH])
    taken = [
        pk
        for pk, due_at, sent_at, state in batch
        if state == WebhookDelivery.State.SENT and max(due_at, sent_at or due_at) < before
    ]
    move_rows(taken, WebhookDelivery, ArchivedWebhook, columns=_COLUMNS, condition="moving.state = 'sent'")
    # An old one that is replayed is young again, so one young row is not the end.
    has_more = len(batch) == BATCH and any(due_at < before for _, due_at, _, _ in batch)
    return batch[-1][0] if has_more else None


def take_back(endpoint: WebhookEndpoint, changes: QuerySet[Change]) -> None:
    """Move the webhooks of these changes to an endpoint back into the outbox. The caller has locked the endpoint."""
    own = ArchivedWebhook.objects.filter(endpoint=endpoint, change__in=changes.order_by().values("pk"))
    ids = list(own.values_list("pk", flat=True))
    queued = (
        "NOT EXISTS (SELECT 1 FROM integrations_webhookdelivery AS queued "
        "WHERE queued.endpoint_id = moving.endpoint_id AND queued.change_id = moving.change_id)"
    )
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        move_rows(part, ArchivedWebhook, WebhookDelivery, columns=_COLUMNS, condition=queued)

"""The services that write endpoints: making, changing, rotating, replaying, turning on and ending them.

A key may do to an endpoint only what it could read by itself: an endpoint gets what its types of changes say, wherever its
address leads. `reach`: the scopes of the key that asks; None for a signed-in person.
"""

import base64
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from common.edits import apply_edit
from common.errors import DomainError
from common.names import check_title
from common.outbound.addresses import check_url
from common.wake import wake
from integrations.changes import services as changes
from integrations.changes.rules import KEPT_FOR, ChangeType, scope_of
from integrations.models import ArchivedWebhook, Change, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import archive, notices, outbox, queries, queueing, rules
from notifications.models import Delivery
from users import access
from users.access import AccessItem
from users.models import User
from users.scopes import Scope

MARGIN = timedelta(hours=1)  # by which changes may have been numbered after they happened
BATCH = 500
State = WebhookDelivery.State


class EndpointEdit(TypedDict, total=False):
    """What a user may change of an endpoint."""

    name: str
    url: str
    events: list[str]


class BeyondTheKey(Exception):
    """A key asks for an endpoint that gets more than the key can read. `scope`: the first that it lacks."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope.value)
        self.scope = scope


@dataclass(frozen=True, slots=True)
class EndpointWithSecret:
    """An endpoint, and its secret, which is shown once."""

    endpoint: WebhookEndpoint
    secret: str


def create(
    *, user: User, name: str, url: str, events: Sequence[str], reach: Collection[Scope] | None = None, now: datetime
) -> EndpointWithSecret:
    """Create an endpoint, which gets what happens from now on.

    Raises DomainError invisible_character, too_many_webhooks, and those of check_url; BeyondTheKey, and
    AuthenticationFailed as access.lock_owner does.
    """
    check_title(name)
    _check_url(url)
    _check_reach(events, reach)
    changes.start_recording(user=user, now=now)  # before: an endpoint of which nothing is recorded would be silent
    with transaction.atomic():
        locked = access.lock_owner(user)
        if queries.endpoints_of(locked).count() >= rules.MAX_ENDPOINTS:
            message = f"You already have {rules.MAX_ENDPOINTS} webhooks. Delete one first."
            raise DomainError("too_many_webhooks", message)
        changes.number(user_id=locked.pk, queue=queueing.queue_for_endpoints)  # what happened before is not for it
        endpoint = WebhookEndpoint.objects.create(
            user=locked, name=name, url=url, events=_ordered(events), signing_secret=_new_secret(), created_at=now
        )
    return EndpointWithSecret(endpoint, endpoint.signing_secret)


@transaction.atomic
def edit(
    *,
    user: User,
    endpoint_id: int,
    reach: Collection[Scope] | None = None,
    now: datetime,
    **given: Unpack[EndpointEdit],
) -> WebhookEndpoint:
    """Change an endpoint. A new address starts without the failures of the old one.

    Raises WebhookEndpoint.DoesNotExist, BeyondTheKey, DomainError invisible_character and those of check_url.
    """
    endpoint = _locked(user, endpoint_id, reach)
    if "name" in given:
        check_title(given["name"])
    if "url" in given:
        _check_url(given["url"])
    if "events" in given:
        _check_reach(given["events"], reach)
        given["events"] = _ordered(given["events"])
    url_before = endpoint.url
    apply_edit(endpoint, given, fields=EndpointEdit)
    if endpoint.url != url_before:
        _forget_failures(endpoint)
        outbox.resume(endpoint, now=now)
    endpoint.save()
    return endpoint


@transaction.atomic
def rotate(
    *, user: User, endpoint_id: int, reach: Collection[Scope] | None = None, now: datetime
) -> EndpointWithSecret:
    """Give an endpoint a new secret. The old one signs as well for ROTATION longer.

    Raises WebhookEndpoint.DoesNotExist, BeyondTheKey.
    """
    endpoint = _locked(user, endpoint_id, reach)
    endpoint.previous_secret, endpoint.previous_until = endpoint.signing_secret, now + rules.ROTATION
    endpoint.signing_secret = _new_secret()
    endpoint.save(update_fields=["signing_secret", "previous_secret", "previous_until"])
    return EndpointWithSecret(endpoint, endpoint.signing_secret)


@transaction.atomic
def end(*, user: User, endpoint_id: int, now: datetime) -> None:
    """End an endpoint for good: nothing more is sent to it. Raises WebhookEndpoint.DoesNotExist."""
    _locked(user, endpoint_id, None)
    WebhookEndpoint.objects.filter(pk=endpoint_id).update(ended_at=now)


@transaction.atomic
def send_test(*, user: User, endpoint_id: int, now: datetime) -> Change:
    """Queue a test webhook for one endpoint, and return its change.

    Raises WebhookEndpoint.DoesNotExist, DomainError webhook_off.
    """
    endpoint = _locked(user, endpoint_id, None)
    _check_on(endpoint)
    data = {"webhook": {"id": endpoint.pk, "name": endpoint.name}}
    change = Change.objects.create(user=user, type=ChangeType.WEBHOOK_TEST, occurred_at=now, data=data)
    queueing.queue([(endpoint, change)], now=now)
    wake(changes.SEND_TASK)
    return change


@transaction.atomic
def replay(
    *,
    user: User,
    endpoint_id: int,
    since: datetime | None = None,
    event: UUID | None = None,
    reach: Collection[Scope] | None = None,
    now: datetime,
) -> int:
    """Send again what happened since an instant, or one event; return how many webhooks were queued.

    Those that wait to be sent anyway are not counted. Raises WebhookEndpoint.DoesNotExist, BeyondTheKey, DomainError
    webhook_off, required, no_such_event.
    """
    endpoint = _locked(user, endpoint_id, reach)
    _check_on(endpoint)
    if (since is None) == (event is None):
        raise DomainError("required", "Give either since or event.", "since")
    wanted = queries.changes_for(endpoint, since=since or endpoint.created_at - timedelta(days=3650))
    if event is not None:
        wanted = wanted.filter(uid=event)
        if not wanted.exists():
            raise DomainError("no_such_event", "There is no such event for this webhook, or it is not kept.", "event")
    archive.take_back(endpoint, wanted)
    finished = WebhookDelivery.objects.filter(endpoint=endpoint, change__in=wanted.values("pk"))
    count = _requeue(finished.exclude(state=State.PENDING), now=now) + _queue_missing(endpoint, wanted, now=now)
    wake(changes.SEND_TASK)
    return count


@transaction.atomic
def enable(*, user: User, endpoint_id: int, reach: Collection[Scope] | None = None, now: datetime) -> int:
    """Turn an endpoint on again and queue what it missed; return how many webhooks wait for it now.

    That is what happened while it was off, what failed for good, and what still waited. One that is on is tried at once.
    Raises WebhookEndpoint.DoesNotExist, BeyondTheKey.
    """
    endpoint = _locked(user, endpoint_id, reach)
    off_at = endpoint.off_at
    _forget_failures(endpoint)
    endpoint.off_at, endpoint.off_reason = None, ""
    endpoint.save()
    own = WebhookDelivery.objects.filter(endpoint=endpoint)
    _requeue(own.filter(state=State.FAILED), now=now)
    own.filter(state=State.PENDING, lease=None).update(attempts=0, available_at=now, postponed_at=now, due_at=now)
    if off_at is not None:
        missed = queries.changes_for(endpoint, since=max(off_at - MARGIN, endpoint.created_at))
        _queue_missing(endpoint, missed, now=now)
    wake(changes.SEND_TASK)
    return own.filter(state=State.PENDING).count()


def tell_of_failing(*, now: datetime, may_go_on: Callable[[], bool]) -> None:
    """Tell users of endpoints that have failed for WARN_AFTER, and turn off those that have for OFF_AFTER."""
    for endpoint_id in list(queries.failing(now=now).values_list("pk", flat=True)[:BATCH]):
        if not may_go_on():
            return
        with transaction.atomic():
            rows = queries.failing(now=now).select_for_update(no_key=True, skip_locked=True, of=("self",))
            endpoint = rows.select_related("user").filter(pk=endpoint_id).first()
            if endpoint is None or endpoint.failing_since is None:
                continue  # another worker has told it, or it works again
            if now - endpoint.failing_since >= rules.OFF_AFTER:
                outbox.turn_off(endpoint, WebhookEndpoint.Off.FAILING, now=now)
            else:
                endpoint.warned_at = now
                endpoint.save(update_fields=["warned_at"])
                notices.queue(Delivery.Kind.WEBHOOK_FAILING, endpoint, now=now)


@transaction.atomic(savepoint=False)
def end_access(*, user: User, now: datetime) -> None:
    """End every endpoint of a user whose access ends: a stolen session may have made any of them."""
    WebhookEndpoint.objects.filter(user=user, ended_at=None).update(ended_at=now)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete all endpoints of a user whose account is being deleted, with what was sent to them."""
    _delete_endpoints(WebhookEndpoint.objects.filter(user=user))


def list_access(*, user: User) -> list[AccessItem]:
    """Return the user's endpoints, for the list of what has access to the account."""
    found = queries.endpoints_of(user)
    return [AccessItem(kind="webhook", id=each.pk, name=each.name, created_at=each.created_at) for each in found]


def forget_old(*, now: datetime, may_go_on: Callable[[], bool]) -> bool:
    """Move webhooks that were taken into the archive, and delete what is over, in batches; return whether all is done.

    Over are attempts older than ATTEMPTS_KEPT_FOR, archived webhooks of changes that are deleted, and ended endpoints.
    """
    archive.ARCHIVE.maintain(now=now, drop_before=now - KEPT_FOR)
    archive.ATTEMPTS.maintain(now=now, drop_before=now - rules.ATTEMPTS_KEPT_FOR)
    last_id: int | None = 0
    while last_id is not None:
        if not may_go_on():
            return False
        last_id = archive.archive(before=now - archive.AFTER, after_id=last_id)
    for table, kept_for in ((archive.ARCHIVE, KEPT_FOR), (archive.ATTEMPTS, rules.ATTEMPTS_KEPT_FOR)):
        while table.delete_loose(before=now - kept_for):
            if not may_go_on():
                return False
    old: list[QuerySet[Any]] = [
        WebhookDelivery.objects.filter(endpoint__ended_at__lt=now - rules.ENDED_KEPT_FOR).order_by("pk"),
        ArchivedWebhook.objects.filter(endpoint__ended_at__lt=now - rules.ENDED_KEPT_FOR).order_by("pk"),
    ]
    for rows in old:
        while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
            if not may_go_on():
                return False
            rows.model._default_manager.filter(pk__in=ids).delete()
    ended = WebhookEndpoint.objects.filter(ended_at__lt=now - rules.ENDED_KEPT_FOR).order_by("pk")
    while ids := list(ended.values_list("pk", flat=True)[:BATCH]):
        if not may_go_on():
            return False
        _delete_endpoints(WebhookEndpoint.objects.filter(pk__in=ids))
    return True


@transaction.atomic(savepoint=False)
def _delete_endpoints(endpoints: QuerySet[WebhookEndpoint]) -> None:
    """Delete endpoints, and what was sent to them, in whichever table it arrives meanwhile.

    Whoever records an attempt or takes webhooks back from the archive has locked the endpoint. Deleting from the outbox
    waits for rows that are just being moved, which the next statement finds in the archive.
    """
    ids = list(endpoints.order_by("pk").select_for_update().values_list("pk", flat=True))
    WebhookDelivery.objects.filter(endpoint__in=ids).delete()
    ArchivedWebhook.objects.filter(endpoint__in=ids).delete()
    WebhookEndpoint.objects.filter(pk__in=ids).delete()


def _locked(user: User, endpoint_id: int, reach: Collection[Scope] | None) -> WebhookEndpoint:
    endpoint = queries.endpoints_of(user).select_for_update(no_key=True, of=("self",)).get(pk=endpoint_id)
    _check_reach(endpoint.events, reach)
    return endpoint


def _check_reach(events: Sequence[str], reach: Collection[Scope] | None) -> None:
    for each in events if reach is not None else []:
        if (scope := scope_of(ChangeType(each))) not in (reach or ()):
            raise BeyondTheKey(scope)


def _check_url(url: str) -> None:
    check_url(url, allows_http=bool(settings.WEBHOOK_ALLOWED_NETWORKS))


def _check_on(endpoint: WebhookEndpoint) -> None:
    if endpoint.off_at is not None:
        raise DomainError("webhook_off", "This webhook is turned off. Turn it on first: that sends what it missed.")


def _ordered(events: Sequence[str]) -> list[str]:
    return [each.value for each in ChangeType if each in events]


def _forget_failures(endpoint: WebhookEndpoint) -> None:
    endpoint.failures, endpoint.failing_since, endpoint.warned_at, endpoint.hold_until = 0, None, None, None


def _requeue(finished: QuerySet[WebhookDelivery], *, now: datetime) -> int:
    return finished.update(
        state=State.PENDING, reason="", due_at=now, available_at=now, postponed_at=now, attempts=0, expired_leases=0
    )


def _queue_missing(endpoint: WebhookEndpoint, wanted: QuerySet[Change], *, now: datetime) -> int:
    missing = list(wanted.exclude(deliveries__endpoint=endpoint).exclude(archived_deliveries__endpoint=endpoint))
    queueing.queue([(endpoint, change) for change in missing], now=now)
    return len(missing)


def _new_secret() -> str:
    return rules.WHSEC + base64.b64encode(secrets.token_bytes(rules.SECRET_BYTES)).decode()

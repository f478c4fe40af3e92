"""The mails about an endpoint that fails, so that nothing stops in silence."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import WebhookEndpoint
from integrations.webhooks import rules
from notifications.channels.email import EMAIL
from notifications.channels.transport import Message
from notifications.models import Delivery
from notifications.outbox import announcements
from notifications.outbox.messages import format_day
from notifications.outbox.subjects import DoNotSend, SubjectKind
from users.models import User


def queue(kind: Delivery.Kind, endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Queue the mail, once for each time that it begins to fail or is turned off."""
    announcements.queue_for_user(
        f"{kind}:{endpoint.pk}:{now:%Y%m%d%H%M%S}",
        kind,
        user=endpoint.user,
        at=now,
        expires_at=now + announcements.MAIL_LIFETIME,
        channel=EMAIL,
        address=endpoint.user.email,
        subject_id=endpoint.pk,
    )


def _load(ids: Collection[int]) -> Mapping[int, WebhookEndpoint]:
    return WebhookEndpoint.objects.in_bulk(list(ids))


def _compose(delivery: Delivery, user: User, endpoint: WebhookEndpoint) -> Message:
    if endpoint.ended_at is not None:
        raise DoNotSend("the endpoint was deleted")
    name = {"name": endpoint.name}
    if delivery.kind == Delivery.Kind.WEBHOOK_FAILING:
        if endpoint.failing_since is None:
            raise DoNotSend("the endpoint works again")
        since = endpoint.failing_since.astimezone(user.tzinfo)
        lines = [
            _("Your program “%(name)s” has not taken a webhook since %(day)s at %(time)s.")
            % {**name, "day": format_day(since.date()), "time": f"{since:%H:%M}"},
            _("It is still tried. What could not be told is kept, and sent once the program answers again."),
            ngettext(
                "If it keeps failing for %(days)d day in all, it is turned off, and you are told.",
                "If it keeps failing for %(days)d days in all, it is turned off, and you are told.",
                rules.OFF_AFTER.days,
            )
            % {"days": rules.OFF_AFTER.days},
        ]
        return Message("\n\n".join(lines), subject=_("A webhook fails: %(name)s") % name)
    if endpoint.off_at is None:
        raise DoNotSend("the endpoint is on again")
    gone = endpoint.off_reason == WebhookEndpoint.Off.GONE
    lines = [
        _("Your program “%(name)s” answered that it is gone (410). Nothing more is sent to it.") % name
        if gone
        else _("Your program “%(name)s” has failed for days. Nothing more is sent to it.") % name,
        _("Turn it on again under webhooks/: what it missed is then sent, as far as it is kept."),
    ]
    return Message("\n\n".join(lines), subject=_("A webhook is turned off: %(name)s") % name)


KIND = SubjectKind(load=_load, compose=_compose)

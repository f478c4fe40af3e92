"""The mails about an endpoint that fails, so that nothing stops in silence."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import Partner, WebhookEndpoint
from integrations.partners import queries as partners
from integrations.webhooks import rules
from notifications.channels.transport import Message
from notifications.models import Delivery
from notifications.outbox import announcements
from notifications.outbox.messages import format_day
from notifications.outbox.subjects import DoNotSend, SubjectKind
from users.models import User


def queue(kind: Delivery.Kind, endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """Queue the mail, once for each time that it begins to fail or is turned off.

    The contact of a partner is told of its endpoint. A partner without one cannot be told: staff are.
    """
    for user, address in _told(endpoint):
        key = f"{kind}:{endpoint.pk}:{now:%Y%m%d%H%M%S}:{user.pk}"
        announcements.queue_mail_to_user(key, kind, user=user, now=now, address=address, subject_id=endpoint.pk)


def _told(endpoint: WebhookEndpoint) -> list[tuple[User, str]]:
    """Return who is told, and at which address."""
    partner = partners.partner_behind(endpoint.user)
    if partner is None:
        return [(endpoint.user, endpoint.user.email)]
    if partner.contact_email:
        return [(endpoint.user, partner.contact_email)]
    return [(each, each.email) for each in partners.staff_for_partners()]


def _load(ids: Collection[int]) -> Mapping[int, WebhookEndpoint]:
    return WebhookEndpoint.objects.select_related("user__partner").in_bulk(list(ids))


def _compose(delivery: Delivery, user: User, endpoint: WebhookEndpoint) -> Message:
    if endpoint.ended_at is not None:
        raise DoNotSend("the endpoint was deleted")
    partner = partners.partner_behind(endpoint.user)
    if partner is not None and user.pk != partner.account_id:
        return _compose_for_staff(delivery, user, endpoint, partner)
    name = {"name": endpoint.name}
    if delivery.kind == Delivery.Kind.WEBHOOK_FAILING:
        lines = [
            _("Your program “%(name)s” has not taken a webhook since %(day)s at %(time)s.")
            % {**name, **_failing_since(endpoint, user)},
            _still_tried(),
            _turned_off_after(),
        ]
        return Message("\n\n".join(lines), subject=_("A webhook fails: %(name)s") % name)
    _check_off(endpoint)
    gone = endpoint.off_reason == WebhookEndpoint.Off.GONE
    lines = [
        _("Your program “%(name)s” answered that it is gone (410). Nothing more is sent to it.") % name
        if gone
        else _("Your program “%(name)s” has failed for days. Nothing more is sent to it.") % name,
        _("Turn it on again under %(path)s: what it missed is then sent, as far as it is kept.")
        % {"path": "partner/webhooks/" if partner else "webhooks/"},
    ]
    return Message("\n\n".join(lines), subject=_("A webhook is turned off: %(name)s") % name)


def _compose_for_staff(delivery: Delivery, user: User, endpoint: WebhookEndpoint, partner: Partner) -> Message:
    """Return the mail about an endpoint of a partner that has no contact."""
    if not user.is_staff:
        raise DoNotSend("no longer of the staff")
    names = {"name": endpoint.name, "service": partner.name}
    mend = (
        _("The service %(service)s has no contact address. Give it one in the admin, so that it is told itself.")
        % names
    )
    if delivery.kind == Delivery.Kind.WEBHOOK_FAILING:
        lines = [
            _("The webhook “%(name)s” of the service %(service)s has taken nothing since %(day)s at %(time)s.")
            % {**names, **_failing_since(endpoint, user)},
            _still_tried(),
            _turned_off_after(),
            mend,
        ]
        return Message("\n\n".join(lines), subject=_("A webhook of %(service)s fails: %(name)s") % names)
    _check_off(endpoint)
    lines = [
        _("The webhook “%(name)s” of the service %(service)s is gone (410), or has failed for days. It is turned off.")
        % names,
        _("Only the service can turn it on again; what it missed is then sent, as far as it is kept."),
        mend,
    ]
    return Message("\n\n".join(lines), subject=_("A webhook of %(service)s is turned off: %(name)s") % names)


def _failing_since(endpoint: WebhookEndpoint, reader: User) -> dict[str, str]:
    """Return since when it has failed, on the clock of who reads it."""
    if endpoint.failing_since is None:
        raise DoNotSend("the endpoint works again")
    since = endpoint.failing_since.astimezone(reader.tzinfo)
    return {"day": format_day(since.date()), "time": f"{since:%H:%M}"}


def _check_off(endpoint: WebhookEndpoint) -> None:
    if endpoint.off_at is None:
        raise DoNotSend("the endpoint is on again")


def _still_tried() -> str:
    return _("It is still tried. What could not be told is kept, and sent once the program answers again.")


def _turned_off_after() -> str:
    days = rules.OFF_AFTER.days
    text = ngettext(
        "If it keeps failing for %(days)d day in all, it is turned off, and you are told.",
        "If it keeps failing for %(days)d days in all, it is turned off, and you are told.",
        days,
    )
    return text % {"days": days}


KIND = SubjectKind(load=_load, compose=_compose)

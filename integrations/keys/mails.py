"""The mail about a new key."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.models import ApiKey
from notifications.channels.transport import Message
from notifications.models import Delivery
from notifications.outbox import announcements
from notifications.outbox.messages import format_day
from notifications.outbox.subjects import SubjectKind
from users.models import User


def queue(key: ApiKey, *, now: datetime) -> None:
    """Queue the mail, to the address that the account has at this moment, or that the partner has given.

    A partner without one gets none: staff have just made the key.
    """
    address = key.partner.contact_email if key.partner else key.account.email
    kind = Delivery.Kind.KEY_CREATED
    announcements.queue_mail_to_user(
        f"{kind}:{key.pk}", kind, user=key.account, now=now, address=address, subject_id=key.pk
    )


def _load(ids: Collection[int]) -> Mapping[int, ApiKey]:
    return ApiKey.objects.select_related("partner").in_bulk(list(ids))


def _compose(delivery: Delivery, user: User, key: ApiKey) -> Message:
    at = key.created_at.astimezone(user.tzinfo)
    when = {"day": format_day(at.date()), "time": f"{at:%H:%M}"}
    what = _("Name: %(name)s\nIt may: %(scopes)s") % {"name": key.name, "scopes": ", ".join(key.scopes)}
    if key.partner is not None:
        service = {"service": key.partner.name}
        lines = [
            _("A new key was made for your service %(service)s on %(day)s at %(time)s.") % {**service, **when},
            what,
            _("The staff of this site make keys. If you did not ask for it, tell them:\n%(link)s")
            % {"link": settings.SITE_URL},
        ]
        return Message("\n\n".join(lines), subject=_("A new key for %(service)s") % service)
    lines = [
        _("A new key was made for your account on %(day)s at %(time)s. With it a program can use your account.") % when,
        what,
        _("If this was not you, choose a new password now. That ends all keys and signs out all devices:\n%(link)s")
        % {"link": f"{settings.SITE_URL}/#/forgotten"},
    ]
    return Message("\n\n".join(lines), subject=_("A new key for your account"))


KIND = SubjectKind(load=_load, compose=_compose)

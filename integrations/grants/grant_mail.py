"""The mail about an account that was linked with a partner."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.grants.words import scope_texts
from integrations.models import Grant
from notifications.channels.transport import Message
from notifications.models import Delivery
from notifications.outbox import announcements
from notifications.outbox.messages import format_day
from notifications.outbox.subjects import SubjectKind
from users.models import User


def queue(grant: Grant, *, now: datetime) -> None:
    """Queue the mail about a new grant, to the address that the account has at this moment."""
    kind = Delivery.Kind.GRANT_CREATED
    announcements.queue_mail_to_user(f"{kind}:{grant.pk}", kind, user=grant.user, now=now, subject_id=grant.pk)


def _load(ids: Collection[int]) -> Mapping[int, Grant]:
    return Grant.objects.select_related("partner").in_bulk(list(ids))


def _compose(delivery: Delivery, user: User, grant: Grant) -> Message:
    at = grant.created_at.astimezone(user.tzinfo)
    lines = [
        _("Your account was connected with the service %(name)s on %(day)s at %(time)s. It may:")
        % {"name": grant.partner.name, "day": format_day(at.date()), "time": f"{at:%H:%M}"},
        "\n".join(f"- {text}" for text in scope_texts(grant.scopes)),
        _("You can end this at any time in your profile. If this was not you, choose a new password now:\n%(link)s")
        % {"link": f"{settings.SITE_URL}/#/forgotten"},
    ]
    return Message("\n\n".join(lines), subject=_("Connected with %(name)s") % {"name": grant.partner.name})


KIND = SubjectKind(load=_load, compose=_compose)

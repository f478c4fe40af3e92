"""The mail by which a partner asks to link an account."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from integrations.grants import tokens
from integrations.grants.words import scope_texts
from integrations.models import LinkRequest
from notifications.channels.email import EMAIL
from notifications.channels.transport import Message
from notifications.models import Delivery
from notifications.outbox import announcements
from notifications.outbox.subjects import DoNotSend, SubjectKind
from users.models import User


def queue(request: LinkRequest, *, now: datetime) -> None:
    """Queue the mail that asks. Whether there is such an account is found out when it is sent."""
    announcements.queue_for_user(
        f"{Delivery.Kind.LINK_REQUESTED}:{request.pk}",
        Delivery.Kind.LINK_REQUESTED,
        user=None,
        at=now,
        expires_at=request.expires_at,
        channel=EMAIL,
        address=request.email_key,
        subject_id=request.pk,
    )


def _load(ids: Collection[int]) -> Mapping[int, LinkRequest]:
    return LinkRequest.objects.select_related("partner").in_bulk(list(ids))


def _compose(delivery: Delivery, user: User, request: LinkRequest) -> Message:
    if not user.is_active or user.confirmed_at is None:
        raise DoNotSend("no such account")
    if request.answered_at is not None or request.partner.removed_at is not None:
        raise DoNotSend("no longer open")
    link = f"{settings.SITE_URL}/link/{tokens.make(request, user)}/"
    lines = [
        _("The service %(name)s asks to be connected with your account. It would like to:")
        % {"name": request.partner.name},
        "\n".join(f"- {text}" for text in scope_texts(request.scopes)),
        _("It sees neither your e-mail address in your account nor your chats. To answer, open:\n%(link)s")
        % {"link": link},
        _("If you do nothing, nothing changes. There you can also say that this service is never to ask you again."),
    ]
    return Message("\n\n".join(lines), subject=_("%(name)s asks for a connection") % {"name": request.partner.name})


KIND = SubjectKind(load=_load, compose=_compose)

"""Mails about what changes who can sign in: another service, a passkey, the password, the second factor of staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from notifications.channels.transport import Message
from notifications.models import Delivery
from notifications.outbox.messages import format_day
from notifications.outbox.subjects import DoNotSend
from users import second_factor
from users.models import Identity, Passkey, User

ABOUT_WAYS_IN = {
    Delivery.Kind.IDENTITY_CONNECTED,
    Delivery.Kind.IDENTITY_REMOVED,
    Delivery.Kind.PASSKEY_ADDED,
    Delivery.Kind.PASSKEY_REMOVED,
}
KINDS = {*ABOUT_WAYS_IN, Delivery.Kind.PASSWORD_CHANGED, Delivery.Kind.SECOND_FACTOR}


@dataclass(frozen=True, slots=True)
class WaysIn:
    """What the mails of a batch say of their users, by id: what signs them in, and who has a second factor."""

    identities: dict[int, list[Identity]]
    passkeys: dict[int, list[Passkey]]
    with_second_factor: set[int]


def load(deliveries: Sequence[Delivery]) -> WaysIn:
    """Return what the mails about ways to sign in need. Runs no query without such mails."""
    people = {each.user_id for each in deliveries if each.user_id and each.kind in ABOUT_WAYS_IN}
    identities: dict[int, list[Identity]] = {each: [] for each in people}
    passkeys: dict[int, list[Passkey]] = {each: [] for each in people}
    if people:
        for identity in Identity.objects.filter(user__in=people).order_by("pk"):
            identities[identity.user_id].append(identity)
        for passkey in Passkey.objects.filter(user__in=people).order_by("pk"):
            passkeys[passkey.user_id].append(passkey)
    users = [each.user for each in deliveries if each.user and each.kind == Delivery.Kind.SECOND_FACTOR]
    return WaysIn(identities, passkeys, second_factor.enrolled(users) if users else set())


def compose(delivery: Delivery, user: User | None, ways: WaysIn, *, reset_link: str) -> Message:
    """Return the mail, in the language that is active: what happened and when, what holds now, and what to do about it."""
    if user is None:
        raise DoNotSend("deleted")
    at, is_by_password = localtime(delivery.due_at, user.tzinfo), user.has_usable_password()
    identities, passkeys = ways.identities.get(user.pk, []), ways.passkeys.get(user.pk, [])
    left = _ways(user, identities, passkeys)
    match delivery.kind:
        case Delivery.Kind.IDENTITY_CONNECTED:
            name = next((_service(each) for each in identities if each.pk == delivery.subject_id), "")
            subject, lines = _("A new way to sign in to your account"), [_connected(name, at), left]
        case Delivery.Kind.IDENTITY_REMOVED:
            subject, lines = _("A way to sign in was removed"), [_removed(at), left]
        case Delivery.Kind.PASSKEY_ADDED:
            name = next((each.name for each in passkeys if each.pk == delivery.subject_id), "")
            subject, lines = _("A new passkey of your account"), [_added(name, at), left]
        case Delivery.Kind.PASSKEY_REMOVED:
            subject, lines = _("A passkey was removed"), [_removed_passkey(at), left]
        case Delivery.Kind.SECOND_FACTOR:
            is_on = user.pk in ways.with_second_factor
            subject, lines = _("Your two-factor sign-in was changed"), [_changed_factor(at), _factor(is_on)]
        case _kind:
            subject, lines = _("Your password was changed"), [_changed_password(at)]
    return Message("\n\n".join([*lines, _what_to_do(reset_link, is_by_password=is_by_password)]), subject=subject)


def _connected(name: str, at: datetime) -> str:
    named = {"name": name or _("Another service"), **_when(at)}
    return _("%(name)s can sign you in from now on. It was connected to your account on %(day)s at %(time)s.") % named


def _removed(at: datetime) -> str:
    return _("A service that could sign you in was removed from your account on %(day)s at %(time)s.") % _when(at)


def _added(name: str, at: datetime) -> str:
    if not name:  # removed again meanwhile
        return _("A passkey was added to your account on %(day)s at %(time)s.") % _when(at)
    text = _("The passkey “%(name)s” can sign you in from now on. It was added to your account on %(day)s at %(time)s.")
    return text % {"name": name, **_when(at)}


def _removed_passkey(at: datetime) -> str:
    return _("A passkey that could sign you in was removed from your account on %(day)s at %(time)s.") % _when(at)


def _changed_password(at: datetime) -> str:
    return _("The password of your account was changed on %(day)s at %(time)s. All devices were signed out.") % _when(
        at
    )


def _changed_factor(at: datetime) -> str:
    return _("The two-factor sign-in of your account to the admin was changed on %(day)s at %(time)s.") % _when(at)


def _factor(is_on: bool) -> str:
    return _("Signing in there takes a code now.") if is_on else _("Signing in there takes the password alone now.")


def _ways(user: User, identities: Sequence[Identity], passkeys: Sequence[Passkey]) -> str:
    """Return what signs the user in now: the password, services with the name by which they know the user, passkeys."""
    found = [_("your password")] if user.has_usable_password() else []
    found += [f"{_service(each)} ({each.email})" if each.email else _service(each) for each in identities]
    found += [_("the passkey “%(name)s”") % {"name": each.name} for each in passkeys]
    return _("What signs you in now: %(ways)s") % {"ways": ", ".join(found)}


def _service(identity: Identity) -> str:
    titles = {each.issuer: each.title for each in settings.OIDC_PROVIDERS}
    return titles.get(identity.issuer, identity.issuer)


def _what_to_do(reset_link: str, *, is_by_password: bool) -> str:
    if is_by_password:
        text = _(
            "If this was not you, choose a new password now. That removes all services and passkeys that sign you in, "
            "and signs out all devices:\n%(link)s"
        )
    else:
        text = _(
            "If this was not you, choose a password now. That removes all services and passkeys that sign you in, "
            "and signs out all devices:\n%(link)s"
        )
    return text % {"link": reset_link}


def _when(at: datetime) -> dict[str, str]:
    return {"day": format_day(at.date()), "time": f"{at:%H:%M}"}

"""The services of action links: making and ending them, acting, and taking an action back."""

import hashlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack

from django.db import transaction
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime

from common.edits import apply_edit
from common.errors import DomainError
from habits.rules import GoalType
from integrations.action_links import rules
from integrations.action_links.rules import Action
from integrations.models import ActionLink
from tracking.logs import services as logs
from tracking.logs.content import DayContent, content_of
from tracking.models import AmountAdded, HabitLog, HabitTrack
from tracking.streaks.rules import Status
from tracking.tracks.queries import locked_track, named_track
from users import access
from users.access import AccessItem, Keep
from users.models import User

TOKEN_BYTES = 32


class LinkEdit(TypedDict, total=False):
    """What may change of a link; what it does cannot: make another one."""

    name: str
    acts_on_get: bool


@dataclass(frozen=True, slots=True)
class Acted:
    """What a link has done. `log`: the day after it, None if it has no log; `is_repeated`: it did nothing again."""

    link: ActionLink
    track: HabitTrack
    day: date
    log: HabitLog | None
    is_repeated: bool = False


def links_of(user: User) -> QuerySet[ActionLink]:
    """Return the user's links, newest first."""
    return ActionLink.objects.filter(user=user).order_by("-pk")


def find(token: str) -> ActionLink | None:
    """Return the link with this secret, with user and habit; None also for that of a banned user."""
    links = ActionLink.objects.select_related("user", "track__habit", "track__user")
    return links.filter(token=token, user__is_active=True).first()


@transaction.atomic
def create(
    *,
    user: User,
    track: int,
    action: str,
    amount: Decimal | None = None,
    name: str = "",
    acts_on_get: bool = False,
    now: datetime,
) -> ActionLink:
    """Make a link to one of the user's tracks.

    Raises DomainError too_many_links and those of named_track and rules.check_action, and AuthenticationFailed as
    access.lock_owner does.
    """
    user = access.lock_owner(user)
    of_track = named_track(user, track)
    is_limit = of_track.habit.goal_type == GoalType.AT_MOST
    rules.check_action(Action(action), has_amount=amount is not None, is_limit=is_limit)
    if links_of(user).count() >= rules.MAX_LINKS:
        raise DomainError("too_many_links", f"You already have {rules.MAX_LINKS} links. Delete one first.")
    return ActionLink.objects.create(
        user=user,
        track=of_track,
        token=secrets.token_urlsafe(TOKEN_BYTES),
        name=name,
        action=action,
        amount=amount,
        acts_on_get=acts_on_get,
        created_at=now,
    )


@transaction.atomic
def edit(*, user: User, link_id: int, **changes: Unpack[LinkEdit]) -> ActionLink:
    """Change a link's name or whether opening it acts. Raises ActionLink.DoesNotExist."""
    link = links_of(user).select_for_update(no_key=True).get(pk=link_id)
    apply_edit(link, changes, fields=LinkEdit)
    link.save(update_fields=["name", "acts_on_get"])
    return link


@transaction.atomic
def delete(*, user: User, link_id: int) -> None:
    """End a link at once. Raises ActionLink.DoesNotExist."""
    links_of(user).select_for_update(no_key=True).get(pk=link_id).delete()


@transaction.atomic
def act(*, link_id: int, request_id: str = "", now: datetime) -> Acted:
    """Do what the link is for, on the user's local day; the same request again does nothing.

    It is the same within ONCE_WITHIN unless that was undone, and of an addition if its id is known. Raises
    ActionLink.DoesNotExist if it has ended meanwhile, and DomainError as tracking.logs.services does.
    """
    link, track = _locked(link_id)
    day = link.user.clock.day_of(now)
    key = _addition_key(link, request_id) if link.action == Action.ADD and request_id else ""
    if key:
        repeated = AmountAdded.objects.filter(track=track, key=key).exists()
    else:
        last = link.last_used_at if link.undo is not None else None  # after an undo it is a new touch
        repeated = rules.is_repeated(Action(link.action), last=last, now=now)
    if repeated:
        return Acted(link, track, day, HabitLog.objects.filter(track=track, day=day).first(), is_repeated=True)
    before, log = _change(link, day, key=key, now=now)
    link.last_used_at = now
    link.undo = {"day": str(day), "before": _as_json(before), "after": _as_json(content_of(log))}
    link.save(update_fields=["last_used_at", "undo"])
    return Acted(link, HabitTrack.objects.select_related("habit").get(pk=track.pk), day, log)


@transaction.atomic
def undo(*, link_id: int, now: datetime) -> Acted:
    """Make the day what it was before the link's last action.

    Raises ActionLink.DoesNotExist, DomainError nothing_to_undo, and changed_since if the day says something else by now.
    """
    link, track = _locked(link_id)
    found: Mapping[str, Any] | None = link.undo
    if found is None or link.last_used_at is None or now - link.last_used_at > rules.UNDO_FOR:
        raise DomainError("nothing_to_undo", "There is nothing to undo.")
    day = date.fromisoformat(found["day"])
    log = HabitLog.objects.filter(track=track, day=day).first()
    if _as_json(content_of(log)) != found["after"]:
        raise DomainError("changed_since", "This day was changed since.")
    before = _content(found["before"])
    if before is None:
        logs.clear_day(user=link.user, track_id=track.pk, day=day, now=now)
    else:
        logs.set_day(
            user=link.user,
            track_id=track.pk,
            day=day,
            source=HabitLog.Source.API,
            now=now,
            status=before.status,
            amount=before.amount,
            note=before.note,
            completed_at=before.completed_at,
        )
    link.undo = None
    link.save(update_fields=["undo"])
    log = HabitLog.objects.filter(track=track, day=day).first()
    return Acted(link, HabitTrack.objects.select_related("habit").get(pk=track.pk), day, log)


@transaction.atomic(savepoint=False)
def end_access(*, user: User, keep: Collection[Keep]) -> None:
    """End all links of a user whose access ends: a stolen session may have made any of them."""
    ActionLink.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def delete_for_track(*, track: HabitTrack) -> None:
    """Delete the links to a track that is being deleted."""
    ActionLink.objects.filter(track=track).delete()


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete all links of a user whose account is being deleted."""
    ActionLink.objects.filter(user=user).delete()


def list_access(*, user: User) -> list[AccessItem]:
    """Return the user's links, for the list of what has access to the account."""
    return [AccessItem("action_link", each.pk, each.name, each.created_at) for each in links_of(user)]


def _locked(link_id: int) -> tuple[ActionLink, HabitTrack]:
    """Return a link and its track, locked in the order in which a track is deleted with its links: the track first."""
    found = ActionLink.objects.select_related("user").get(pk=link_id)
    try:
        track = locked_track(found.user, found.track_id)
    except HabitTrack.DoesNotExist as error:
        raise ActionLink.DoesNotExist from error
    link = ActionLink.objects.select_for_update(no_key=True).get(pk=link_id)
    link.user = found.user
    return link, track


def _change(link: ActionLink, day: date, *, key: str, now: datetime) -> tuple[DayContent | None, HabitLog | None]:
    """Do what the link is for and return what the day said before, and its log."""
    user, track_id, source = link.user, link.track_id, HabitLog.Source.API
    if link.amount is not None:
        added = logs.add_amount(
            user=user, track_id=track_id, day=day, amount=link.amount, source=source, key=key, now=now
        )
        return added.before, added.log
    is_done = HabitLog.objects.filter(track=track_id, day=day, status=Status.COMPLETED).exists()
    if link.action == Action.TOGGLE and is_done:
        return logs.clear_day(user=user, track_id=track_id, day=day, now=now).before, None
    write = logs.set_day(user=user, track_id=track_id, day=day, source=source, status=Status.COMPLETED, now=now)
    return write.before, write.log


def _addition_key(link: ActionLink, request_id: str) -> str:
    return f"link:{link.pk}:{hashlib.sha256(request_id.encode(errors='replace')).hexdigest()[:40]}"


def _as_json(content: DayContent | None) -> dict[str, Any] | None:
    if content is None:
        return None
    return {
        "status": str(content.status),
        "amount": None if content.amount is None else f"{content.amount:.2f}",
        "note": content.note,
        "completed_at": content.completed_at.isoformat() if content.completed_at else None,
    }


def _content(stored: Mapping[str, Any] | None) -> DayContent | None:
    if stored is None:
        return None
    amount, completed_at = stored["amount"], stored["completed_at"]
    return DayContent(
        stored["status"],
        None if amount is None else Decimal(amount),
        stored["note"],
        parse_datetime(completed_at) if completed_at else None,
    )

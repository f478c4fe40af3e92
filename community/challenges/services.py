"""Create, edit, cancel, join and leave challenges. Scores and endings are written by modules of their own.

Locks are taken in this order, so that concurrent calls cannot deadlock: user, habit, track, challenge, member.
"""

from datetime import date, datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import QuerySet

from common.edits import apply_edit
from common.errors import DomainError
from common.names import check_title
from community.challenges import endings, rules
from community.challenges import scores as challenge_scores
from community.challenges.queries import invitation_grants_habit, unfinished
from community.membership.codes import new_code
from community.membership.rules import MAX_JOINED, MAX_OWNED
from community.membership.services import leave_if_unentitled
from community.models import Challenge, ChallengeMember
from habits.models import Habit
from tracking.models import HabitTrack
from tracking.tracks import services as tracking
from tracking.tracks.queries import locked_track
from users.models import User


class ChallengeEdit(TypedDict, total=False):
    """What the creator of a challenge may change."""

    name: str
    description: str
    first_day: date
    last_day: date
    is_public: bool


@transaction.atomic
def create(
    *,
    creator: User,
    habit_id: int,
    name: str,
    first_day: date,
    last_day: date,
    now: datetime,
    description: str = "",
    is_public: bool = False,
) -> Challenge:
    """Create a challenge on a useful habit that is the creator's own or published. The creator is its first member.

    Raises DomainError does_not_exist, pleasant, limit_habit, too_many, not_published, invisible_character, and those
    of rules.validate_days.
    """
    check_title(name)
    creator = User.everyone.select_for_update(no_key=True).get(pk=creator.pk)
    if Challenge.objects.filter(unfinished(now=now), creator=creator).count() >= MAX_OWNED:
        raise DomainError("too_many", f"You can have up to {MAX_OWNED} unfinished challenges of your own.")
    habit = Habit.objects.filter(pk=habit_id).first()
    if habit is None or not (habit.is_published or habit.owner_id == creator.pk):
        raise DomainError("does_not_exist", "Choose one of your habits or a public one.", "habit")
    challenge = Challenge(
        creator=creator,
        habit=habit,
        name=name,
        description=description,
        first_day=first_day,
        last_day=last_day,
        is_public=is_public,
        code=new_code(),
    )
    _validate(challenge, habit, today=creator.clock.day_of(now))
    challenge.ends_at = rules.ends_at(last_day)
    track, is_new = tracking.follow(user=creator, habit_id=habit.pk, now=now)
    _refuse_limit(track.habit, field="habit")
    challenge.save()
    _add(challenge, track, started_track=is_new, now=now)
    return challenge


@transaction.atomic
def edit(*, user: User, challenge_id: int, now: datetime, **changes: Unpack[ChallengeEdit]) -> Challenge:
    """Change the user's challenge before its first day begins anywhere.

    Raises Challenge.DoesNotExist, DomainError started, cancelled, and those of `create`.
    """
    challenge = _locked_own(user, challenge_id)
    _refuse_cancelled(challenge)
    if challenge.has_started(now):
        raise DomainError("started", "The challenge has already started somewhere. You can only cancel it now.")
    if changes.get("name", challenge.name) != challenge.name:
        check_title(changes["name"])
    apply_edit(challenge, changes, fields=ChallengeEdit)
    assert challenge.habit is not None
    _validate(challenge, challenge.habit, today=user.clock.day_of(now))
    challenge.ends_at = rules.ends_at(challenge.last_day)
    challenge.save()
    if changes.keys() & {"first_day", "last_day"}:
        challenge.members.update(recount_at=now)
        endings.wake_maintenance()
    return challenge


@transaction.atomic
def cancel(*, user: User, challenge_id: int, now: datetime) -> Challenge:
    """Cancel the user's challenge; does nothing if it is cancelled already. The other members will be notified.

    Raises Challenge.DoesNotExist, DomainError over.
    """
    challenge = _locked_own(user, challenge_id)
    if challenge.cancelled_at is None and challenge.ends_at <= now:
        raise DomainError("over", "This challenge is over.")
    challenge.members.filter(user=user).update(is_notified=True)
    _cancel(challenge, now=now)
    return challenge


@transaction.atomic
def cancel_all(challenges: QuerySet[Challenge], *, now: datetime) -> None:
    """Cancel those of the challenges that are not over, on behalf of staff."""
    for challenge in challenges.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        if challenge.ends_at > now:
            _cancel(challenge, now=now)


@transaction.atomic
def renew_code(*, user: User, challenge_id: int) -> Challenge:
    """Replace the invitation code of the user's challenge; the old code stops working. Raises Challenge.DoesNotExist."""
    challenge = _locked_own(user, challenge_id)
    challenge.code = new_code()
    challenge.save(update_fields=["code"])
    return challenge


def join(*, user: User, challenge_id: int, now: datetime) -> tuple[ChallengeMember, bool]:
    """Join a public challenge, or the user's own; return the member and whether it is new.

    Raises Challenge.DoesNotExist (also for a private challenge of somebody else), and the errors of `_join`.
    """
    challenge = Challenge.objects.select_related("habit").get(pk=challenge_id)
    is_member = challenge.members.filter(user=user).exists()
    if not (is_member or challenge.creator_id == user.pk or (challenge.is_public and challenge.cancelled_at is None)):
        raise Challenge.DoesNotExist
    return _join(user, challenge, now=now)


def join_by_code(*, user: User, code: str, now: datetime) -> tuple[ChallengeMember, bool]:
    """Join the challenge of an invitation code; return the member and whether it is new.

    Raises DomainError unknown_code, and the errors of `_join`.
    """
    return _join(user, by_code(code), code=code, now=now)


def by_code(code: str) -> Challenge:
    """Return the challenge of an invitation code. Raises DomainError unknown_code."""
    challenge = Challenge.objects.select_related("habit").filter(code=code).first()
    if challenge is None:
        raise _unknown_code()
    return challenge


@transaction.atomic
def leave(*, user: User, challenge_id: int, now: datetime) -> None:
    """Leave a challenge, and its habit too if the user may follow it only as a member of the challenge.

    Raises ChallengeMember.DoesNotExist.
    """
    found = ChallengeMember.objects.get(challenge=challenge_id, user=user)
    track = locked_track(user, found.track_id) if found.track_id else None
    challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge_id)
    member = ChallengeMember.objects.get(pk=found.pk)
    member.delete()
    if track and member.started_track:
        leave_if_unentitled(track=track, now=now)
    _delete_if_abandoned(challenge)


@transaction.atomic(savepoint=False)
def leave_unfinished(*, track: HabitTrack) -> None:
    """Leave the unfinished challenges of a track that its user leaves. The caller holds the track's lock."""
    ChallengeMember.objects.filter(track=track, is_final=False, challenge__cancelled_at=None).delete()


@transaction.atomic(savepoint=False)
def detach_track(*, track: HabitTrack) -> None:
    """Clear the reference to a track that is being deleted from its memberships; final results are kept."""
    rows = Challenge.objects.filter(pk__in=track.challenge_memberships.values("challenge"))
    if list(rows.select_for_update(no_key=True).order_by("pk")):
        ChallengeMember.objects.filter(track=track).update(track=None)


@transaction.atomic(savepoint=False)
def detach_habit(*, habit: Habit, now: datetime) -> None:
    """Cancel the challenges on a habit that is being deleted, or has become a pleasant one or a limit habit.

    Final results are kept.
    """
    for challenge in Challenge.objects.select_for_update(no_key=True).filter(habit=habit).order_by("pk"):
        if challenge.results_at is None:
            _cancel(challenge, now=now)
        challenge.habit = None
        challenge.save(update_fields=["habit"])


def detach_if_pleasant(*, habit: Habit, now: datetime) -> None:
    """Cancel the challenges on a habit that was edited, if it is a pleasant one now."""
    if habit.is_pleasant:
        detach_habit(habit=habit, now=now)


@transaction.atomic(savepoint=False)
def remove_former_owner(*, habit: Habit, owner: User) -> None:
    """Remove a user who has given up their habit from its unfinished challenges; the other members continue."""
    ChallengeMember.objects.filter(
        user=owner, challenge__habit=habit, challenge__cancelled_at=None, is_final=False
    ).delete()


@transaction.atomic(savepoint=False)
def remove_user(*, user: User) -> None:
    """Remove a user whose account is being deleted; challenges that they created continue without a creator."""
    memberships = ChallengeMember.objects.filter(user=user)
    affected = set(memberships.values_list("challenge", flat=True)) | set(user.challenges.values_list("pk", flat=True))
    locked = Challenge.objects.select_for_update(no_key=True).filter(pk__in=affected).order_by("pk")
    challenges = list(locked)
    memberships.delete()
    Challenge.objects.filter(creator=user).update(creator=None)
    for challenge in challenges:
        challenge.refresh_from_db(fields=["creator"])
        _delete_if_abandoned(challenge)


@transaction.atomic
def _join(user: User, challenge: Challenge, *, now: datetime, code: str | None = None) -> tuple[ChallengeMember, bool]:
    """Add the user as a member, with their existing track of the habit or a new one.

    Raises DomainError over, cancelled, too_many, unknown_code, limit_habit, and those of tracking.follow.
    """
    user = User.everyone.select_for_update(no_key=True).get(pk=user.pk)
    if existing := challenge.members.filter(user=user).first():
        return existing, False
    habit = challenge.habit
    _refuse_cancelled(challenge)
    if habit is None or challenge.ends_at <= now or challenge.last_day < user.clock.day_of(now):
        raise DomainError("over", "This challenge is already over for you.")
    joined = ChallengeMember.objects.filter(user=user, challenge__in=Challenge.objects.filter(unfinished(now=now)))
    if joined.count() >= MAX_JOINED:
        raise DomainError("too_many", f"You can take part in up to {MAX_JOINED} unfinished challenges.")
    # A public challenge that is joined without a code never grants its habit to strangers.
    has_access = code is not None and invitation_grants_habit(challenge, habit)
    track, is_new = tracking.follow(user=user, habit_id=habit.pk, has_access=has_access, now=now)
    _refuse_limit(track.habit)
    # The challenge's lock comes after those of habit and track, so it was read before: check it again.
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    _refuse_cancelled(locked)
    if locked.results_at is not None:
        raise DomainError("over", "This challenge is over.")
    if code is not None and locked.code != code:
        raise _unknown_code()  # the code was renewed in the meantime
    return _add(locked, track, started_track=is_new, now=now), True


def _add(challenge: Challenge, track: HabitTrack, *, started_track: bool, now: datetime) -> ChallengeMember:
    member = ChallengeMember.objects.create(
        challenge=challenge, user=track.user, track=track, started_track=started_track, joined_at=now
    )
    challenge_scores.recount(challenge, [member], challenge_scores.tracks_of([member]), now=now)
    return member


def _validate(challenge: Challenge, habit: Habit, *, today: date) -> None:
    rules.validate_days(
        first_day=challenge.first_day,
        last_day=challenge.last_day,
        today=today,
        habit_starts=habit.start_date,
        habit_ends=habit.end_date,
    )
    rules.validate_public(is_public=challenge.is_public, is_published=habit.is_published)


def _locked_own(user: User, challenge_id: int) -> Challenge:
    rows = Challenge.objects.select_for_update(no_key=True, of=("self",)).select_related("habit")
    return rows.get(pk=challenge_id, creator=user)


def _refuse_limit(habit: Habit, *, field: str | None = None) -> None:
    """Raise DomainError if the habit, which is locked, is a limit habit."""
    if habit.is_limit:
        message = "A limit habit is kept by doing nothing, so nobody can win with it. Choose a habit that is done."
        raise DomainError("limit_habit", message, field)


def _unknown_code() -> DomainError:
    return DomainError("unknown_code", "This code is not valid, or not any more. Ask for a new invitation.", "code")


def _refuse_cancelled(challenge: Challenge) -> None:
    if challenge.cancelled_at is not None:
        raise DomainError("cancelled", "This challenge was cancelled.")


def _cancel(challenge: Challenge, *, now: datetime) -> None:
    if challenge.cancelled_at is None:
        challenge.cancelled_at = now
        challenge.save(update_fields=["cancelled_at"])
        endings.wake_maintenance()


def _delete_if_abandoned(challenge: Challenge) -> None:
    """Delete a challenge that has neither a creator nor members."""
    if challenge.creator_id is None and not challenge.members.exists():
        challenge.delete()

"""Challenges: made, edited, cancelled, joined, left. The only writer of them, but for standings and endings.

Locks are taken in this order: person, habit, track, challenge, member.
"""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from common.errors import DomainError
from community import endings, rules, standings
from community.models import Challenge, ChallengeMember
from community.queries import lends, unfinished
from community.rights import let_go
from habits.models import Habit
from tracking import services as tracking
from tracking.models import HabitTrack
from tracking.queries import locked_track
from users.models import User


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
    """Makes a challenge on a useful habit, the creator's or a published one; its creator is its first member.

    Raises DomainError does_not_exist, pleasant, too_many, not_published, and what rules.challenge_days raises.
    """
    creator = User.objects.select_for_update(no_key=True).get(pk=creator.pk)
    if Challenge.objects.filter(unfinished(now=now), creator=creator).count() >= rules.MOST_MADE:
        raise DomainError("too_many", f"Up to {rules.MOST_MADE} challenges at a time.")
    habit = Habit.objects.filter(pk=habit_id).first()
    if habit is None or not (habit.is_published or habit.owner_id == creator.pk):
        raise DomainError("does_not_exist", "There is no such habit of yours, or public one.", "habit")
    challenge = Challenge(
        creator=creator,
        habit=habit,
        name=name,
        description=description,
        first_day=first_day,
        last_day=last_day,
        is_public=is_public,
        code=rules.new_code(),
    )
    _check(challenge, habit, today=creator.clock.day_of(now))
    challenge.ends_at = rules.ends_at(last_day)
    track, is_new = tracking.follow(user=creator, habit_id=habit.pk, now=now)
    challenge.save()
    _add(challenge, track, started_track=is_new, now=now)
    return challenge


@transaction.atomic
def edit(*, user: User, challenge_id: int, now: datetime, **changes: Any) -> Challenge:
    """Changes name, description, days or is_public of the user's challenge that has not begun for anybody.

    Raises Challenge.DoesNotExist, DomainError started, cancelled, and what `create` raises.
    """
    challenge = _own(user, challenge_id)
    _refuse_cancelled(challenge)
    if challenge.has_started(now):
        raise DomainError("started", "It has begun for the first members: it can only be cancelled.")
    for name, value in changes.items():
        setattr(challenge, name, value)
    assert challenge.habit is not None
    _check(challenge, challenge.habit, today=user.clock.day_of(now))
    challenge.ends_at = rules.ends_at(challenge.last_day)
    challenge.save()
    if changes.keys() & {"first_day", "last_day"}:
        challenge.members.update(carry_at=now)
        endings.ask()
    return challenge


@transaction.atomic
def cancel(*, user: User, challenge_id: int, now: datetime) -> Challenge:
    """Cancels the user's challenge, whose other members are told (endings.tell); so does a second time.

    Raises Challenge.DoesNotExist, DomainError over.
    """
    challenge = _own(user, challenge_id)
    if challenge.cancelled_at is None and challenge.ends_at <= now:
        raise DomainError("over", "This challenge is over.")
    challenge.members.filter(user=user).update(is_told=True)
    _cancel(challenge, now=now)
    return challenge


@transaction.atomic
def cancel_all(challenges: QuerySet[Challenge], *, now: datetime) -> None:
    """The same by staff, for those that are not over."""
    for challenge in challenges.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        if challenge.ends_at > now:
            _cancel(challenge, now=now)


@transaction.atomic
def renew_code(*, user: User, challenge_id: int) -> Challenge:
    """Gives the user's challenge another code; the old one lets nobody in any more. Raises Challenge.DoesNotExist."""
    challenge = _own(user, challenge_id)
    challenge.code = rules.new_code()
    challenge.save(update_fields=["code"])
    return challenge


def join(*, user: User, challenge_id: int, now: datetime) -> tuple[ChallengeMember, bool]:
    """Joins a public challenge, or one's own: (the member, whether that is news). Raises what `_join` raises.

    A private one answers as if there were none: Challenge.DoesNotExist.
    """
    challenge = Challenge.objects.select_related("habit").get(pk=challenge_id)
    is_in = challenge.members.filter(user=user).exists()
    if not (is_in or challenge.creator_id == user.pk or (challenge.is_public and challenge.cancelled_at is None)):
        raise Challenge.DoesNotExist
    return _join(user, challenge, now=now)


def join_by_code(*, user: User, code: str, now: datetime) -> tuple[ChallengeMember, bool]:
    """Joins whichever challenge the code is for. Raises DomainError unknown_code, and what `_join` raises."""
    return _join(user, by_code(code), code=code, now=now)


def by_code(code: str) -> Challenge:
    """The challenge that the code is for. Raises DomainError unknown_code."""
    challenge = Challenge.objects.select_related("habit").filter(code=code).first()
    if challenge is None:
        raise _unknown_code()
    return challenge


@transaction.atomic
def leave(*, user: User, challenge_id: int, now: datetime) -> None:
    """Leaves a challenge, and a habit that only it gave the right to follow. Raises ChallengeMember.DoesNotExist."""
    found = ChallengeMember.objects.get(challenge=challenge_id, user=user)
    track = locked_track(user, found.track_id) if found.track_id else None
    challenge = Challenge.objects.select_for_update(no_key=True).get(pk=challenge_id)
    member = ChallengeMember.objects.get(pk=found.pk)
    member.delete()
    if track and member.started_track:
        let_go(track=track, now=now)
    _forget_if_empty(challenge)


@transaction.atomic
def drop_track(*, track: HabitTrack) -> None:
    """Whoever leaves a habit leaves its challenges that are not over. The caller holds the track's lock."""
    ChallengeMember.objects.filter(track=track, is_final=False, challenge__cancelled_at=None).delete()


@transaction.atomic
def forget_track(*, track: HabitTrack) -> None:
    """Keeps the memberships of a track that goes; what they completed stays where it is final."""
    rows = Challenge.objects.filter(pk__in=track.challenge_memberships.values("challenge"))
    if list(rows.select_for_update(no_key=True).order_by("pk")):
        ChallengeMember.objects.filter(track=track).update(track=None)


@transaction.atomic
def forget_habit(*, habit: Habit, now: datetime) -> None:
    """Cancels the challenges on a habit that goes, or is no longer tracked; results that are fixed stay."""
    for challenge in Challenge.objects.select_for_update(no_key=True).filter(habit=habit).order_by("pk"):
        if challenge.results_at is None:
            _cancel(challenge, now=now)
        challenge.habit = None
        challenge.save(update_fields=["habit"])


@transaction.atomic
def forget_owner(*, habit: Habit, owner: User) -> None:
    """Takes an owner who gave up their habit out of its challenges that are not over; the others go on."""
    ChallengeMember.objects.filter(
        user=owner, challenge__habit=habit, challenge__cancelled_at=None, is_final=False
    ).delete()


@transaction.atomic
def forget_person(*, user: User) -> None:
    """Takes a person who leaves out of all challenges; those that they made go on without a creator."""
    joined = ChallengeMember.objects.filter(user=user)
    touched = set(joined.values_list("challenge", flat=True)) | set(user.challenges.values_list("pk", flat=True))
    locked = Challenge.objects.select_for_update(no_key=True).filter(pk__in=touched).order_by("pk")
    challenges = list(locked)
    joined.delete()
    Challenge.objects.filter(creator=user).update(creator=None)
    for challenge in challenges:
        challenge.refresh_from_db(fields=["creator"])
        _forget_if_empty(challenge)


@transaction.atomic
def _join(user: User, challenge: Challenge, *, now: datetime, code: str | None = None) -> tuple[ChallengeMember, bool]:
    """Starts or uses the user's track of the habit, and adds the member.

    Raises DomainError over, cancelled, too_many, unknown_code, and what tracking.follow raises.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if there := challenge.members.filter(user=user).first():
        return there, False
    habit = challenge.habit
    _refuse_cancelled(challenge)
    if habit is None or challenge.ends_at <= now or challenge.last_day < user.clock.day_of(now):
        raise DomainError("over", "This challenge is over for you.")
    joined = ChallengeMember.objects.filter(user=user, challenge__in=Challenge.objects.filter(unfinished(now=now)))
    if joined.count() >= rules.MOST_JOINED:
        raise DomainError("too_many", f"Up to {rules.MOST_JOINED} challenges at a time.")
    is_lent = code is not None and lends(challenge, habit)  # one that is public lends nothing to strangers
    track, is_new = tracking.follow(user=user, habit_id=habit.pk, has_access=is_lent, now=now)
    locked = Challenge.objects.select_for_update(no_key=True).get(pk=challenge.pk)
    _refuse_cancelled(locked)
    if locked.results_at is not None:
        raise DomainError("over", "This challenge is over.")
    if code is not None and locked.code != code:
        raise _unknown_code()  # renewed meanwhile
    return _add(locked, track, started_track=is_new, now=now), True


def _add(challenge: Challenge, track: HabitTrack, *, started_track: bool, now: datetime) -> ChallengeMember:
    member = ChallengeMember.objects.create(
        challenge=challenge, user=track.user, track=track, started_track=started_track, joined_at=now
    )
    standings.recount(challenge, [member], standings.tracks_of([member]), now=now)
    return member


def _check(challenge: Challenge, habit: Habit, *, today: date) -> None:
    rules.challenge_days(
        first_day=challenge.first_day,
        last_day=challenge.last_day,
        today=today,
        starts=habit.start_date,
        ends=habit.end_date,
    )
    rules.public_needs_published(is_public=challenge.is_public, is_published=habit.is_published)


def _own(user: User, challenge_id: int) -> Challenge:
    rows = Challenge.objects.select_for_update(no_key=True, of=("self",)).select_related("habit")
    return rows.get(pk=challenge_id, creator=user)


def _unknown_code() -> DomainError:
    return DomainError("unknown_code", "There is no challenge with this code, or not any more.", "code")


def _refuse_cancelled(challenge: Challenge) -> None:
    if challenge.cancelled_at is not None:
        raise DomainError("cancelled", "This challenge was cancelled.")


def _cancel(challenge: Challenge, *, now: datetime) -> None:
    if challenge.cancelled_at is None:
        challenge.cancelled_at = now
        challenge.save(update_fields=["cancelled_at"])
        endings.ask()


def _forget_if_empty(challenge: Challenge) -> None:
    """A challenge that nobody made and nobody is in is of no use."""
    if challenge.creator_id is None and not challenge.members.exists():
        challenge.delete()

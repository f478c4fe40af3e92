"""Grant, recheck and revoke awards (UserAchievement): the only module that writes them.

After each log there are two questions: which achievements does it earn that the user does not hold, and which held
ones may have lost their evidence? Both read a bounded amount, however long the history is: one query for the
achievements, one more for the days around the log where a rule needs them. The whole history of a track is read only
where the nearby days no longer support an award.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from achievements import signals
from achievements.awards import facts, queries, rules
from achievements.awards.queries import Candidate
from achievements.awards.rules import KINDS, Rule, TrackFacts
from achievements.models import Achievement, UserAchievement
from tracking.models import HabitTrack
from tracking.tracks.histories import RecentHistory
from tracking.tracks.plans import plan_of
from tracking.tracks.queries import with_plan, without_limits
from users.models import User


@transaction.atomic(savepoint=False)
def update_for_days(*, track: HabitTrack, days: Sequence[date], recent: RecentHistory | None, now: datetime) -> None:
    """Grant and revoke awards after logs of `days`, in order, were set, changed or deleted: once, however many.

    The caller holds the track's lock. `recent`: logs that are read already. Sends achievement_awarded, achievement_withdrawn.
    """
    _update(track, days, plan_changed=False, recent=recent, now=now)


@transaction.atomic(savepoint=False)
def update_for_track(*, track: HabitTrack, now: datetime) -> None:
    """Grant and revoke awards after a change of the track's schedule, pauses or user's clock.

    Such a change may affect streaks and strength of any time, but completed days from today on only. The caller
    holds the track's lock. Sends achievement_awarded, achievement_withdrawn.
    """
    _update(track, [track.user.clock.day_of(now)], plan_changed=True, recent=None, now=now)


@transaction.atomic(savepoint=False)
def reassign_or_revoke(*, track: HabitTrack, now: datetime) -> None:
    """Reassign awards of a track that is being deleted to another track that qualifies, otherwise revoke them.

    Sends achievement_withdrawn.
    """
    cross_habit = [kind for kind, entry in KINDS.items() if entry.counts_habits]
    held = UserAchievement.objects.filter(user=track.user_id, revoked_at=None).select_related("achievement")
    for award in held.filter(Q(track=track) | Q(achievement__kind__in=cross_habit)).order_by("pk"):
        _reassign_or_revoke(award, track, is_being_deleted=True, now=now)
    UserAchievement.objects.filter(track=track).update(track=None)


@transaction.atomic(savepoint=False)
def delete_for_user(*, user: User) -> None:
    """Delete all awards of a user whose account is being deleted."""
    UserAchievement.objects.filter(user=user).delete()


@transaction.atomic(savepoint=False)
def move_awards(*, source: User, target: User) -> dict[int, int]:
    """Move the awards of a user whose history another takes over, apart from those that both hold. Nobody is told.

    Return the habit of each award that a track earned, by the award's id: what `recheck_moved` needs.
    """
    of_source, of_target = (UserAchievement.objects.filter(user=user) for user in (source, target))
    habits = dict(of_source.values_list("pk", "track__habit"))
    if not habits:
        return {}
    held = of_source.filter(revoked_at=None).values("achievement")
    of_target.filter(achievement__in=held, revoked_at__isnull=False).delete()
    of_source.exclude(achievement__in=of_target.values("achievement")).update(user=target)
    return {pk: habit for pk, habit in habits.items() if habit}


@transaction.atomic(savepoint=False)
def recheck_moved(*, user: User, habits: Mapping[int, int], now: datetime) -> None:
    """Give the moved awards of merged tracks the user's own track of the habit; reassign or revoke what it does not earn.

    `habits`: what `move_awards` has returned. The caller holds the locks of the tracks. Sends achievement_withdrawn.
    """
    held = UserAchievement.objects.filter(pk__in=habits, user=user, revoked_at=None)
    awards = held.filter(track=None).select_related("achievement")
    tracks = with_plan(HabitTrack.objects.filter(user=user, habit__in=habits.values()))
    own = {track.habit_id: track for track in tracks}
    for award in awards.order_by("pk"):
        track = own[habits[award.pk]]
        if _track_earns(award.achievement.rule, track, now=now):
            held.filter(pk=award.pk).update(track=track, evidence_until=user.clock.day_of(now))
        else:
            _reassign_or_revoke(award, track, is_being_deleted=False, now=now)


@transaction.atomic
def recheck_across_habits(*, user: User, days: Sequence[date], now: datetime) -> None:
    """Grant awards for several habits completed on one of `days`, after concurrent logs of the user have committed.

    Two transactions that log at the same time do not see each other's log, so neither may grant such an award alone.
    """
    queries.wait_for_cross_habit_lock(user)
    habits = facts.max_habits_on(user.pk, days)
    kinds = [kind for kind in KINDS if KINDS[kind].counts_habits]
    for achievement in Achievement.objects.filter(retired_at=None, kind__in=kinds, target__lte=habits).order_by("pk"):
        _award(achievement, user, None, now=now)


def _update(
    track: HabitTrack,
    days: Sequence[date],
    *,
    plan_changed: bool,
    recent: RecentHistory | None,
    now: datetime,
) -> None:
    if track.habit.is_limit:
        return  # doing nothing earns no award
    today = track.user.clock.day_of(now)
    track_age = (today - plan_of(track).first).days + 1
    to_earn: list[Candidate] = []
    to_recheck: list[Candidate] = []
    for each in queries.candidates(track):
        kind = KINDS[each.rule.kind]
        if not each.is_held:
            if track_age >= kind.min_track_days(each.rule):
                to_earn.append(each)
            if not each.has_lock:
                # A concurrent transaction logs another habit of the user: count again once both have committed.
                transaction.on_commit(partial(recheck_across_habits, user=track.user, days=days, now=now), robust=True)
        elif kind.counts_habits or each.track_id == track.pk:
            may_be_evidence = each.evidence_until is None or days[0] <= each.evidence_until
            if may_be_evidence or (plan_changed and kind.uses_stored_stats):
                to_recheck.append(each)
    needs = rules.combined_needs(each.rule for each in [*to_earn, *to_recheck])
    known = facts.for_days(track, days, needs, recent=recent, now=now)
    for each in to_earn:
        if rules.earned(each.rule, known):
            achievement = Achievement.objects.get(pk=each.achievement_id)
            _award(achievement, track.user, None if KINDS[each.rule.kind].counts_habits else track, now=now)
    for each in to_recheck:
        _recheck(each, track, days, known, now=now)


def _award(achievement: Achievement, user: User, track: HabitTrack | None, *, now: datetime) -> None:
    today = user.clock.day_of(now)
    values = {
        "track": track,
        "day": today,
        "awarded_at": now,
        "evidence_until": None if KINDS[achievement.kind].uses_stored_stats else today,
    }
    # The unique constraint, not an earlier read, guarantees one row for each user and achievement.
    award, is_new = UserAchievement.objects.get_or_create(user=user, achievement=achievement, defaults=values)
    if not is_new:
        revoked = UserAchievement.objects.filter(pk=award.pk, revoked_at__isnull=False)
        if not revoked.update(revoked_at=None, **values):
            return  # a concurrent transaction has already granted it
        award.refresh_from_db()
    signals.achievement_awarded.send(UserAchievement, award=award, now=now)


def _recheck(held: Candidate, track: HabitTrack, days: Sequence[date], known: TrackFacts, *, now: datetime) -> None:
    """Keep an award that still has evidence, else reassign or revoke it; `known` are the facts around `days`."""
    rule, uses_stored_stats = held.rule, KINDS[held.rule.kind].uses_stored_stats
    evidence_until = held.evidence_until
    if rules.earned(rule, known):
        if uses_stored_stats:
            evidence_until = None
        elif not set(known.days).issuperset(days):
            evidence_until = known.today  # the days that support it may be other ones than before
    elif not uses_stored_stats and len(days) == 1 and not rules.earned(rule, known.with_day_toggled(days[0])):
        return  # the nearby days did not support it with the old log either: the evidence lies elsewhere
    elif _track_earns(rule, track, now=now):
        evidence_until = known.today
    else:
        award = _award_of(held, track).select_related("achievement").get()
        _reassign_or_revoke(award, track, is_being_deleted=False, now=now)
        return
    if evidence_until != held.evidence_until:
        _award_of(held, track).update(evidence_until=evidence_until)


def _award_of(held: Candidate, track: HabitTrack) -> QuerySet[UserAchievement]:
    """Return the held award's row. Most rechecks change nothing and need none."""
    return UserAchievement.objects.filter(user=track.user_id, achievement=held.achievement_id)


def _reassign_or_revoke(award: UserAchievement, track: HabitTrack, *, is_being_deleted: bool, now: datetime) -> None:
    row = UserAchievement.objects.filter(pk=award.pk, revoked_at=None)
    today = track.user.clock.day_of(now)
    if KINDS[award.achievement.kind].counts_habits:
        excluded = track if is_being_deleted else None
        if facts.max_habits_in_a_day(track.user_id, until=today, excluded=excluded) >= award.achievement.target:
            row.update(evidence_until=today)
            return
    elif award.achievement.habit_id is None:
        other = _other_track_that_earns(award.achievement, track, now=now)
        if other:
            row.update(track=other, evidence_until=today)
            return
    if row.update(revoked_at=now):
        award.revoked_at = now
        signals.achievement_withdrawn.send(UserAchievement, award=award, now=now)


def _track_earns(rule: Rule, track: HabitTrack, *, now: datetime) -> bool:
    """Return whether the track meets the rule, judged by its whole history."""
    if KINDS[rule.kind].counts_habits:
        return False  # such a kind is judged for the user, not for one track
    return rules.earned(rule, facts.for_whole_history([track], now=now)[track.pk])


def _other_track_that_earns(achievement: Achievement, track: HabitTrack, *, now: datetime) -> HabitTrack | None:
    """Return another track of the user that earns the achievement."""
    tracks = without_limits(HabitTrack.objects.filter(user=track.user_id).exclude(pk=track.pk))
    others = with_plan(tracks).order_by("pk")
    # SKIP LOCKED: the caller holds a track's lock already, so waiting for a second one could deadlock.
    unlocked = list(others.select_for_update(no_key=True, skip_locked=True, of=("self",)))
    known = facts.for_whole_history(unlocked, now=now)
    return next((each for each in unlocked if rules.earned(achievement.rule, known[each.pk])), None)

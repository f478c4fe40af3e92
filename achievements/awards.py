"""Who holds what: the only writer of awards. They follow the logs.

A log is asked two things: which achievements that are not held it earns, and which held ones may have rested on
it. What is asked of the database for that is bounded, whatever the history: the achievements there are (one
query), and the days around the one that was logged (one more, where a rule needs them). Only where the ground
for an award seems gone is the whole history read.
"""

from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.db.models import Q

from achievements import facts, queries, rules, signals
from achievements.models import Achievement, UserAchievement
from achievements.rules import KINDS, Facts
from tracking.histories import plan_of
from tracking.models import HabitTrack
from tracking.queries import with_related
from users.models import User


@transaction.atomic(savepoint=False)  # a savepoint would take as many statements as all the rest
def follow_day(*, track: HabitTrack, day: date, now: datetime) -> None:
    """Brings awards in line with a day that was set, changed or cleared. Sends achievement_awarded.

    The caller holds the track's lock.
    """
    _follow(track, day, edited=False, now=now)


@transaction.atomic(savepoint=False)
def follow_change(*, track: HabitTrack, now: datetime) -> None:
    """Brings awards in line with another schedule, clock or pause of a track. Sends achievement_awarded.

    Those may change the streaks and the strength of any time, but completed days from today on only. The
    caller holds the track's lock.
    """
    _follow(track, track.user.clock.day_of(now), edited=True, now=now)


@transaction.atomic
def let_go(*, track: HabitTrack, now: datetime) -> None:
    """Moves the awards that rest on a track that goes to another that bears them, or withdraws them."""
    across = [kind for kind, entry in KINDS.items() if entry.across]
    held = UserAchievement.objects.filter(user=track.user_id, withdrawn_at=None).select_related("achievement")
    for award in held.filter(Q(track=track) | Q(achievement__kind__in=across)).order_by("pk"):
        _move_or_withdraw(award, track, is_going=True, now=now)
    UserAchievement.objects.filter(track=track).update(track=None)


@transaction.atomic
def forget(*, user: User) -> None:
    """Removes the awards of a person who leaves."""
    UserAchievement.objects.filter(user=user).delete()


@transaction.atomic
def look_again(*, user: User, day: date, now: datetime) -> None:
    """Awards what several habits of a person have earned together on a day, once all who log at this moment are done.

    Of two logs that are made at once neither sees the other.
    """
    queries.wait_for_others(user)
    habits = facts.habits_done(user.pk, day).count()
    across = Achievement.objects.filter(retired_at=None, kind__in=[kind for kind in KINDS if KINDS[kind].across])
    for achievement in across.filter(target__lte=habits).order_by("pk"):
        _award(achievement, user, None, now=now)


def _follow(track: HabitTrack, day: date, *, edited: bool, now: datetime) -> None:
    today = track.user.clock.day_of(now)
    lasted = (today - plan_of(track).first).days + 1
    to_earn: list[Achievement] = []
    to_keep: list[UserAchievement] = []
    for achievement, award, is_alone in queries.of_track(track):
        kind = KINDS[achievement.kind]
        if award is None or award.withdrawn_at is not None:
            if lasted >= kind.lasts(achievement.rule):
                to_earn.append(achievement)
            if not is_alone:
                transaction.on_commit(partial(look_again, user=track.user, day=day, now=now), robust=True)
        elif kind.across or award.track_id == track.pk:
            may_rest_on_it = award.rests_until is None or day <= award.rests_until
            if may_rest_on_it or (edited and kind.from_figures):
                to_keep.append(award)
    asked = rules.needs_of([each.rule for each in to_earn] + [each.achievement.rule for each in to_keep])
    known = facts.around(track, day, asked, now=now)
    for achievement in to_earn:
        if rules.earned(achievement.rule, known):
            _award(achievement, track.user, None if KINDS[achievement.kind].across else track, now=now)
    for award in to_keep:
        _keep(award, track, day, known, now=now)


def _award(achievement: Achievement, user: User, track: HabitTrack | None, *, now: datetime) -> None:
    """Gives the achievement to a person who does not hold it; the constraint, not this look, keeps it one."""
    today = user.clock.day_of(now)
    resting = {
        "track": track,
        "day": today,
        "awarded_at": now,
        "rests_until": None if KINDS[achievement.kind].from_figures else today,
    }
    award, is_new = UserAchievement.objects.get_or_create(user=user, achievement=achievement, defaults=resting)
    if not is_new:
        withdrawn = UserAchievement.objects.filter(pk=award.pk, withdrawn_at__isnull=False)
        if not withdrawn.update(withdrawn_at=None, **resting):
            return  # another was quicker
        award.refresh_from_db()
    signals.achievement_awarded.send(UserAchievement, award=award, now=now)


def _keep(award: UserAchievement, track: HabitTrack, day: date, known: Facts, *, now: datetime) -> None:
    """Lets an award stand that still has ground; `known` are the facts around the day that was changed."""
    rule, from_figures = award.achievement.rule, KINDS[award.achievement.kind].from_figures
    rests_until = award.rests_until
    if rules.earned(rule, known):
        if from_figures:
            rests_until = None
        elif day not in known.days:
            rests_until = known.today  # on other days than before, perhaps
    elif not from_figures and not rules.earned(rule, known.with_the_opposite(day)):
        return  # the day was no ground for it
    elif _bears(award.achievement, track, now=now):
        rests_until = known.today
    else:
        _move_or_withdraw(award, track, is_going=False, now=now)
        return
    if rests_until != award.rests_until:
        UserAchievement.objects.filter(pk=award.pk).update(rests_until=rests_until)


def _move_or_withdraw(award: UserAchievement, track: HabitTrack, *, is_going: bool, now: datetime) -> None:
    """Takes an award off a track that bears it no more; another of the person's may."""
    mine = UserAchievement.objects.filter(pk=award.pk, withdrawn_at=None)
    today = track.user.clock.day_of(now)
    if KINDS[award.achievement.kind].across:
        most = facts.most_habits_in_a_day(track.user_id, until=today, without=track if is_going else None)
        if most >= award.achievement.target:
            mine.update(rests_until=today)
            return
    elif award.achievement.habit_id is None:
        other = _another_that_bears(award.achievement, track, now=now)
        if other:
            mine.update(track=other, rests_until=today)
            return
    mine.update(withdrawn_at=now)


def _bears(achievement: Achievement, track: HabitTrack, *, now: datetime) -> bool:
    """Whether a track earns the achievement by all that ever was logged on it."""
    if KINDS[achievement.kind].across:
        return False  # asked of the person, not of the track
    return rules.earned(achievement.rule, facts.everywhere([track], now=now)[track.pk])


def _another_that_bears(achievement: Achievement, track: HabitTrack, *, now: datetime) -> HabitTrack | None:
    """Another track of the person's that earns it; one on which somebody writes at this moment is not asked."""
    others = with_related(HabitTrack.objects.filter(user=track.user_id).exclude(pk=track.pk)).order_by("pk")
    free = list(others.select_for_update(no_key=True, skip_locked=True, of=("self",)))
    known = facts.everywhere(free, now=now)
    return next((each for each in free if rules.earned(achievement.rule, known[each.pk])), None)

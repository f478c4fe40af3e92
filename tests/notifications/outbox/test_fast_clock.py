"""A clock that runs ahead for one tick or one write has no lasting effect once it is right again.

The same random actions run twice; the second time the clock is a year (or some hours) ahead for a moment. After the
tasks of a minute both runs must have the same rows. A failure prints its seed; CLOCK_SEED repeats it, and CLOCK_LIVES=50
runs more of them.
"""

import os
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from achievements.models import UserAchievement
from community.challenges import services as challenges
from community.models import Challenge, ChallengeMember, LeaderboardBucket, LeaderboardEntry
from community.tasks import maintain_challenges, settle_leaderboards
from habits.models import Habit
from notifications.channels.telegram.chats import connect_chat
from notifications.digest import services as digest
from notifications.models import Delivery, Digest, Reminder
from notifications.reminders.ticking import queue_all_due
from tests import make
from tracking.goals import services as goals
from tracking.logs.services import DayEntry, clear_day, set_days
from tracking.models import Goal, HabitTrack, StreakCheckpoint
from tracking.streaks import services as streak_stats
from tracking.streaks.services import find_differences
from tracking.tasks import apply_pending_changes
from tracking.tracks import clock_repair
from users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_ahead")]

SEED = int(os.environ.get("CLOCK_SEED", random.randrange(10**6)))
LIVES = int(os.environ.get("CLOCK_LIVES", 2))
START = make.utc("2026-10-05 12:00")
SCHEDULES: list[dict[str, Any]] = [
    {"frequency": "daily"},
    {"frequency": "daily", "weekdays": frozenset({0, 2, 4})},
    {"frequency": "daily", "interval": 3},
    {"frequency": "weekly", "times_per_period": 3},
    {"frequency": "monthly", "times_per_period": 5},
    {"frequency": "yearly", "times_per_period": 53},
]
AHEAD = [timedelta(hours=20), timedelta(days=40), timedelta(days=365)]
ZONES = ["UTC", "Pacific/Kiritimati", "America/New_York", "Asia/Kathmandu"]


class _Rollback(Exception):
    """Rolls back the transaction of a run."""


def rows_of(live: Callable[[], None], read: Callable[[], Any]) -> Any:
    """Return what `read` returns after a run, then roll the run back."""
    found = None
    try:
        with transaction.atomic():
            live()
            found = read()
            raise _Rollback
    except _Rollback:
        return found


def tracks() -> Any:
    """Return the stored tracks and checkpoints without the instants of their counting."""
    columns = [field.attname for field in HabitTrack._meta.concrete_fields]
    columns = [name for name in columns if name not in {"counted_at", "created_at", "id", "user_id", "habit_id"}]
    return (
        list(HabitTrack.objects.order_by("habit__name", "user__username").values(*columns)),
        list(
            StreakCheckpoint.objects.order_by("track__habit__name", "day").values_list(
                "track__habit__name", "day", "current", "longest_streaks", "unit", "strength"
            )
        ),
    )


def at(moment: datetime, do: Callable[[], Any]) -> Any:
    with time_machine.travel(moment, tick=False):
        return do()


@pytest.mark.parametrize("number", range(LIVES))
def test_a_log_made_by_a_fast_clock_and_undone_leaves_streaks_unchanged(number: int) -> None:
    rng = random.Random(f"{SEED}-{number}")
    print(f"CLOCK_SEED={SEED}, life {number}")
    zone, ahead = rng.choice(ZONES), rng.choice(AHEAD)
    days = [[rng.random() < 0.8 for _ in range(35)] for _ in SCHEDULES]
    back_in = timedelta(hours=rng.choice([0, 0, rng.randint(1, 40)]))

    def life(*, jumps: bool) -> Callable[[], None]:
        def live() -> None:
            user = at(START, lambda: make.person("alice", time_zone=zone))
            mine = at(START, lambda: [make.track(user, name=str(i), schedule=each) for i, each in enumerate(SCHEDULES)])
            now = START + timedelta(days=34)
            at(now, lambda: fill(mine, days))
            if jumps:
                at(now + ahead, lambda: touch(user, mine))
            at(now + back_in, apply_pending_changes)

        return live

    def touch(user: User, mine: list[HabitTrack]) -> None:
        """Make one log and run one minute's tasks with the fast clock; an earlier log of that day is kept."""
        day = user.clock.day_of(timezone.now())
        for track in mine:
            if not track.logs.filter(day=day).exists():
                make.log(track, day)
                make.client(user).delete(f"/api/tracks/{track.pk}/logs/{day}/")
        apply_pending_changes()

    def fill(mine: list[HabitTrack], days: list[list[bool]]) -> None:
        for track, done in zip(mine, days, strict=True):
            today = track.user.clock.day_of(timezone.now())
            logged = [today - timedelta(days=back) for back, is_done in enumerate(done) if is_done]
            entries = [DayEntry(day=day, status="completed") for day in logged]
            set_days(user=track.user, track_id=track.pk, days=entries, source="api", now=timezone.now())

    def read() -> Any:
        now = START + timedelta(days=34) + back_in
        assert list(find_differences(now=now, repair=False)) == []
        stored = tracks()
        for row in stored[0]:  # without the day of the last count, which may differ
            row.pop("strength"), row.pop("strength_on")
        return stored, [track.streak_at(now) for track in HabitTrack.objects.order_by("habit__name")]

    with_jump, without = rows_of(life(jumps=True), read), rows_of(life(jumps=False), read)
    assert with_jump[1] == without[1]
    if back_in < timedelta(hours=1):
        assert with_jump == without


def test_a_track_counted_by_a_fast_clock_is_recounted_once(alice: User) -> None:
    now = make.utc("2026-11-21 12:00")
    with time_machine.travel("2026-11-18 12:00Z", tick=False):
        track = make.track(alice)
    for day in (19, 20, 21):
        with time_machine.travel(f"2026-11-{day} 08:00Z", tick=False):
            make.log(track, f"2026-11-{day}")
    with time_machine.travel("2027-11-21 12:00Z", tick=False):
        make.log(track, "2026-11-18")
    track.refresh_from_db()
    assert track.streak_at(now).current == 0, "as the fast clock counted it"
    with time_machine.travel(now, tick=False):
        apply_pending_changes()
        track.refresh_from_db()
        assert (track.streak_at(now).current, track.counted_at) == (4, now)
        assert track.lapses_at == make.utc("2026-11-23 00:00")
        assert track.strength_on == date(2026, 11, 21)
        apply_pending_changes()
    assert HabitTrack.objects.get().counted_at == now


def test_a_log_made_by_a_fast_clock_is_kept_and_counts_on_its_day(alice: User) -> None:
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        track = make.track(alice)
        make.log(track, "2026-11-21")
    with time_machine.travel("2026-11-22 12:00Z", tick=False):
        make.log(track, "2026-11-22")
    with time_machine.travel("2026-11-21 13:00Z", tick=False):
        apply_pending_changes()
        track.refresh_from_db()
        assert track.streak_at(timezone.now()).current == 1
    with time_machine.travel("2026-11-22 00:00Z", tick=False):
        apply_pending_changes()
        track.refresh_from_db()
        assert track.streak_at(timezone.now()).current == 2


def test_differences_within_the_tolerance_repair_nothing(alice: User, django_assert_num_queries: Any) -> None:
    with time_machine.travel("2026-11-21 12:00:05Z", tick=False):
        track = make.track(alice)
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        apply_pending_changes()
    track.refresh_from_db()
    assert track.counted_at == make.utc("2026-11-21 12:00:05")


def test_tracks_started_by_a_fast_clock_start_today(alice: User) -> None:
    """A habit, its track and a goal were created while the clock was a year ahead."""
    with time_machine.travel("2027-11-21 12:00Z", tick=False):
        track = make.track(alice, schedule={"frequency": "daily", "interval": 3})
        goal = goals.create(user=alice, track_id=track.pk, days=2, now=timezone.now())
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        apply_pending_changes()
        track.refresh_from_db()
        assert track.started_on == Habit.objects.get().created_on == date(2026, 11, 21)
        assert Goal.objects.get(pk=goal.pk).first_day == date(2026, 11, 21)
        today = make.client(alice).get("/api/today/").json()
        assert len(today) == 1 or len(today["results"]) == 1, today


def test_a_habit_with_a_future_start_date_keeps_it(alice: User) -> None:
    with time_machine.travel("2027-11-21 12:00Z", tick=False):
        track = make.track(alice, start_date=date(2027, 12, 1))
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        apply_pending_changes()
    track.refresh_from_db()
    assert (track.started_on, track.begins_on) == (date(2026, 11, 21), date(2027, 12, 1))


def test_a_track_left_by_a_fast_clock_is_paused_from_today(alice: User, bob: User) -> None:
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        habit = make.habit(alice, is_published=True)
        bobs = make.follower(bob, habit)
        make.log(bobs, "2026-11-20")
    with time_machine.travel("2027-11-21 12:00Z", tick=False):
        make.client(bob).delete(f"/api/tracks/{bobs.pk}/")
    bobs.refresh_from_db()
    assert bobs.left_at == make.utc("2027-11-21 12:00")
    with time_machine.travel("2026-11-21 12:00Z", tick=False):
        apply_pending_changes()
    bobs.refresh_from_db()
    assert bobs.left_at == make.utc("2026-11-21 12:00")
    [pause] = bobs.pauses.all()
    assert (pause.first_day, pause.last_day) == (date(2026, 11, 21), None)
    with time_machine.travel("2026-12-21 12:00Z", tick=False):
        make.follower(bob, habit)
        make.log(bobs, "2026-12-21")
        bobs.refresh_from_db()
        assert bobs.streak_at(timezone.now()).current == 2


def everybody() -> Any:
    """Return the rows that tasks maintain for all users, with names instead of ids."""
    return {
        "digests": list(Digest.objects.order_by("user__username").values_list("user__username", "next_at", "next_day")),
        "challenges": list(
            Challenge.objects.order_by("name").values_list("name", "results_at", "notified_at", "cancelled_at")
        ),
        "members": list(
            ChallengeMember.objects.order_by("challenge__name", "user__username").values_list(
                "challenge__name",
                "user__username",
                "completed",
                "strength",
                "recount_at",
                "is_final",
                "rank",
                "is_notified",
            )
        ),
        "entries": list(
            LeaderboardEntry.objects.order_by("user__username", "board", "key").values_list(
                "user__username", "board", "key", "value", "valid_until"
            )
        ),
        "buckets": list(
            LeaderboardBucket.objects.order_by("board", "key", "value").values_list("board", "key", "value", "people")
        ),
        "awards": sorted(
            UserAchievement.objects.filter(revoked_at=None).values_list("user__username", "achievement__kind")
        ),
    }


def minute() -> None:
    """Run the tasks of a minute, except those about reminders."""
    apply_pending_changes()
    maintain_challenges()
    now = timezone.now()
    digest.replan_after_fast_clock(now=now, since=START + timedelta(days=10))
    digest.queue_due(now=now)
    settle_leaderboards()


@pytest.mark.parametrize("number", range(LIVES))
def test_after_a_fast_clock_all_rows_are_as_without_it(number: int) -> None:
    rng = random.Random(f"{SEED}-world-{number}")
    print(f"CLOCK_SEED={SEED}, world {number}")
    ahead, is_written = rng.choice(AHEAD), number % 2 == 0
    zones = [rng.choice(ZONES) for _ in range(3)]
    done = [[rng.random() < 0.7 for _ in range(12)] for _ in zones]
    now = START + timedelta(days=12)

    def life(*, jumps: bool) -> Callable[[], None]:
        def live() -> None:
            people = at(START, join)
            for day in range(12):
                at(START + timedelta(days=day), partial(log, people, day))
            at(now - timedelta(minutes=1), minute)
            if jumps:
                at(now + ahead, partial(jump, people))
            at(now, minute)
            at(now, minute)

        return live

    def join() -> list[User]:
        people = [make.person(f"person{i}", time_zone=zone, is_ranked=True) for i, zone in enumerate(zones)]
        habit = make.habit(people[0], name="Meditate", is_published=True, schedule={"frequency": "daily"})
        first = START.date() + timedelta(days=1)
        for name, days in (("short", 5), ("long", 25)):
            made = challenges.create(
                creator=people[0],
                habit_id=habit.pk,
                name=name,
                first_day=first,
                last_day=first + timedelta(days=days),
                is_public=True,
                now=timezone.now(),
            )
            for user in people[1:]:
                challenges.join(user=user, challenge_id=made.pk, now=timezone.now())
        for user in people:
            digest.update(user=user, is_on=True, weekday=2, hour=rng_hour, now=timezone.now())
        return people

    rng_hour = rng.randint(0, 23)

    def log(people: list[User], day: int) -> None:
        for user, said in zip(people, done, strict=True):
            if said[day]:
                make.log(HabitTrack.objects.get(user=user), user.clock.day_of(timezone.now()))

    def jump(people: list[User]) -> None:
        if is_written:
            for user in people:
                track = HabitTrack.objects.get(user=user)
                make.log(track, user.clock.day_of(timezone.now()))
                clear_day(user=user, track_id=track.pk, day=user.clock.day_of(timezone.now()), now=timezone.now())
        minute()

    assert rows_of(life(jumps=True), everybody) == rows_of(life(jumps=False), everybody)


@pytest.mark.parametrize("where", ["ahead", "coming"])
def test_a_track_that_cannot_be_counted_does_not_delay_others(
    alice: User, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """There are more failing tracks than a batch holds."""
    monkeypatch.setattr(streak_stats, "BATCH", 2)
    monkeypatch.setattr(clock_repair, "BATCH", 2)
    now = make.utc("2026-11-21 12:00")
    with time_machine.travel(now, tick=False):
        mine = [make.track(alice, name=str(number)) for number in range(4)]
    broken = {track.pk for track in mine[:3]}
    if where == "ahead":
        HabitTrack.objects.update(counted_at=now + timedelta(days=365))
    else:
        HabitTrack.objects.update(recount_at=now)
    refresh = streak_stats.refresh_streak_stats

    def fails(*, track: HabitTrack, **options: Any) -> None:
        if track.pk in broken:
            raise ZeroDivisionError
        refresh(track=track, **options)

    def waiting() -> set[int]:
        ahead = HabitTrack.objects.filter(counted_at__gt=now + timedelta(days=1))
        return set(
            (ahead if where == "ahead" else HabitTrack.objects.filter(recount_at=now)).values_list("pk", flat=True)
        )

    monkeypatch.setattr(streak_stats, "refresh_streak_stats", fails)
    with time_machine.travel(now, tick=False):
        apply_pending_changes()
    assert waiting() == broken
    monkeypatch.setattr(streak_stats, "refresh_streak_stats", refresh)
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        apply_pending_changes()
    assert waiting() == set()


def test_a_reminder_of_a_track_counted_by_a_fast_clock_is_not_missed(alice: User) -> None:
    """The track is recounted first, which plans its reminders; those planned by the fast clock are left to the tick."""
    day = "2026-11-21"
    connect_chat(user=alice, chat_id=1001, confirmed=True, now=timezone.now())
    with time_machine.travel(f"{day} 06:00Z", tick=False):
        track = make.track(User.objects.get(pk=alice.pk), time="07:30")
        queue_all_due()
    with time_machine.travel("2027-11-21 08:00Z", tick=False):
        queue_all_due()
        make.log(track, "2027-11-20")
    with time_machine.travel(f"{day} 08:00Z", tick=False):
        apply_pending_changes()
        queue_all_due()
        assert Reminder.objects.get(track=track).next_at == make.utc("2026-11-22 07:30")
    assert Delivery.objects.filter(kind="reminder", due_at=make.utc(f"{day} 07:30"), state="pending").count() == 1

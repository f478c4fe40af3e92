"""Awards: granted at the log that earns them, revoked with the logs that they depend on, at a bounded cost."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.core.serializers import deserialize
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from achievements.awards import awarding as awards
from achievements.awards import facts
from achievements.awards.rules import Needs, combined_needs
from achievements.models import Achievement, UserAchievement
from habits.recurrence import Frequency
from habits.services import delete_habit, edit_habit
from notifications.models import Delivery
from tests import make
from tracking.logs.services import DayEntry, set_days
from tracking.models import HabitLog, HabitTrack
from tracking.pauses import services as pauses
from tracking.tracks.histories import RecentHistory, load_history
from users.models import User
from users.services import delete_account

TODAY = date(2026, 11, 21)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(f"{TODAY} 12:00Z", tick=False) as traveller:
        yield traveller


def day(back: int) -> date:
    return timezone.now().date() - timedelta(days=back)


def only(kind: str, target: int = 1, **numbers: Any) -> Achievement:
    """Create an achievement and delete all others."""
    Achievement.objects.all().delete()
    return another(kind, target, **numbers)


def another(kind: str, target: int = 1, **numbers: Any) -> Achievement:
    return Achievement.objects.create(name_en=f"{kind} {target}", kind=kind, target=target, **numbers)


def log_days(track: HabitTrack, backs: Sequence[int], status: str = "completed") -> None:
    """Log several days with one status; `backs` are numbers of days before today."""
    entries = [DayEntry(day=day(back), status=status) for back in backs]
    set_days(user=track.user, track_id=track.pk, days=entries, source="api", now=timezone.now())


def mine(api: APIClient) -> list[tuple[int, str]]:
    """Return (achievement, day) of the achievements held, newest first."""
    answer = api.get("/api/achievements/mine/", {"page_size": 100})
    assert answer.status_code == 200
    return [(each["achievement"]["id"], each["day"]) for each in answer.json()["results"]]


def put(api: APIClient, track: HabitTrack, back: int, status: str = "completed") -> None:
    assert api.put(f"/api/tracks/{track.pk}/logs/{day(back)}/", {"status": status}).status_code == 200


def clear(api: APIClient, track: HabitTrack, back: int) -> None:
    assert api.delete(f"/api/tracks/{track.pk}/logs/{day(back)}/").status_code == 200


# For each kind: the days that earn it, in days before today, and the one whose loss revokes it.
EARNING: list[tuple[str, dict[str, Any], dict[str, Any], list[int], int]] = [
    ("streak", {"target": 7, "unit": "day"}, {}, [6, 5, 4, 3, 2, 1, 0], 3),
    ("streak", {"target": 2, "unit": "week"}, {"frequency": "weekly", "times_per_period": 1}, [9, 0], 9),
    ("days", {"target": 3}, {}, [20, 9, 0], 9),
    ("days_in_window", {"target": 3, "window_days": 5}, {}, [4, 2, 0], 2),
    ("full_month", {}, {}, [*range(51, 20, -1)], 40),
    ("strength", {"target": 30}, {}, [6, 5, 4, 3, 2, 1, 0], 2),
    ("comeback", {"target": 14}, {}, [15, 0], 15),
]


@pytest.mark.parametrize(("kind", "numbers", "schedule", "backs", "lost"), EARNING)
def test_the_last_log_earns_it_and_losing_a_needed_day_revokes_it(
    api: APIClient,
    alice: User,
    kind: str,
    numbers: dict[str, Any],
    schedule: dict[str, Any],
    backs: list[int],
    lost: int,
) -> None:
    achievement = only(kind, **numbers)
    track = make.track(alice, schedule=schedule)
    log_days(track, backs[:-1])
    assert mine(api) == []
    put(api, track, backs[-1])
    assert mine(api) == [(achievement.pk, str(TODAY))]
    put(api, track, lost, "missed")
    assert mine(api) == []
    put(api, track, lost)
    assert mine(api) == [(achievement.pk, str(TODAY))]
    clear(api, track, lost)
    assert mine(api) == []
    assert UserAchievement.objects.count() == 1  # the same row, so that the user is notified once


@pytest.mark.parametrize(("kind", "numbers", "schedule", "backs", "lost"), EARNING)
def test_a_log_that_fills_a_gap_earns_it(
    api: APIClient,
    alice: User,
    kind: str,
    numbers: dict[str, Any],
    schedule: dict[str, Any],
    backs: list[int],
    lost: int,
) -> None:
    achievement = only(kind, **numbers)
    track = make.track(alice, schedule=schedule)
    log_days(track, [back for back in backs if back != lost])
    assert mine(api) == []
    put(api, track, lost)
    assert mine(api) == [(achievement.pk, str(TODAY))]


def test_completing_different_habits_on_one_day_earns_it(api: APIClient, alice: User) -> None:
    achievement = only("habits_in_a_day", 3)
    tracks = [make.track(alice, name=f"Habit {number}") for number in range(3)]
    for track in tracks:
        assert mine(api) == []
        put(api, track, 1)
    assert api.get("/api/achievements/mine/").json()["results"][0]["habit"] is None
    assert mine(api) == [(achievement.pk, str(TODAY))]
    put(api, tracks[1], 1, "skipped")
    assert mine(api) == []


def test_it_is_kept_while_another_day_has_enough_habits(api: APIClient, alice: User) -> None:
    only("habits_in_a_day", 2)
    tracks = [make.track(alice, name=f"Habit {number}") for number in range(2)]
    for track in tracks:
        log_days(track, [5, 1])
    clear(api, tracks[0], 1)
    assert len(mine(api)) == 1
    clear(api, tracks[1], 5)
    assert mine(api) == []


def test_partial_skipped_and_missed_days_do_not_count(api: APIClient, alice: User) -> None:
    only("days", 2)
    track = make.track(alice, schedule={"daily_amount": 10})
    put(api, track, 5)
    for status in ("skipped", "missed"):
        put(api, track, 1, status)
    assert api.put(f"/api/tracks/{track.pk}/logs/{TODAY}/", {"amount": "9.99"}).status_code == 200
    assert mine(api) == []
    assert api.post(f"/api/tracks/{track.pk}/logs/{TODAY}/add/", {"amount": "0.01"}).status_code == 200
    assert len(mine(api)) == 1


def test_each_user_earns_it_separately(api: APIClient, alice: User, bob: User) -> None:
    achievement = only("days", 2)
    habit = make.habit(alice, is_published=True)
    hers, his = HabitTrack.objects.get(habit=habit), make.follower(bob, habit)
    log_days(hers, [0])
    log_days(his, [1])
    assert mine(api) == mine(make.client(bob)) == []
    log_days(his, [0])
    assert (mine(api), mine(make.client(bob))) == ([], [(achievement.pk, str(TODAY))])
    log_days(hers, [1])
    assert len(mine(api)) == 1
    clear(make.client(bob), his, 0)
    assert (len(mine(api)), mine(make.client(bob))) == (1, [])


def test_an_achievement_of_a_habit_is_earned_on_that_habit_only(api: APIClient, alice: User) -> None:
    right, wrong = make.track(alice, name="Right"), make.track(alice, name="Wrong")
    only("days", 2, habit=right.habit)
    log_days(wrong, [0, 1, 2])
    assert mine(api) == []
    log_days(right, [0, 1])
    assert len(mine(api)) == 1


def test_days_of_several_habits_do_not_add_up(api: APIClient, alice: User) -> None:
    only("days", 2)
    for name in ("One", "Other"):
        log_days(make.track(alice, name=name), [0])
    assert mine(api) == []


def test_its_day_is_the_users_local_day() -> None:
    only("days", 1)
    bob = make.person("bob", time_zone="Pacific/Kiritimati")
    make.log(make.track(bob), "2026-11-20")
    assert mine(make.client(bob))[0][1] == "2026-11-22"


def test_logging_many_days_at_once_earns_it_once(api: APIClient, alice: User) -> None:
    only("streak", 7, unit="day")
    log_days(make.track(alice), range(30))
    assert len(mine(api)) == UserAchievement.objects.count() == 1


def test_the_newest_award_comes_first(api: APIClient, alice: User, clock: Any) -> None:
    first, second = only("days", 1), another("days", 2)
    track = make.track(alice)
    put(api, track, 0)
    clock.shift(timedelta(days=1))
    put(api, track, 0)
    assert mine(api) == [(second.pk, "2026-11-22"), (first.pk, "2026-11-21")]


# What revokes an award, and what does not.


def test_it_stays_when_the_streak_ends_and_the_strength_fades(api: APIClient, alice: User, clock: Any) -> None:
    only("streak", 7, unit="day")
    another("strength", 30)
    track = make.track(alice)
    log_days(track, range(7))
    assert len(mine(api)) == 2
    clock.shift(timedelta(days=60))
    for back in (50, 30, 1, 0):
        put(api, track, back, "missed")
    track.refresh_from_db()
    assert track.streak == 0 and track.strength < 0.1
    assert len(mine(api)) == 2


def test_logs_of_days_that_it_does_not_depend_on_change_nothing(api: APIClient, alice: User) -> None:
    only("streak", 7, unit="day")
    track = make.track(alice)
    log_days(track, range(7))
    put(api, track, 9)
    put(api, track, 9, "missed")
    clear(api, track, 9)
    assert len(mine(api)) == 1


def test_later_days_that_also_earn_it_keep_it_until_they_are_lost_too(api: APIClient, alice: User, clock: Any) -> None:
    for kind, numbers in (("streak", {"unit": "day"}), ("days_in_window", {"window_days": 7})):
        only(kind, 7, **numbers)
        track = make.track(alice, name=kind)
        log_days(track, range(9))  # earned on November 21 by the days before
        clock.shift(timedelta(days=20))
        log_days(track, range(7))  # and again by the days before December 11
        put(api, track, 24, "missed")
        assert len(mine(api)) == 1, kind
        put(api, track, 3, "missed")
        assert mine(api) == [], kind
        clock.shift(timedelta(days=-20))


def test_a_streak_in_another_unit_keeps_awards_of_the_old_unit(api: APIClient, alice: User, clock: Any) -> None:
    only("streak", 7, unit="day")
    track = make.track(alice)
    log_days(track, range(7))
    clock.shift(timedelta(days=1))
    edit_habit(owner=alice, habit_id=track.habit_id, now=timezone.now(), schedule={"frequency": Frequency.WEEKLY})
    clock.shift(timedelta(days=10))
    put(api, track, 0)
    track.refresh_from_db()
    assert (str(track.streak_unit), len(mine(api))) == ("week", 1)
    put(api, track, 14, "missed")
    assert mine(api) == []


def test_completing_a_day_of_the_break_revokes_the_comeback(api: APIClient, alice: User) -> None:
    only("comeback", 14)
    track = make.track(alice)
    log_days(track, [40, 20, 0])
    assert len(mine(api)) == 1
    put(api, track, 10)
    assert len(mine(api)) == 1  # there was another break
    put(api, track, 30)
    assert mine(api) == []


def test_removing_a_pause_revokes_the_streak_that_it_protected(api: APIClient, alice: User) -> None:
    only("streak", 7, unit="day")
    track = make.track(alice)
    pause = pauses.add(user=alice, track_id=None, first_day=day(4), last_day=day(3), now=timezone.now())
    log_days(track, [8, 7, 6, 5, 2, 1, 0])
    assert len(mine(api)) == 1
    pauses.remove(user=alice, pause_id=pause.pk, now=timezone.now())
    assert mine(api) == []
    pauses.add(user=alice, track_id=track.pk, first_day=day(4), last_day=day(3), now=timezone.now())
    assert len(mine(api)) == 1


def test_raising_the_daily_amount_revokes_what_today_earned(api: APIClient, alice: User) -> None:
    only("days", 1)
    track = make.track(alice)
    put(api, track, 0)
    assert len(mine(api)) == 1
    for amount, held in ((5, 0), (1, 1)):
        edit_habit(owner=alice, habit_id=track.habit_id, now=timezone.now(), schedule={"daily_amount": amount})
        assert len(mine(api)) == held


def test_it_is_reassigned_to_another_habit_that_also_earned_it(api: APIClient, alice: User) -> None:
    only("streak", 7, unit="day")
    first, second = make.track(alice, name="First"), make.track(alice, name="Second")
    log_days(first, range(7))
    log_days(second, range(7))
    assert api.get("/api/achievements/mine/").json()["results"][0]["habit"]["name"] == "First"
    clear(api, first, 3)
    assert api.get("/api/achievements/mine/").json()["results"][0]["habit"]["name"] == "Second"
    clear(api, second, 3)
    assert mine(api) == []


def test_deleting_a_habit_revokes_its_awards_unless_another_habit_qualifies(api: APIClient, alice: User) -> None:
    only("days", 2)
    another("habits_in_a_day", 2)
    first, second = make.track(alice, name="First"), make.track(alice, name="Second")
    for track in (first, second):
        log_days(track, [0, 1])
    another("days", 1, habit=first.habit)
    put(api, first, 2)
    assert len(mine(api)) == 3
    delete_habit(owner=alice, habit_id=first.habit_id, now=timezone.now())
    [award] = api.get("/api/achievements/mine/").json()["results"]
    assert (award["achievement"]["name"], award["habit"]["name"]) == ("days 2", "Second")
    assert not Achievement.objects.filter(habit__isnull=False).exists()
    delete_habit(owner=alice, habit_id=second.habit_id, now=timezone.now())
    assert mine(api) == []


def test_deleting_an_account_deletes_its_awards(alice: User, bob: User) -> None:
    only("days", 1)
    habit = make.habit(alice, is_published=True)
    log_days(HabitTrack.objects.get(habit=habit), [0])
    log_days(make.follower(bob, habit), [0])
    another("days", 2, habit=habit)
    delete_account(user=alice, password=make.PASSWORD, now=timezone.now())
    assert UserAchievement.objects.get().user == bob
    assert Achievement.objects.filter(habit=habit).exists()  # followers of the habit can still earn it


def test_a_retired_achievement_cannot_be_earned_but_can_be_revoked(api: APIClient, alice: User, bob: User) -> None:
    achievement = only("days", 1)
    track = make.track(alice)
    put(api, track, 0)
    Achievement.objects.update(retired_at=timezone.now())
    log_days(make.track(bob), [0])
    assert (mine(api), mine(make.client(bob))) == ([(achievement.pk, str(TODAY))], [])
    clear(api, track, 0)
    put(api, track, 0)
    assert mine(api) == []


def test_a_new_achievement_is_earned_by_the_next_log(api: APIClient, alice: User) -> None:
    Achievement.objects.all().delete()
    track = make.track(alice)
    log_days(track, range(1, 8))
    another("streak", 7, unit="day")
    another("days", 5)
    assert mine(api) == []
    put(api, track, 0)
    assert len(mine(api)) == 2


# Cost.


def statements(track: HabitTrack, back: int, status: str = "completed") -> list[str]:
    """Return the SQL statements that updating awards takes at a log."""
    return statements_of(track, [back], status)


def statements_of(track: HabitTrack, back: Sequence[int], status: str = "completed") -> list[str]:
    """Return the SQL statements that updating awards takes at one request with logs of these days before today."""
    track = HabitTrack.objects.select_related("user", "habit").prefetch_related("habit__schedules").get(pk=track.pk)
    made: list[str] = []
    update = awards.update_for_days

    def watched(**options: Any) -> None:
        with CaptureQueriesContext(connection) as queries:
            update(**options)
        made.extend(each["sql"] for each in queries)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(awards, "update_for_days", watched)
        log_days(track, back, status)
    return made


def with_history(user: User, days: int, **habit: Any) -> HabitTrack:
    """Create a track with four of every five days completed, up to yesterday."""
    track = make.track(user, **habit)
    logs = [
        HabitLog(track=track, day=day(back), status="completed", amount=1, source="api")
        for back in range(1, days + 1)
        if back % 5
    ]
    HabitLog.objects.bulk_create(logs)
    return track


def test_a_log_that_earns_nothing_costs_at_most_two_more_statements(alice: User, clock: Any) -> None:
    """With all kinds of the starting set, for a new user and for one who holds many of them."""
    assert {each.kind for each in Achievement.objects.all()} == {kind for kind, *_ in EARNING} | {"habits_in_a_day"}
    track = make.track(alice)
    assert 1 <= len(statements(track, 0)) <= 2
    log_days(track, range(1, 120))
    assert UserAchievement.objects.count() >= 6
    clock.shift(timedelta(days=1))
    for back, status in ((0, "completed"), (0, "skipped"), (0, "completed"), (130, "completed")):
        held = UserAchievement.objects.filter(revoked_at=None).count()
        assert 1 <= len(statements(track, back, status)) <= 2, (back, status)
        assert UserAchievement.objects.filter(revoked_at=None).count() == held


@pytest.mark.parametrize("backs", [range(0, 100), range(0, 100, 9), [0, 1, 2, 60], [0, 30, 31], [5], [80, 20]])
@pytest.mark.parametrize("since", [10, 40, 52, 200])
@pytest.mark.parametrize(
    "needs",
    [
        Needs(),
        Needs(days_around=0, nearest_days=True),
        Needs(days_around=29),
        Needs(month=True),
        Needs(days_around=20, month=True, nearest_days=True, max_total_days=40, habits=True),
        Needs(habits=True),
        Needs(max_total_days=3),
    ],
)
def test_facts_from_the_logs_of_the_recount_are_those_that_the_database_gives(
    alice: User, backs: Sequence[int], since: int, needs: Needs
) -> None:
    Achievement.objects.all().delete()
    track = make.track(alice)
    log_days(track, sorted(backs, reverse=True))
    track = HabitTrack.objects.get()
    recent = RecentHistory(day(since), load_history(track, since=day(since)))
    for days in ([day(0)], [day(5)], [day(20), day(5)], [day(70)]):
        read = facts.for_days(track, days, needs, now=timezone.now())
        assert facts.for_days(track, days, needs, recent=recent, now=timezone.now()) == read


def test_a_usual_check_off_takes_the_days_around_from_the_recount(alice: User, clock: Any) -> None:
    """Of a daily habit with a history: with the starting set, only the habits of the day are asked for."""
    track = make.track(alice)
    log_days(track, range(119, -1, -1))
    clock.shift(timedelta(days=1))
    [_, of_habits] = statements(track, 0)
    assert "COUNT" in of_habits and "BETWEEN" not in of_habits


def test_a_definition_that_another_process_edits_is_in_force_at_the_next_log(alice: User) -> None:
    """Nothing is kept of it: neither a service nor a signal is told of these edits."""
    achievement = only("days", 5)
    table = Achievement._meta.db_table
    track = make.track(alice)
    log_days(track, [4, 3, 2])
    assert not UserAchievement.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET target = 4")
    log_days(track, [1])
    assert UserAchievement.objects.get().achievement == achievement
    UserAchievement.objects.all().delete()
    Achievement.objects.filter(pk=achievement.pk).update(retired_at=timezone.now())
    log_days(track, [0])
    assert not UserAchievement.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")
    fields = {"name_en": "Five", "kind": "days", "target": 5, "created_at": "2026-11-01T00:00Z"}
    for imported in deserialize("json", json.dumps([{"model": "achievements.achievement", "fields": fields}])):
        imported.save()
    log_days(track, [0], "skipped")
    log_days(track, [0])
    assert UserAchievement.objects.get().achievement.name_en == "Five"


def test_logging_today_reads_the_same_amount_of_any_history(alice: User) -> None:
    needs = combined_needs(each.rule for each in Achievement.objects.all())
    read = []
    for days in (800, 1600):
        track = with_history(alice, days, name=f"{days} days")
        assert len(statements(track, 0, "skipped")) <= 2
        known = facts.for_days(track, [TODAY], needs, now=timezone.now())
        read.append((len(known.days), known.total_days))
    assert read[0] == read[1] == (len(known.days), 365)
    assert len(known.days) <= 2 * 31


def test_many_days_at_once_are_judged_once(alice: User) -> None:
    """Whatever their number; they earn what they earn one by one."""
    one_by_one, at_once = make.track(alice), make.track(alice, name="Read")
    for back in range(59, -1, -1):
        log_days(one_by_one, [back])
    earned = {award.achievement_id for award in UserAchievement.objects.filter(track=one_by_one)}
    assert earned
    UserAchievement.objects.all().delete()
    made = statements_of(at_once, range(60))
    assert {award.achievement_id for award in UserAchievement.objects.filter(track=at_once)} == earned
    of_an_award = 10
    assert len(made) <= 2 + of_an_award * len(earned) < 60


# Concurrency.


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_twenty_concurrent_logs_of_the_last_day_earn_it_once_and_send_one_message() -> None:
    only("streak", 7, unit="day")
    track = make.track(make.person("alice", chat=True))
    log_days(track, range(1, 7))
    path = f"/api/tracks/{track.pk}/logs/{TODAY}/"
    calls = [partial(make.client(track.user).put, path, {"status": "completed"}) for _ in range(20)]
    assert {answer.status_code for answer in make.at_once(calls)} == {200}
    award = UserAchievement.objects.get()
    assert [each.key for each in Delivery.objects.filter(kind="achievement")] == [f"award:{award.pk}"]


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(3))
def test_habits_that_earn_the_same_achievement_concurrently_give_one_award(round_: int) -> None:
    only("streak", 3, unit="day")
    alice = make.person("alice", chat=True)
    tracks = [make.track(alice, name=f"Habit {number}") for number in range(6)]
    for track in tracks:
        log_days(track, [1, 2])
    make.at_once([partial(make.log, track, TODAY) for track in tracks])
    assert UserAchievement.objects.get().revoked_at is None
    assert Delivery.objects.filter(kind="achievement").count() == 1


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(3))
def test_habits_logged_concurrently_earn_it_together(round_: int) -> None:
    """Neither of two concurrent transactions sees the other's log."""
    only("habits_in_a_day", 6)
    alice = make.person("alice")
    tracks = [make.track(alice, name=f"Habit {number}") for number in range(6)]
    make.at_once([partial(make.log, track, TODAY) for track in tracks])
    assert UserAchievement.objects.get().revoked_at is None

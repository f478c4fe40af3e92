"""Leaderboards: who is listed, how users are ranked, and that they are exact before anything is settled."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from io import StringIO
from itertools import count
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from community.challenges import services as challenges
from community.groups import services as groups
from community.leaderboards import settling as leaderboard_settling
from community.leaderboards.rules import (
    NEIGHBOURS,
    TOP,
    RankedUser,
    build_rows,
)
from community.leaderboards.settling import find_differences, settle, settle_all
from community.leaderboards.values import board_values
from community.models import Challenge, LeaderboardBucket, LeaderboardEntry, LeaderboardMark
from config.management.commands import demo
from habits.models import Habit
from habits.recurrence import Frequency
from habits.services import edit_habit
from tests import make
from tracking.logs.services import DayEntry, clear_day, set_days
from tracking.models import HabitTrack
from users.models import User
from users.services import edit_profile, remove_account

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOON = make.utc("2026-11-18 12:00")  # a Wednesday
numbers = count(1)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def ranked_track(user: User, *, days: int = 0, **options: Any) -> HabitTrack:
    """Rank the user on leaderboards, and create a track with `days` completed days up to today."""
    edit_profile(user=user, now=timezone.now(), is_ranked=True)
    track = make.track(user, name=f"Habit {next(numbers)}", **options)
    complete(track, days)
    return track


def complete(track: HabitTrack, days: int) -> None:
    """Complete the last `days` days up to the user's today."""
    today = track.user.clock.day_of(timezone.now())
    entries = [DayEntry(day=today - back * DAY, status="completed") for back in range(days)]
    set_days(user=track.user, track_id=track.pk, days=entries, source="api", now=timezone.now())


def someone(days: int = 0, **profile: Any) -> User:
    """Create another ranked user with a daily streak."""
    user = User.objects.create(
        email=f"p{next(numbers)}@example.org", username=f"p{next(numbers)}", is_active=True, **profile
    )
    ranked_track(user, days=days)
    return User.objects.get(pk=user.pk)


def board(user: User, name: str = "current", **query: Any) -> dict[str, Any]:
    answer = make.client(user).get(f"/api/leaderboards/{name}/", query)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def lines(rows: Sequence[dict[str, Any]]) -> list[tuple[int, str, int]]:
    return [(each["rank"], each["username"], each["value"]) for each in rows]


def top(user: User, name: str = "current", **query: Any) -> list[tuple[int, str, int]]:
    return lines(board(user, name, **query)["top"])


# Who is listed


def test_only_users_who_opted_in_are_on_the_global_leaderboard(alice: User, bob: User) -> None:
    complete(make.track(alice), 3)
    assert top(bob) == []
    ranked_track(bob, days=2)
    assert top(alice) == [(1, "bob", 2)]


def test_opting_in_and_out_takes_effect_at_once(alice: User, bob: User) -> None:
    complete(make.track(alice), 3)
    api = make.client(alice)
    for settled in (False, True):
        assert api.patch("/api/users/me/", {"is_ranked": True}).status_code == 200
        if settled:
            settle_all(now=timezone.now())
        assert top(bob) == [(1, "alice", 3)]
        assert api.patch("/api/users/me/", {"is_ranked": False}).status_code == 200
        assert top(bob) == []
        assert not LeaderboardEntry.objects.exists()
        assert not LeaderboardBucket.objects.exists()


def test_a_log_begun_before_opting_out_does_not_list_the_user(alice: User, bob: User) -> None:
    ranked_track(alice, days=3)
    make.client(alice).patch("/api/users/me/", {"is_ranked": False})
    LeaderboardMark.objects.create(user=alice)  # as such a log leaves behind
    assert top(bob) == []
    settle_all(now=timezone.now())
    assert top(bob) == []
    assert not LeaderboardEntry.objects.exists()


def test_a_user_who_is_not_listed_sees_the_rank_they_would_have(alice: User, bob: User) -> None:
    people = [someone(days) for days in (5, 3, 1)]
    complete(make.track(alice), 3)
    seen = board(alice)
    assert seen["is_listed"] is False
    assert seen["people"] == 3
    assert lines([seen["me"]]) == [(2, "alice", 3)]
    assert lines(seen["around"]) == [
        (1, people[0].username, 5),
        *sorted([(2, "alice", 3), (2, people[1].username, 3)], key=lambda line: line[1] == people[1].username),
        (4 - 1, people[2].username, 1),
    ]
    for viewer in (bob, people[2]):
        assert "alice" not in str(board(viewer))


def test_only_usernames_are_shown(alice: User, bob: User) -> None:
    ranked_track(alice, days=1)
    [line] = board(bob)["top"]
    assert line == {"rank": 1, "username": "alice", "value": 1, "is_me": False}


def test_banned_and_deleted_users_are_on_no_leaderboard(alice: User, bob: User, admin_client: APIClient) -> None:
    ranked_track(alice, days=2)
    ranked_track(bob, days=1)
    settle_all(now=timezone.now())
    answer = admin_client.post("/admin/users/user/", {"action": "ban", "_selected_action": [alice.pk]})
    assert answer.status_code == 302
    assert top(bob) == [(1, "bob", 1)]
    remove_account(user=bob, now=timezone.now())
    assert not LeaderboardEntry.objects.exists()
    assert not LeaderboardMark.objects.exists()


def test_left_tracks_do_not_count(alice: User, bob: User) -> None:
    ranked_track(bob)
    track = make.follower(bob, make.habit(alice, is_published=True))
    complete(track, 4)
    settle_all(now=timezone.now())
    assert top(alice) == [(1, "bob", 4)]
    make.client(bob).delete(f"/api/tracks/{track.pk}/")
    for name in ("current", "longest", "week", "month"):
        assert top(alice, name) == []


def test_the_demo_users_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "DAYS", 3)
    user = demo.make_demo(make.PASSWORD)
    assert {"demo", *demo.OTHERS} == {username for _, username, _ in top(user, "longest")}


# Ranks


def test_ties_share_a_rank(alice: User) -> None:
    people = [someone(days) for days in (2, 4, 4, 1)]
    names = [person.username for person in people]
    assert top(alice) == [(1, names[1], 4), (1, names[2], 4), (3, names[0], 2), (4, names[3], 1)]
    settle_all(now=timezone.now())
    assert top(alice) == [(1, names[1], 4), (1, names[2], 4), (3, names[0], 2), (4, names[3], 1)]
    assert lines(board(people[2])["around"]) == top(alice)


def test_a_user_is_ranked_once_by_their_best_track(alice: User) -> None:
    for days in (3, 7, 5):
        ranked_track(alice, days=days)
    assert top(alice) == [(1, "alice", 7)]
    settle_all(now=timezone.now())
    assert top(alice) == [(1, "alice", 7)]


def test_streaks_are_compared_within_their_unit(alice: User, bob: User) -> None:
    ranked_track(alice, days=3)
    ranked_track(bob, days=10, schedule={"frequency": "weekly", "times_per_period": 1})
    assert top(alice) == [(1, "alice", 3)]
    assert top(alice, unit="week") == [(1, "bob", 2)]
    assert board(alice, unit="week")["me"]["value"] == 0
    assert top(alice, unit="3 days") == []


def test_it_shows_the_top_100_and_five_users_on_each_side() -> None:
    everyone = [RankedUser(number, f"p{number}", 1000 - number) for number in range(1, 300)]
    values = [person.value for person in everyone]
    me = RankedUser(999, "alice", values[200])

    def above(wanted: Any) -> dict[int, int]:
        return {value: sum(each > value for each in values) for value in wanted}

    seen = build_rows(me, best=everyone, near=everyone, count_above=above)
    assert len(seen.top) == TOP == 100
    assert [place.rank for place in seen.around] == [197, 198, 199, 200, 201, 201, 202, 203, 204, 205, 206]
    assert [place.is_me for place in seen.around].index(True) == NEIGHBOURS


def test_reading_takes_a_fixed_number_of_queries(alice: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            assert api.get("/api/leaderboards/current/").status_code == 200
        return len(made)

    api = make.client(alice)
    ranked_track(alice, days=2)
    someone(1)
    few = queries()
    for days in (1, 2, 3, 4) * 3:
        someone(days)
    assert queries() == few


# Exact at every instant


def test_a_streak_counts_0_from_the_instant_at_which_it_lapses(alice: User, bob: User, clock: Any) -> None:
    track = ranked_track(alice, days=3)
    ranked_track(bob, days=1)
    settle_all(now=timezone.now())
    track.refresh_from_db()
    assert track.lapses_at is not None
    clock.move_to(track.lapses_at - timedelta(microseconds=1))
    assert [line[1] for line in top(bob)] == ["alice", "bob"]
    clock.move_to(track.lapses_at)
    assert top(bob) == []
    assert lines([board(alice)["me"]]) == [(1, "alice", 0)]
    assert top(bob, "longest") == [(1, "alice", 3), (2, "bob", 1)]


def test_where_the_best_track_lapses_the_next_best_counts(alice: User, bob: User, clock: Any) -> None:
    ranked_track(alice, days=6)
    clock.move_to(NOON + DAY)
    ranked_track(alice, days=2)
    settle_all(now=timezone.now())
    assert top(bob) == [(1, "alice", 6)]
    clock.move_to(make.utc("2026-11-20 00:00"))
    assert top(bob) == [(1, "alice", 2)]
    settle_all(now=timezone.now())
    assert top(bob) == [(1, "alice", 2)]


def test_a_change_of_unit_ends_the_current_streak_at_once_and_keeps_the_longest(
    alice: User, bob: User, clock: Any
) -> None:
    track = ranked_track(alice, days=3)
    clock.shift(timedelta(days=1))
    edit_habit(owner=alice, habit_id=track.habit_id, now=timezone.now(), schedule={"frequency": Frequency.WEEKLY})
    settle_all(now=timezone.now())
    assert top(bob, "longest", unit="day") == [(1, "alice", 3)]
    assert top(bob, unit="day") == []
    assert top(bob, "longest", unit="week") == []


def test_a_planned_change_of_unit_ends_the_current_streak_when_its_day_comes(
    alice: User, bob: User, clock: Any
) -> None:
    track = ranked_track(alice, days=3)
    day = timezone.now().date() + timedelta(days=1)
    weekly = {"frequency": Frequency.WEEKLY}
    edit_habit(owner=alice, habit_id=track.habit_id, now=timezone.now(), schedule=weekly, schedule_from=day)
    settle_all(now=timezone.now())
    assert top(bob, unit="day") == [(1, "alice", 3)]
    track.refresh_from_db()
    assert track.lapses_at == track.recount_at
    assert track.lapses_at is not None
    clock.move_to(track.lapses_at)
    for settled in (False, True):
        if settled:
            settle_all(now=timezone.now())
        assert top(bob, unit="day") == []
        assert top(bob, "longest", unit="day") == [(1, "alice", 3)]


def test_adding_and_deleting_a_log_take_effect_at_once(alice: User, bob: User) -> None:
    track = ranked_track(alice, days=2)
    settle_all(now=timezone.now())
    complete(track, 3)
    for name in ("current", "longest", "week", "month"):
        assert top(bob, name) == [(1, "alice", 3)]
    clear_day(user=alice, track_id=track.pk, day=NOON.date() - DAY, now=timezone.now())
    assert top(bob) == [(1, "alice", 1)]
    assert top(bob, "week") == [(1, "alice", 2)]


# Weeks and months


def test_completed_days_of_each_habit_count_from_monday(alice: User, bob: User) -> None:
    for days in (5, 2):  # to Saturday, and from Tuesday
        ranked_track(alice, days=days)
    assert top(bob, "week") == [(1, "alice", 3 + 2)]
    seen = board(bob, "week")
    assert (seen["first_day"], seen["last_day"], seen["unit"]) == ("2026-11-16", "2026-11-22", None)


def test_a_month_is_a_calendar_month(alice: User, bob: User) -> None:
    ranked_track(alice, days=40)
    assert top(bob, "month") == [(1, "alice", 18)]
    assert board(bob, "month")["last_day"] == "2026-11-30"


def test_the_week_is_the_viewers_and_each_users_own_days_count(alice: User, bob: User, clock: Any) -> None:
    """It is Monday on Kiritimati while it is still Sunday in Pago Pago."""
    edit_profile(user=alice, now=timezone.now(), time_zone="Pacific/Kiritimati")
    edit_profile(user=bob, now=timezone.now(), time_zone="Pacific/Pago_Pago")
    ahead, behind = ranked_track(User.objects.get(pk=alice.pk)), ranked_track(User.objects.get(pk=bob.pk))
    clock.move_to(make.utc("2026-11-22 11:30"))  # Monday 01:30 there, Sunday 00:30 here
    complete(ahead, 2)
    complete(behind, 3)
    alice, bob = User.objects.get(pk=alice.pk), User.objects.get(pk=bob.pk)
    for settled in (False, True):
        if settled:
            settle_all(now=timezone.now())
        assert top(alice, "week") == [(1, "alice", 1)]
        assert board(alice, "week")["me"]["rank"] == 1
        assert top(bob, "week") == [(1, "bob", 3), (2, "alice", 1)]
    clock.move_to(make.utc("2026-11-23 11:00"))
    complete(behind, 1)
    assert top(bob, "week") == [(1, "alice", 1), (1, "bob", 1)]


def test_a_day_in_the_future_after_travel_counts_once_it_begins(alice: User, bob: User, clock: Any) -> None:
    edit_profile(user=alice, now=timezone.now(), time_zone="Pacific/Kiritimati")
    track = ranked_track(User.objects.get(pk=alice.pk))
    complete(track, 2)  # the 18th and the 19th
    edit_profile(user=alice, now=timezone.now(), time_zone="Pacific/Pago_Pago")
    for settled in (False, True):
        if settled:
            settle_all(now=timezone.now())
        assert top(bob, "week") == [(1, "alice", 1)]
    clock.move_to(make.utc("2026-11-19 10:59"))
    assert top(bob, "week") == [(1, "alice", 1)]
    clock.move_to(make.utc("2026-11-19 11:00"))
    assert top(bob, "week") == [(1, "alice", 2)]


def test_entries_of_weeks_that_are_over_everywhere_are_deleted(alice: User, clock: Any) -> None:
    ranked_track(alice, days=3)
    settle_all(now=timezone.now())
    assert LeaderboardEntry.objects.filter(key="2026-11-16").exists()
    clock.move_to(make.utc("2026-11-23 12:00"))
    settle_all(now=timezone.now())
    assert LeaderboardEntry.objects.filter(key="2026-11-16").exists()  # for those at UTC-12
    clock.move_to(make.utc("2026-11-23 18:00"))
    settle_all(now=timezone.now())
    for table in (LeaderboardEntry, LeaderboardBucket):
        assert not table.objects.filter(key="2026-11-16").exists()
        assert table.objects.filter(key="2026-11-01").exists()


# Of groups and challenges


def test_a_groups_leaderboard_counts_only_tracks_followed_in_it(alice: User, bob: User, charlie: User) -> None:
    group = groups.create(owner=alice, name="Early birds", is_open=True, now=timezone.now())
    habit = make.habit(alice)
    groups.add_habit(user=alice, group_id=group.pk, habit_id=habit.pk, now=timezone.now())
    for user, days in ((alice, 2), (bob, 3)):
        if user is bob:
            groups.join(user=bob, group_id=group.pk, now=timezone.now())
        kept, _ = groups.follow_habit(user=user, group_id=group.pk, habit_id=habit.pk, now=timezone.now())
        complete(kept.track, days)
        complete(make.track(user), 9)
    seen = board(alice, group=group.pk)
    assert lines(seen["top"]) == lines(seen["around"]) == [(1, "bob", 3), (2, "alice", 2)]
    assert seen["is_listed"] is True
    assert top(alice, "week", group=group.pk) == [(1, "bob", 3), (2, "alice", 2)]
    answer = make.client(charlie).get("/api/leaderboards/current/", {"group": group.pk})
    assert make.refused(answer, 404) == [("not_found", None)]
    groups.remove_member(user=alice, group_id=group.pk, username="bob", now=timezone.now())
    assert make.client(bob).get("/api/leaderboards/current/", {"group": group.pk}).status_code == 404
    assert top(alice, group=group.pk) == [(1, "alice", 2)]


def started(creator: User, habit: Habit) -> Challenge:
    """Create a public challenge on the habit that began yesterday."""
    with time_machine.travel(timezone.now() - DAY, tick=False):
        today = creator.clock.day_of(timezone.now())
        return challenges.create(
            creator=creator,
            habit_id=habit.pk,
            name="In November",
            first_day=today,
            last_day=date(2026, 11, 30),
            is_public=True,
            now=timezone.now(),
        )


def test_a_challenges_leaderboard_counts_its_own_days_in_its_habits_unit(alice: User, bob: User, charlie: User) -> None:
    habit = make.habit(alice, is_published=True, schedule={"frequency": "weekly", "times_per_period": 1})
    complete(HabitTrack.objects.get(habit=habit, user=alice), 10)
    challenge = started(alice, habit)
    challenges.join(user=bob, challenge_id=challenge.pk, now=timezone.now())
    assert top(alice, challenge=challenge.pk) == [(1, "alice", 2)]
    assert board(bob, challenge=challenge.pk)["unit"] == "week"
    assert top(bob, "month", challenge=challenge.pk) == [(1, "alice", 2)]
    assert lines([board(bob, "month", challenge=challenge.pk)["me"]]) == [(2, "bob", 0)]
    answer = make.client(charlie).get("/api/leaderboards/week/", {"challenge": challenge.pk})
    assert make.refused(answer, 404) == [("not_found", None)]


@pytest.mark.parametrize(
    ("query", "refused"),
    [
        ({"unit": "days"}, [("invalid_choice", "unit")]),
        ({"group": "x"}, [("invalid", "group")]),
        ({"group": 1, "challenge": 1}, [("invalid", "challenge")]),
        ({"challenge": 0}, [("min_value", "challenge")]),
    ],
)
def test_an_invalid_query_is_refused_naming_the_parameter(
    api: APIClient, query: dict[str, Any], refused: list[tuple[str, str]]
) -> None:
    assert make.refused(api.get("/api/leaderboards/current/", query)) == refused


# Cost and settling


def test_a_log_costs_ranked_users_one_query_and_others_none(alice: User) -> None:
    def queries(days: int) -> int:
        with CaptureQueriesContext(connection) as made:
            complete(track, days)
        return len(made)

    track = make.track(alice)
    complete(track, 1)
    hidden = queries(2)
    edit_profile(user=alice, now=timezone.now(), is_ranked=True)
    assert queries(3) == hidden + 1


def test_a_second_worker_finds_nothing_to_settle(alice: User) -> None:
    ranked_track(alice, days=3)
    assert settle(now=timezone.now()) > 0
    assert settle(now=timezone.now()) == 0
    assert list(find_differences(now=timezone.now(), repair=False)) == []


def test_recounting_reports_and_repairs_differences(alice: User, bob: User) -> None:
    ranked_track(alice, days=3)
    settle_all(now=timezone.now())
    call_command("recount_leaderboards", stdout=StringIO())
    LeaderboardEntry.objects.filter(board="current").update(value=5)
    LeaderboardBucket.objects.filter(board="longest").delete()
    output = StringIO()
    with pytest.raises(CommandError, match="differ"):
        call_command("recount_leaderboards", stdout=output)
    for differs in (
        f"current day, user {alice.pk}: stored",
        "current day, number of users: stored 0 at 5, counted 1 at 5",
    ):
        assert differs in output.getvalue()
    call_command("recount_leaderboards", repair=True, stdout=StringIO())
    call_command("recount_leaderboards", stdout=StringIO())
    assert top(bob) == [(1, "alice", 3)]


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_logs_opting_in_and_settling_leave_correct_tables(alice: User, bob: User) -> None:
    chance = random.Random(1)
    tracks = [ranked_track(user, days=2) for user in (alice, bob) for _ in range(3)]

    def log(track: HabitTrack) -> None:
        for _ in range(4):
            day = NOON.date() - chance.randrange(6) * DAY
            if chance.random() < 0.7:
                make.log(track, day)
            else:
                clear_day(user=track.user, track_id=track.pk, day=day, now=timezone.now())

    def show(user: User) -> None:
        for is_ranked in (False, True):
            edit_profile(user=user, now=timezone.now(), is_ranked=is_ranked)

    def settling() -> None:
        for _ in range(6):
            settle(now=timezone.now())

    make.at_once([*(partial(log, track) for track in tracks), partial(show, bob), settling, settling])
    assert list(find_differences(now=timezone.now(), repair=False)) == []
    best = {
        user.username: max(track.streak_at(NOON).current for track in HabitTrack.objects.filter(user=user))
        for user in (alice, bob)
    }
    assert {username: value for _, username, value in top(alice)} == {name: best[name] for name in best if best[name]}


# A clock that ran ahead, and faults


def stored() -> tuple[list[Any], list[Any]]:
    entries = LeaderboardEntry.objects.order_by("user", "board", "key")
    buckets = LeaderboardBucket.objects.order_by("board", "key", "value")
    return (
        list(entries.values_list("user", "board", "key", "value", "valid_until")),
        list(buckets.values_list("board", "key", "value", "people")),
    )


@pytest.mark.parametrize("ahead", [timedelta(days=6), timedelta(days=365)])
@pytest.mark.usefixtures("known_ahead")
def test_entries_settled_by_a_wrong_clock_are_settled_again(
    alice: User, clock: Any, ahead: timedelta, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(leaderboard_settling, "BATCH", 2)
    for days in (1, 3, 2, 5, 4):
        someone(days)
    ranked_track(alice, days=2, schedule={"frequency": Frequency.WEEKLY})
    settle_all(now=NOON)
    before = stored()
    clock.shift(ahead)
    settle_all(now=timezone.now())
    assert stored() != before
    clock.move_to(NOON + timedelta(minutes=1))
    settle_all(now=timezone.now())
    assert stored() == before
    assert "settled by a clock running ahead" in caplog.text
    caplog.clear()
    settle_all(now=timezone.now())
    assert "settled by a clock running ahead" not in caplog.text
    assert list(find_differences(now=timezone.now(), repair=False)) == []


def test_small_clock_differences_settle_nobody_again(alice: User, clock: Any) -> None:
    ranked_track(alice, days=2)
    clock.shift(timedelta(seconds=5))
    settle_all(now=timezone.now())
    clock.move_to(NOON)
    assert settle(now=timezone.now()) == 0


def test_a_user_who_cannot_be_settled_does_not_stop_others(
    alice: User, bob: User, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked_track(alice, days=2)
    ranked_track(bob, days=3)

    def fails(users: Any, **options: Any) -> Any:
        if alice.pk in users:
            raise ZeroDivisionError
        return board_values(users, **options)

    monkeypatch.setattr(leaderboard_settling, "board_values", fails)
    settle_all(now=timezone.now())
    assert set(LeaderboardEntry.objects.values_list("user", flat=True)) == {bob.pk}
    assert set(LeaderboardMark.objects.values_list("user", flat=True)) == {alice.pk}
    assert top(bob) == [(1, "bob", 3), (2, "alice", 2)], "exact although not settled"
    monkeypatch.undo()
    assert settle(now=timezone.now()) == 0, "the failing user waits"
    clock.shift(timedelta(seconds=5))
    settle_all(now=timezone.now())
    assert list(find_differences(now=timezone.now(), repair=False)) == []

"""A person takes a history that a partner manages over into an account."""

from datetime import date, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from achievements.awards import services as achievements
from achievements.models import Achievement, UserAchievement
from habits.models import Habit
from integrations.models import Partner, PartnerPerson
from notifications.models import Reminder
from tests import make
from tracking.goals import services as goals
from tracking.logs.services import clear_day
from tracking.models import Goal, HabitLog, HabitTrack, Pause
from tracking.pauses import services as pauses
from tracking.streaks.services import find_differences
from tracking.tracks.services import follow, leave
from users.models import User

NOW = make.utc("2026-11-21 12:00")
HISTORIES = "/api/histories/"
DAYS = ("2026-11-19", "2026-11-20", "2026-11-21")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def walker(club: Partner, alice: User) -> PartnerPerson:
    return make.managed(club, "u-1", email="ALICE@example.org", time_zone="Asia/Tokyo")


def track_of(person: PartnerPerson, habit: Habit) -> HabitTrack:
    return follow(user=person.user, habit_id=habit.pk, has_access=True, now=NOW)[0]


def take_over(user: User, person: PartnerPerson) -> Any:
    return make.client(user).post(f"{HISTORIES}{person.pk}/take-over/", {"password": make.PASSWORD})


def test_tracks_logs_pauses_goals_and_awards_move(
    clubs: APIClient, club: Partner, walk: Habit, alice: User, walker: PartnerPerson
) -> None:
    three = achievements.create(owner=club.account, habit_id=walk.pk, name_en="Three", kind="streak", target=3)
    track = track_of(walker, walk)
    goal = goals.create(user=walker.user, track_id=track.pk, days=5, now=NOW)
    for day in ("2026-11-17", "2026-11-20", "2026-11-21"):
        make.log(track, day)
    pauses.add(user=walker.user, track_id=None, first_day=date(2026, 11, 18), last_day=date(2026, 11, 19), now=NOW)
    [shown] = make.client(alice).get(HISTORIES).json()["results"]
    assert (shown["id"], shown["partner"]) == (walker.pk, "Walking Club")
    assert take_over(alice, walker).json() == {"tracks": [track.pk]}
    moved = HabitTrack.objects.get(pk=track.pk)
    assert (moved.user, moved.streak_at(NOW).current) == (alice, 3)
    assert list(Goal.objects.filter(track__user=alice)) == [goal]
    assert Pause.objects.get().user == alice
    assert UserAchievement.objects.filter(user=alice, achievement=three, revoked_at=None).exists()
    assert Reminder.objects.filter(track=moved).exists()
    assert not PartnerPerson.objects.exists() and not User.everyone.filter(pk=walker.user_id).exists()
    walk.refresh_from_db()
    assert walk.followers == 1
    assert not list(find_differences(now=NOW, repair=False))
    assert make.refused(clubs.get("/api/partner/people/u-1/"), 404) == [("not_found", None)]


def test_where_the_account_has_the_habit_its_own_entries_stay(walk: Habit, alice: User, walker: PartnerPerson) -> None:
    own = follow(user=alice, habit_id=walk.pk, has_access=True, now=NOW)[0]
    make.log(own, "2026-11-20", "skipped", note="mine")
    theirs = track_of(walker, walk)
    for day in ("2026-11-19", "2026-11-20", "2026-11-21"):
        make.log(theirs, day, note="theirs")
    goal = goals.create(user=walker.user, track_id=theirs.pk, days=5, now=NOW)
    assert take_over(alice, walker).json() == {"tracks": []}
    assert list(HabitLog.objects.order_by("day").values_list("track", "day", "status", "note")) == [
        (own.pk, date(2026, 11, 19), "completed", "theirs"),
        (own.pk, date(2026, 11, 20), "skipped", "mine"),
        (own.pk, date(2026, 11, 21), "completed", "theirs"),
    ]
    own.refresh_from_db()
    walk.refresh_from_db()
    goal.refresh_from_db()
    assert (own.streak_at(NOW).current, walk.followers, goal.track_id) == (2, 1, own.pk)
    assert not list(find_differences(now=NOW, repair=False))


def test_a_habit_that_the_account_has_left_is_followed_again(walk: Habit, alice: User, walker: PartnerPerson) -> None:
    own = follow(user=alice, habit_id=walk.pk, has_access=True, now=NOW)[0]
    leave(user=alice, track_id=own.pk, now=NOW)
    make.log(track_of(walker, walk), "2026-11-21")
    take_over(alice, walker)
    own.refresh_from_db()
    assert own.left_at is None and own.streak_at(NOW).current == 1


def test_days_of_a_habit_that_both_have_left_are_kept(walk: Habit, alice: User, walker: PartnerPerson) -> None:
    own = follow(user=alice, habit_id=walk.pk, has_access=True, now=NOW)[0]
    leave(user=alice, track_id=own.pk, now=NOW)
    theirs = track_of(walker, walk)
    make.log(theirs, "2026-11-20", note="theirs")
    leave(user=walker.user, track_id=theirs.pk, now=NOW)
    assert take_over(alice, walker).status_code == 200
    assert HabitLog.objects.values_list("track", "day", "note").get() == (own.pk, date(2026, 11, 20), "theirs")
    own.refresh_from_db()
    assert own.left_at == NOW
    assert not list(find_differences(now=NOW, repair=False))


def test_days_before_a_start_that_the_partner_has_moved_are_kept_as_they_were(
    clubs: APIClient, walk: Habit, alice: User, walker: PartnerPerson
) -> None:
    own = follow(user=alice, habit_id=walk.pk, has_access=True, now=NOW)[0]
    log = make.log(track_of(walker, walk), "2026-11-19", note="theirs", completed_at=NOW - timedelta(days=2))
    assert clubs.patch(f"/api/partner/habits/{walk.pk}/", {"start_date": "2026-11-20"}).status_code == 200
    assert take_over(alice, walker).status_code == 200
    kept = HabitLog.objects.get(track=own)
    assert (kept.day, kept.note, kept.source, kept.completed_at) == (log.day, "theirs", log.source, log.completed_at)
    assert not list(find_differences(now=NOW, repair=False))


def test_a_day_that_is_still_to_come_in_the_accounts_zone_is_kept(
    noon: Any, walk: Habit, alice: User, walker: PartnerPerson
) -> None:
    own = follow(user=alice, habit_id=walk.pk, has_access=True, now=NOW)[0]
    noon.move_to(NOW + timedelta(hours=4))
    make.log(track_of(walker, walk), "2026-11-22", note="after midnight in Tokyo")
    assert take_over(alice, walker).status_code == 200
    assert list(own.logs.values_list("day", "note")) == [(date(2026, 11, 22), "after midnight in Tokyo")]
    own.refresh_from_db()
    assert own.streak_at(NOW + timedelta(hours=4)).current == 0


@pytest.fixture
def three(club: Partner, walk: Habit, walker: PartnerPerson) -> Achievement:
    """An achievement for three days in a row, which the walker holds."""
    made = achievements.create(owner=club.account, habit_id=walk.pk, name_en="Three", kind="streak", target=3)
    for day in DAYS:
        make.log(track_of(walker, walk), day)
    assert UserAchievement.objects.get(achievement=made).user == walker.user
    return made


def held_by(user: User) -> list[tuple[int, int | None]]:
    awards = UserAchievement.objects.filter(user=user, revoked_at=None)
    return list(awards.values_list("achievement", "track"))


def test_an_award_of_a_merged_track_is_of_ones_own_and_withdrawn_with_its_days(
    walk: Habit, alice: User, three: Achievement, walker: PartnerPerson
) -> None:
    own = follow(user=alice, habit_id=walk.pk, has_access=True, now=NOW)[0]
    take_over(alice, walker)
    assert held_by(alice) == [(three.pk, own.pk)]
    for day in DAYS:
        clear_day(user=alice, track_id=own.pk, day=date.fromisoformat(day), now=NOW)
    assert held_by(alice) == []


def test_an_award_that_the_accounts_own_entries_contradict_is_withdrawn(
    walk: Habit, alice: User, three: Achievement, walker: PartnerPerson
) -> None:
    own = follow(user=alice, habit_id=walk.pk, has_access=True, now=NOW)[0]
    for day in DAYS:
        make.log(own, day, "missed")
    take_over(alice, walker)
    assert held_by(alice) == []


@pytest.mark.parametrize("number", [1, 2], ids=["one is merged", "both are merged"])
def test_an_award_for_several_habits_moves_in_silence(
    club: Partner, walk: Habit, alice: User, walker: PartnerPerson, noon: Any, number: int
) -> None:
    both = [walk, make.habit(club.account, name="Swim")]
    two = Achievement.objects.create(kind="habits_in_a_day", target=2, name_en="Two", name_ru="Два")
    for habit in both:
        make.log(track_of(walker, habit), DAYS[0])
    award = UserAchievement.objects.values("pk", "day", "awarded_at", "revoked_at").get(achievement=two)
    noon.shift(timedelta(minutes=1))
    for habit in both[:number]:
        follow(user=alice, habit_id=habit.pk, has_access=True, now=NOW)
    assert take_over(alice, walker).status_code == 200
    # Neither withdrawn nor awarded again: what the row says is as it was.
    assert UserAchievement.objects.values(*award).get(user=alice, achievement=two) == award


def test_an_award_that_was_withdrawn_from_the_account_is_that_of_the_history(
    walk: Habit, alice: User, three: Achievement, walker: PartnerPerson
) -> None:
    own = follow(user=alice, habit_id=walk.pk, has_access=True, now=NOW)[0]
    for day in DAYS:
        make.log(own, day)
    clear_day(user=alice, track_id=own.pk, day=date.fromisoformat(DAYS[1]), now=NOW)
    assert held_by(alice) == []
    award = UserAchievement.objects.get(user=walker.user)
    take_over(alice, walker)
    assert UserAchievement.objects.get(user=alice, revoked_at=None) == award


def test_only_the_confirmed_address_opens_a_history(
    club: Partner, alice: User, bob: User, walker: PartnerPerson
) -> None:
    before = make.everything()
    assert make.client(bob).get(HISTORIES).json()["count"] == 0
    assert make.refused(take_over(bob, walker), 404) == [("not_found", None)]
    wrong = make.client(alice).post(f"{HISTORIES}{walker.pk}/take-over/", {"password": "wrong horse battery"})
    assert make.refused(wrong) == [("wrong_password", "password")]
    after = make.everything()
    assert after["integrations.PartnerPerson"] == before["integrations.PartnerPerson"]
    User.objects.filter(pk=alice.pk).update(confirmed_at=None)
    assert make.client(alice).get(HISTORIES).json()["count"] == 0


def test_a_partner_is_told_that_its_person_is_gone(alice: User, walker: PartnerPerson) -> None:
    from config import effects

    told: list[str] = []
    signal = effects.domain_signal("integrations.person_deleted")

    def listen(**sent: Any) -> None:
        told.append(sent["person"].external_id)

    signal.connect(listen, weak=False)
    try:
        take_over(alice, walker)
    finally:
        signal.disconnect(listen)
    assert told == ["u-1"]

"""What people expect of a streak after an edit, a pause or a slip: worked examples, through the services and the API.

Weeks begin on Monday, 2 March 2026; `day(1)` is that Monday.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from community.leaderboards.settling import settle_all
from tests import make
from tracking.models import HabitTrack
from tracking.streaks.services import find_differences, recount_due_tracks
from tracking.tracks.followers import sync_followers
from tracking.tracks.histories import load_history
from users.models import User

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 3, 2)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def day(number: int) -> date:
    """Return day `number`, counted from the first Monday (1)."""
    return MONDAY + timedelta(days=number - 1)


class Person:
    """Somebody with one habit, made on the last day of February, and a clock that is moved."""

    def __init__(self, user: User, clock: Any) -> None:
        self.user, self.clock, self.api = user, clock, make.client(user)
        self.track = 0

    def on(self, number: int, hour: int = 12) -> "Person":
        """Move the time to a day, with the worker's recounts."""
        now = datetime.combine(day(number), datetime.min.time(), UTC) + timedelta(hours=hour)
        self.clock.move_to(now, tick=False)
        while recount_due_tracks(now=now):
            pass
        return self

    def habit(self, **schedule: Any) -> "Person":
        made = self.api.post("/api/habits/", {"name": "Read", **schedule})
        assert made.status_code == 201, made.json()
        self.track = made.json()["track"]
        return self

    def change(self, **fields: Any) -> "Person":
        habit = HabitTrack.objects.get(pk=self.track).habit_id
        answer = self.api.patch(f"/api/habits/{habit}/", fields)
        assert answer.status_code == 200, answer.json()
        return self

    def say(self, status: str, *numbers: int) -> "Person":
        for number in numbers:
            answer = self.api.put(f"/api/tracks/{self.track}/logs/{day(number)}/", {"status": status})
            assert answer.status_code == 200, answer.json()
        return self

    def done(self, *numbers: int) -> "Person":
        return self.say("completed", *numbers)

    def undo(self, *numbers: int) -> "Person":
        for number in numbers:
            assert self.api.delete(f"/api/tracks/{self.track}/logs/{day(number)}/").status_code == 200
        return self

    def pause(self, first: int, last: int | None = None) -> "Person":
        days = {"first_day": str(day(first)), "last_day": str(day(last)) if last else None}
        answer = self.api.post("/api/pauses/", {"track": self.track, **days})
        assert answer.status_code == 201, answer.json()
        return self

    def verdict(self, number: int) -> str:
        """Return the verdict of the period that contains a day, as of now."""
        track = HabitTrack.objects.get(pk=self.track)
        today = self.user.clock.day_of(datetime.now(UTC))
        history = load_history(track)
        period = history.period_of(day(number), today)
        return "none" if period is None else history.verdict(period, today).value

    def required(self, number: int) -> int:
        track = HabitTrack.objects.get(pk=self.track)
        history = load_history(track)
        period = history.period_of(day(number), day(number))
        assert period is not None
        return history.judge(period, day(number)).required

    @property
    def streak(self) -> tuple[int, int, str]:
        shown = self.api.get(f"/api/tracks/{self.track}/").json()
        return shown["current_streak"], shown["longest_streak"], shown["streak_unit"]

    @property
    def is_asked(self) -> bool:
        return any(each["due"] for each in self.api.get("/api/today/").json())

    def versions(self) -> int:
        return HabitTrack.objects.get(pk=self.track).habit.schedules.count()


@pytest.fixture
def person(alice: User) -> Iterator[Person]:
    with time_machine.travel(datetime(2026, 2, 28, 12, tzinfo=UTC), tick=False) as clock:
        yield Person(alice, clock)


THRICE = {"frequency": "weekly", "times_per_period": 3}


def test_what_was_done_in_the_week_goes_along_when_weekdays_are_chosen(person: Person) -> None:
    person.habit(**THRICE).on(1).done(1).on(2).done(2)
    person.on(3).change(weekdays=["mon", "wed", "fri"])
    assert person.verdict(3) == "open"
    person.on(5).done(5)
    assert (person.verdict(5), person.streak) == ("kept", (1, 1, "week"))


def test_all_weekdays_are_no_change_and_excuse_nothing(person: Person) -> None:
    person.habit(**THRICE).done(-1).on(7).change(weekdays=list(WEEKDAYS))
    assert person.versions() == 1
    assert person.on(8).verdict(7) == "broken"


def test_from_weekdays_to_all_days_a_week_that_is_lost_is_broken_at_once(person: Person) -> None:
    person.habit(frequency="weekly", weekdays=["mon", "wed", "fri"]).done(-1)
    person.on(7).change(weekdays=[])
    assert person.verdict(6) == "broken"


@pytest.mark.parametrize(("later", "verdict"), [(6, "kept"), (5, "excused")])
def test_a_month_takes_along_what_was_done_daily(person: Person, later: int, verdict: str) -> None:
    person.habit(frequency="daily").on(8).done(*range(9))  # 1 to 9 March
    person.on(9).change(frequency="monthly", times_per_period=15)  # the 10th
    person.on(30).done(*range(9, 9 + later))
    assert person.on(31).verdict(9) == verdict  # 1 April


def test_an_edit_on_the_day_of_creation_is_as_if_the_habit_had_been_made_so(person: Person) -> None:
    person.habit(frequency="daily").done(-1).change(frequency="monthly", times_per_period=15)
    assert person.versions() == 1
    assert person.streak == (0, 0, "month")


def test_a_holiday_shrinks_what_a_month_asks_for(person: Person) -> None:
    person.habit(frequency="monthly", times_per_period=20)
    person.on(10).pause(10, 19)
    person.on(30).done(*[number for number in range(1, 30) if not 10 <= number <= 19][:16])
    assert (person.required(30), person.verdict(30)) == (14, "kept")


def test_a_pause_from_monday_to_wednesday_leaves_two_of_three(person: Person) -> None:
    person.habit(**THRICE).pause(1, 3).on(5).done(4, 5)
    assert person.verdict(5) == "kept"
    person.say("skipped", 1)
    assert person.verdict(5) == "kept"
    person.pause(6, 6)
    assert person.verdict(5) == "kept"


def test_one_tick_a_week_of_three_is_not_enough_however_long_the_pause(person: Person) -> None:
    person.habit(**THRICE).pause(1).on(3).done(3).on(10).done(10)
    assert (person.on(15).verdict(3), person.verdict(10), person.streak[0]) == ("excused", "excused", 0)


def test_a_pause_to_the_end_excuses_as_skipping_the_same_days_does(person: Person) -> None:
    person.habit(**THRICE).on(3).pause(3, 7)
    assert person.on(8).verdict(3) == "excused"
    person.on(14).say("skipped", 10, 11, 12, 13, 14)
    assert person.on(15).verdict(10) == "excused"


def test_a_late_tick_in_a_window_is_not_asked_again_the_next_day(person: Person) -> None:
    person.habit(interval=3, start_date=str(day(1)))
    person.on(3).done(3).on(6).done(6)
    assert [person.on(number).is_asked for number in (7, 8, 9)] == [False, False, True]
    person.on(10).say("skipped", 10)
    assert [person.on(number).is_asked for number in (10, 11, 12, 13)] == [False, False, False, True]


def test_the_longest_streak_of_each_unit_is_kept(person: Person) -> None:
    person.habit(frequency="weekly").on(1).done(1).on(8).done(8).on(15).done(15)
    person.on(16).change(frequency="daily").done(16).on(17).done(17)
    assert person.streak == (2, 2, "day")
    person.on(22).change(frequency="weekly")
    assert person.streak == (0, 3, "week")
    assert person.done(22).streak == (1, 3, "week")
    assert HabitTrack.objects.get(pk=person.track).longest_streaks == {"week": 3, "day": 2}


def test_a_slip_to_daily_that_is_taken_back_the_next_day_leaves_the_weeks(person: Person) -> None:
    person.habit(frequency="weekly")
    for week in range(20):
        person.on(7 * week + 1).done(7 * week + 1)
    assert person.streak[0] == 20
    person.on(7 * 20 + 2).change(frequency="daily")
    assert person.streak[0] == 0
    assert person.on(7 * 20 + 3).change(frequency="weekly").streak == (20, 20, "week")


def test_a_slip_to_weekly_that_is_taken_back_the_next_day_leaves_the_days(person: Person) -> None:
    person.habit(frequency="daily").on(100).done(*range(1, 101))
    assert person.streak == (100, 100, "day")
    person.on(101).change(frequency="weekly").done(101)
    assert person.streak[2] == "week"
    assert person.on(102).change(frequency="daily").streak == (101, 101, "day")


def test_a_period_that_was_kept_is_not_kept_again_by_allowing_more_weekdays(person: Person) -> None:
    person.habit(frequency="weekly", weekdays=["tue"]).done(-1).on(1).done(1)
    person.on(3).change(weekdays=[])
    assert person.verdict(3) == "open"
    assert person.on(4).done(4).verdict(4) == "kept"


def test_an_extended_end_leaves_the_week_that_it_cut_excused_and_pauses_the_days_between(person: Person) -> None:
    person.habit(**THRICE).on(1).done(1).change(end_date=str(day(3)))
    person.on(9).change(end_date=None)
    assert person.verdict(2) == "excused"
    assert person.on(15).verdict(2) == "excused"
    person.on(16)
    assert person.required(12) == 3  # one paused day of seven: 3 x 6/7, rounded up


def test_the_days_between_a_passed_end_and_its_extension_are_paused(person: Person) -> None:
    person.habit(frequency="daily").on(1).done(1).change(end_date=str(day(2))).on(2).done(2)
    before = person.on(9).api.get(f"/api/tracks/{person.track}/").json()["strength"]
    person.change(end_date=None)
    shown = person.api.get(f"/api/progress/?from={day(2)}&to={day(9)}").json()["results"][0]["days"]
    assert [each["is_paused"] for each in shown] == [False] + [True] * 6 + [False]
    assert [each["due"] for each in person.api.get(f"/api/days/{day(5)}/").json()] == []
    assert person.streak == (2, 2, "day")
    person.done(9)
    assert person.streak == (3, 3, "day")
    assert person.api.get(f"/api/tracks/{person.track}/").json()["strength"] > before


def test_an_undone_log_of_years_ago_leaves_the_success_rate_as_it_was(person: Person) -> None:
    person.habit(frequency="daily").on(5).done(1, 2, 3, 4, 5)
    path = f"/api/summary/?from={day(1)}&to={day(5)}"
    before = person.api.get(path).json()
    log = f"/api/tracks/{person.track}/logs/2020-01-01/"
    assert person.api.put(log, {"status": "completed"}).status_code == 200
    assert person.api.delete(log).status_code == 200
    assert person.api.get(path).json() == before


def test_seven_weeks_are_not_kept_in_one_by_editing_the_weekdays_each_day(person: Person) -> None:
    person.habit(frequency="weekly", weekdays=["mon"]).done(-1).on(1).done(1)
    for number in range(2, 8):
        person.on(number).change(weekdays=[WEEKDAYS[number - 1]]).done(number)
    assert person.streak == (1, 1, "week")


def test_three_weeks_are_not_kept_by_moving_the_start_of_the_week(person: Person) -> None:
    person.habit(frequency="weekly").on(1).done(1)
    for number, start in ((2, "sun"), (8, "sat"), (9, "mon"), (10, "sun")):
        assert person.on(number).api.patch("/api/users/me/", {"week_starts_on": start}).status_code == 200
        person.done(number)
    weeks = (day(10) - day(1)).days // 7 + 1
    assert person.on(14).streak[0] <= weeks + 1


def test_a_period_is_not_kept_at_once_by_asking_for_fewer_weekdays(person: Person) -> None:
    person.habit(frequency="weekly", weekdays=["mon", "tue", "wed", "thu"]).done(-1).on(1).done(1).on(2).done(2)
    person.on(3).change(weekdays=["wed", "thu"])
    assert person.verdict(3) == "open"
    person.done(3)
    assert person.verdict(3) == "open"
    assert person.on(4).done(4).verdict(4) == "kept"


def test_an_end_date_behind_a_broken_week_brings_no_streak_back(person: Person) -> None:
    person.habit(**THRICE).on(7).done(1, 2, 3)
    assert person.streak[0] == 1
    person.on(15).change(end_date=str(day(15)))
    assert person.streak[0] == 0


def test_in_apia_half_past_midnight_before_the_day_starts_is_the_day_before_the_skipped_one(alice: User) -> None:
    alice.time_zone, alice.day_starts_at = "Pacific/Apia", 3
    assert alice.clock.day_of(datetime(2011, 12, 30, 10, 30, tzinfo=UTC)) == date(2011, 12, 29)


def test_a_planned_return_takes_the_cut_away_at_once(person: Person) -> None:
    person.habit(frequency="weekly").on(1).done(1).on(9)
    person.change(frequency="daily")
    assert person.streak[2] == "day"
    person.change(frequency="weekly", schedule_from=str(day(12)))
    assert person.streak == (1, 1, "week")


@pytest.mark.parametrize("start", ["sun", "sat"])
def test_another_start_of_the_week_holds_from_the_next_such_day(person: Person, start: str) -> None:
    person.habit(frequency="weekly").on(2).done(2)
    shown = person.api.patch("/api/users/me/", {"week_starts_on": start}).json()
    since = date.fromisoformat(shown["week_starts_on_since"])
    assert (WEEKDAYS[since.weekday()], shown["week_starts_on"]) == (start, start)
    assert day(2) < since <= day(9)
    weeks = person.api.get(f"/api/progress/?from={day(1)}&to={day(16)}").json()["results"][0]["periods"]
    assert [each["first"] for each in weeks] == [str(day(1)), str(since), str(since + timedelta(days=7))]


# --- Edges of the calendar ---------------------------------------------------------------------------------


def move(person: Person, zone: str) -> None:
    assert person.api.patch("/api/users/me/", {"time_zone": zone}).status_code == 200
    person.user.refresh_from_db()


def test_from_tokyo_to_los_angeles_and_back_within_a_day_nothing_is_lost(person: Person) -> None:
    move(person, "Asia/Tokyo")
    person.habit(frequency="daily").on(1, 3).done(1)  # noon of Monday in Tokyo
    person.on(2, 0).done(2)  # nine in the morning of Tuesday
    assert person.streak == (2, 2, "day")
    move(person, "America/Los_Angeles")  # Monday afternoon: Tuesday is still to come
    assert person.streak == (1, 1, "day")
    person.on(2, 9)  # Tuesday has begun there
    assert person.streak == (2, 2, "day")
    person.on(2, 10)
    move(person, "Asia/Tokyo")
    assert person.streak == (2, 2, "day")
    assert person.on(3, 3).done(3).streak == (3, 3, "day")


@pytest.mark.parametrize(
    ("here", "there"), [("Pacific/Auckland", "Pacific/Honolulu"), ("Pacific/Honolulu", "Pacific/Auckland")]
)
def test_over_the_date_line_no_day_counts_twice_and_none_is_lost(person: Person, here: str, there: str) -> None:
    move(person, here)
    person.habit(frequency="daily").on(3)
    today = person.user.clock.day_of(datetime.now(UTC))
    numbers = [(today - day(1)).days + 1 - back for back in (2, 1, 0)]
    person.done(*numbers)
    assert person.streak[0] == 3
    move(person, there)
    person.on(4)
    move(person, here)
    assert person.streak == (3, 3, "day")


@pytest.mark.parametrize(("year", "days"), [(2027, 28), (2028, 29)])
def test_february_is_a_whole_month_with_or_without_a_29th(person: Person, year: int, days: int) -> None:
    first = (date(year, 2, 1) - day(1)).days + 1
    person.on(first - 40).habit(frequency="monthly", times_per_period=28)
    person.on(first + days - 1).done(*range(first, first + 28))
    assert person.verdict(first) == "kept"
    person.undo(first)
    assert person.on(first + days).verdict(first) == "broken"
    person.done(first + days - 1)
    assert person.verdict(first) == ("broken" if days == 28 else "kept")


def test_the_29th_of_february_is_a_day_of_a_streak(person: Person) -> None:
    first = (date(2028, 2, 27) - day(1)).days + 1
    person.on(first).habit(frequency="daily").on(first + 4).done(*range(first, first + 5))
    assert person.streak == (5, 5, "day")


def test_week_53_is_one_week_over_the_end_of_the_year(person: Person) -> None:
    monday = (date(2026, 12, 28) - day(1)).days + 1  # ISO week 53 of 2026
    person.on(monday).habit(**THRICE)
    person.on(monday + 4).done(monday, monday + 3, monday + 4)  # 28 and 31 December, 1 January
    assert (person.streak, person.verdict(monday), person.verdict(monday + 6)) == ((1, 1, "week"), "kept", "kept")


def test_weeks_of_ones_own_start_on_sunday_while_the_leaderboards_start_on_monday(person: Person) -> None:
    sunday = 21
    person.habit(frequency="weekly").on(14)
    assert person.api.patch("/api/users/me/", {"week_starts_on": "sun", "is_ranked": True}).status_code == 200
    person.on(sunday).done(sunday).on(sunday + 7)
    assert person.verdict(sunday + 6) == "kept"
    assert person.verdict(sunday + 7) == "open"
    settle_all(now=datetime.now(UTC))
    board = person.api.get("/api/leaderboards/week/").json()
    assert board["me"]["value"] == 0  # Sunday belonged to the week before, by the calendar of the board


def test_a_pause_of_a_whole_week_excuses_it_and_of_all_but_one_day_asks_for_what_one_day_cannot_give(
    person: Person,
) -> None:
    person.habit(**THRICE).pause(1, 7).on(7)
    assert person.on(8).verdict(1) == "excused"
    person.pause(8, 13).on(14).done(14)
    assert person.required(14) == 2
    assert person.on(15).verdict(14) == "excused"


def test_edits_twice_a_day_leave_one_version_and_one_cut(person: Person) -> None:
    person.habit(**THRICE).on(1).done(1).on(3)
    person.change(weekdays=["mon", "wed"]).change(weekdays=["mon", "wed", "fri"])
    assert person.versions() == 2
    person.change(weekdays=[])
    assert person.versions() == 1
    assert person.on(4).done(3, 4).verdict(1) == "kept"


def test_edits_twice_a_day_reach_followers_from_the_day_that_has_begun_nowhere(person: Person, bob: User) -> None:
    person.habit(**THRICE, is_published=True).on(1).done(1)
    habit = HabitTrack.objects.get(pk=person.track).habit_id
    track = make.client(bob).post("/api/tracks/", {"habit": habit}).json()["id"]
    person.on(3, 12).change(weekdays=["mon", "wed"]).change(times_per_period=2)
    versions = person.api.get(f"/api/habits/{habit}/schedules/").json()
    assert [(each["starts_on"], len(each["weekdays"]), each["times_per_period"]) for each in versions] == [
        (None, 0, 3),
        (str(day(4)), 2, 2),
    ]
    while sync_followers(now=datetime.now(UTC)):
        pass
    assert make.client(bob).get(f"/api/tracks/{track}/").json()["streak_unit"] == "week"
    assert not list(find_differences(now=datetime.now(UTC), repair=False))

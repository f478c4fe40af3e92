"""Limit habits in today/, progress/, summary/, the profile, the pictures and what is shared."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.outbox import messages
from tests import make
from tracking.insights.summary import summary
from tracking.models import HabitTrack
from tracking.pauses import services as pauses
from tracking.pictures.geometry import Mark, mark_of_limit
from tracking.streaks.services import recount_due_tracks
from users.models import User
from users.services import edit_profile

MONDAY = date(2026, 11, 16)
FRIDAY = MONDAY + timedelta(4)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(make.utc(f"{MONDAY} 08:00"), tick=False) as traveller:
        yield traveller


def on(clock: Any, day: date) -> None:
    clock.move_to(make.utc(f"{day} 12:00"), tick=False)
    while recount_due_tracks(now=timezone.now()):
        pass


def count(track: HabitTrack, day: date, amount: Decimal | int) -> None:
    make.log(track, day, "counted", amount=Decimal(amount))


def listed(api: APIClient) -> list[dict[str, Any]]:
    answer = api.get("/api/today/")
    assert answer.status_code == 200
    return list(answer.json())


class TestToday:
    @pytest.mark.parametrize(
        ("amount", "limit"),
        [
            (None, {"amount": "1.00", "limit": "3.00", "left": "2.00", "verdict": "open"}),
            (0, {"amount": "1.00", "limit": "3.00", "left": "2.00", "verdict": "open"}),
            (2, {"amount": "3.00", "limit": "3.00", "left": "0.00", "verdict": "open"}),
            (Decimal("2.5"), {"amount": "3.50", "limit": "3.00", "left": "0.00", "verdict": "broken"}),
        ],
    )
    def test_it_stays_in_the_list_and_says_so_far_x_of_limit(
        self, api: APIClient, alice: User, clock: Any, amount: int | None, limit: dict[str, str]
    ) -> None:
        track = make.limit(alice, 3)
        count(track, MONDAY, 1)
        on(clock, FRIDAY)
        if amount is not None:
            count(track, FRIDAY, amount)
        [entry] = listed(api)
        assert entry["limit"] == limit
        assert (entry["due"], entry["at_risk"]) == (False, False)
        assert (entry["status"], entry["amount"]) == ((None, None) if amount is None else ("counted", f"{amount:.2f}"))
        assert entry["period"] == {
            "first": "2026-11-16", "last": "2026-11-22", "unit": "week", "done": 0, "required": 1,
        }  # fmt: skip

    def test_it_is_never_at_risk_not_even_on_its_last_day(self, api: APIClient, alice: User, clock: Any) -> None:
        track = make.limit(alice, 3, "daily")
        for day in range(3):
            on(clock, MONDAY + timedelta(day))
            [entry] = listed(api)
            assert (entry["at_risk"], entry["track"]["current_streak"]) == (False, day)
        assert track.lapses_at is None

    def test_a_skipped_day_stays_and_a_paused_one_does_not(self, api: APIClient, alice: User) -> None:
        track = make.limit(alice, 3)
        make.log(track, MONDAY, "skipped")
        [entry] = listed(api)
        assert (entry["status"], entry["due"]) == ("skipped", False)
        pauses.add(user=alice, track_id=track.pk, first_day=MONDAY, last_day=MONDAY, now=timezone.now())
        assert listed(api) == []

    def test_a_habit_to_be_done_has_no_limit(self, api: APIClient, alice: User) -> None:
        make.track(alice)
        [entry] = listed(api)
        assert (entry["limit"], entry["due"]) == (None, True)


def test_an_earlier_day_says_what_was_used_up_to_it(api: APIClient, alice: User, clock: Any) -> None:
    track = make.limit(alice, 3)
    for day, amount in enumerate((2, 2, 1)):
        on(clock, MONDAY + timedelta(day))
        count(track, MONDAY + timedelta(day), amount)
    used = []
    for day in range(3):
        [entry] = api.get(f"/api/days/{MONDAY + timedelta(day)}/").json()
        used.append((entry["limit"]["amount"], entry["limit"]["verdict"], entry["due"], entry["amount"]))
    assert used == [
        ("2.00", "open", False, "2.00"),
        ("4.00", "broken", False, "2.00"),
        ("5.00", "broken", False, "1.00"),
    ]


def test_progress_has_the_limit_of_each_period(api: APIClient, alice: User, clock: Any) -> None:
    track = make.limit(alice, 2, "daily")
    for day, amount in enumerate((0, 2, 3)):
        on(clock, MONDAY + timedelta(day))
        count(track, MONDAY + timedelta(day), amount)
    query = {"from": "2026-11-16", "to": "2026-11-18"}
    [found] = api.get("/api/progress/", query).json()["results"]
    assert [(each["status"], each["amount"], each["is_target"]) for each in found["days"]] == [
        ("counted", "0.00", True),
        ("counted", "2.00", True),
        ("counted", "3.00", True),
    ]
    assert [
        (each["verdict"], each["done"], each["required"], each["limit"]["amount"], each["limit"]["left"])
        for each in found["periods"]
    ] == [("kept", 1, 1, "0.00", "2.00"), ("kept", 1, 1, "2.00", "0.00"), ("broken", 0, 1, "3.00", "0.00")]


def test_each_period_is_1_of_1_or_0_of_1_in_the_success_rate(api: APIClient, alice: User, clock: Any) -> None:
    track = make.limit(alice, 2, "daily")
    for day, amount in enumerate((0, 3, 1)):
        on(clock, MONDAY + timedelta(day))
        count(track, MONDAY + timedelta(day), amount)
    on(clock, MONDAY + timedelta(3))
    shown = api.get("/api/summary/", {"from": "2026-11-16", "to": "2026-11-19"}).json()
    [one] = shown["habits"]
    assert (one["success_rate"], one["completed"], one["at_risk"]) == (0.6667, 0, False)
    assert (one["current_streak"], one["longest_streak"], one["streak_unit"]) == (1, 1, "day")
    assert (one["best_weekday"], one["best_hour"]) == (None, None)
    assert (shown["overall"]["success_rate"], shown["overall"]["at_risk"]) == (0.6667, [])
    assert 0 < one["strength"] < 1


def test_the_profile_and_the_track_show_its_streak_and_strength(api: APIClient, alice: User, clock: Any) -> None:
    track = make.limit(alice, 2, "daily")
    on(clock, FRIDAY)
    [mine] = api.get("/api/users/me/").json()["tracks"]
    shown = api.get(f"/api/tracks/{track.pk}/").json()
    assert mine == shown
    assert (shown["current_streak"], shown["lapses_at"], shown["strength"]) == (4, None, 1.0)
    assert shown["habit"]["sentence"] == "I will keep to my limit: Coffee"


class TestPictures:
    def marks(self, api: APIClient, track: HabitTrack) -> Counter[str]:
        """Return the number of cells per mark, without the ones in the legend."""
        answer = api.get(f"/api/tracks/{track.pk}/heatmap.svg")
        assert answer.status_code == 200, answer.content
        self.svg = ElementTree.fromstring(answer.content)
        names = {mark.value for mark in Mark}
        found = Counter(each.get("class", "") for each in self.svg.iter() if each.get("class") in names)
        return found - Counter(names) - Counter({"outside": found["outside"] - 1})

    def words(self) -> list[str]:
        return ["".join(each.itertext()) for each in self.svg.iter() if each.tag.endswith(("text", "desc"))]

    def test_a_day_with_nothing_is_good_and_one_over_the_daily_limit_is_marked_otherwise(
        self, api: APIClient, alice: User, clock: Any
    ) -> None:
        track = make.limit(alice, 4, "daily")
        for day, amount in enumerate((0, None, 1, 2, 4, 5)):
            on(clock, MONDAY + timedelta(day))
            if amount is not None:
                count(track, MONDAY + timedelta(day), amount)
        on(clock, MONDAY + timedelta(6))
        make.log(track, MONDAY + timedelta(6), "skipped")
        assert self.marks(api, track) == {"full": 2, "much": 1, "half": 1, "little": 1, "missed": 1, "skipped": 1}
        assert "5 days within the limit in the year to 2026-11-22" in self.words()
        assert any("5 days within the limit, 1 over the limit, 1 skipped" in each for each in self.words())
        assert {"nothing", "over the limit"} <= set(self.words())

    def test_each_day_on_which_something_happened_in_an_exceeded_week_is_marked_and_the_others_are_not(
        self, api: APIClient, alice: User, clock: Any
    ) -> None:
        track = make.limit(alice, 3)
        count(track, MONDAY, 1)
        on(clock, FRIDAY)
        assert self.marks(api, track) == {"half": 1, "full": 3, "nothing": 1}  # nothing is known of today
        count(track, FRIDAY, 3)
        assert self.marks(api, track) == {"missed": 2, "full": 3}

    def test_of_a_limit_of_0_a_day_is_good_or_over_it(self, api: APIClient, alice: User, clock: Any) -> None:
        track = make.limit(alice, 0, "daily")
        count(track, MONDAY, Decimal("0.01"))
        on(clock, MONDAY + timedelta(2))
        assert self.marks(api, track) == {"missed": 1, "full": 1, "nothing": 1}

    def test_paused_days_are_marked_as_such(self, api: APIClient, alice: User, clock: Any) -> None:
        track = make.limit(alice, 2, "daily")
        pauses.add(user=alice, track_id=track.pk, first_day=MONDAY, last_day=MONDAY, now=timezone.now())
        on(clock, MONDAY + timedelta(2))
        assert self.marks(api, track) == {"paused": 1, "full": 1, "nothing": 1}

    def test_the_words_are_in_the_users_language(self, api: APIClient, alice: User) -> None:
        track = make.limit(edit_profile(user=alice, language="ru", now=timezone.now()), 2, "daily")
        count(track, MONDAY, 1)
        self.marks(api, track)
        assert {"ничего", "сверх лимита"} <= set(self.words())
        assert "1 день в пределах лимита" in " ".join(self.words())

    @pytest.mark.parametrize(
        ("share", "is_exceeded", "mark"),
        [
            (0, False, Mark.FULL),
            (0, True, Mark.FULL),
            (0.33, False, Mark.MUCH),
            (0.34, False, Mark.HALF),
            (0.66, False, Mark.HALF),
            (0.67, False, Mark.LITTLE),
            (1, False, Mark.LITTLE),
            (0.1, True, Mark.MISSED),
        ],
    )
    def test_the_less_of_the_limit_is_used_the_better(self, share: float, is_exceeded: bool, mark: Mark) -> None:
        assert mark_of_limit(share, is_exceeded=is_exceeded) is mark

    def test_the_trend_counts_its_periods(self, api: APIClient, alice: User, clock: Any) -> None:
        track = make.limit(alice, 2, "daily")
        count(track, MONDAY, 3)
        on(clock, MONDAY + timedelta(2))
        answer = api.get("/api/summary/trend.svg")
        assert "50% completed over all habits" in answer.content.decode()


def test_the_digest_shows_its_streak_and_success(alice: User, clock: Any) -> None:
    make.limit(alice, 2, "daily")
    on(clock, FRIDAY)
    found = summary(alice, first=MONDAY, last=FRIDAY, now=timezone.now())
    text = messages.digest(found, photo=None).text
    assert "Success: 100%" in text
    assert "🔥 Coffee: 4 days" in text


def test_its_streak_and_its_year_can_be_shared(api: APIClient, alice: User, clock: Any) -> None:
    track = make.limit(alice, 2, "daily")
    on(clock, FRIDAY)
    streak = api.post("/api/shares/", {"kind": "streak", "track": track.pk}).json()
    assert streak["title"] == "4 days in a row: Coffee"
    year = api.post("/api/shares/", {"kind": "year", "track": track.pk}).json()
    page = Client().get(f"/s/{year['url'].rstrip('/').rpartition('/')[2]}/").content.decode()
    assert "4 days within the limit in the year to Nov. 20, 2026" in page

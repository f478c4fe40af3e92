"""The product's numbers for forms: GET /api/limits/."""

import ast
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from config.limits.queries import all_limits
from config.limits.serializers import LIMITS_EXAMPLE
from tests import make
from tracking.models import Pause
from users.models import User
from users.timing import DAY

APPS = ["users", "habits", "tracking", "achievements", "community", "notifications", "integrations"]
# Of texts that nobody types (tokens, codes), and of the clock.
OTHER_NUMBERS = {("token", 200), ("refresh", 2000), ("code", 64), ("invitation", 64), ("provider", 30), ("hour", 23)}


@pytest.mark.django_db
def test_everyone_may_read_them_and_keep_them_for_an_hour_and_no_query_is_made(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(0):
        response = APIClient().get("/api/limits/")
    assert response.status_code == 200
    assert response["Cache-Control"] == "public, max-age=3600"
    assert response.json() == LIMITS_EXAMPLE


def test_the_example_in_the_documentation_is_what_the_rules_say() -> None:
    assert all_limits() == LIMITS_EXAMPLE


@pytest.mark.parametrize(
    ("gap", "interval", "weekly", "monthly", "yearly"), [(2, 2, 4, 16, 183), (7, 7, 1, 5, 53), (366, 7, 1, 1, 1)]
)
def test_they_follow_the_longest_gap_that_this_installation_allows(
    settings: Any, gap: int, interval: int, weekly: int, monthly: int, yearly: int
) -> None:
    settings.HABIT_MAX_GAP_DAYS = gap
    habit: dict[str, Any] = all_limits()["habit"]
    assert (habit["max_gap_days"], habit["interval"]["max"]) == (gap, interval)
    times = {name: each["min"] for name, each in habit["times_per_period"].items()}
    assert times == {"daily": 1, "weekly": weekly, "monthly": monthly, "yearly": yearly}


class TestTheyAreTheOnesThatTheApiEnforces:
    @pytest.fixture
    def limits(self, db: None) -> Any:
        return APIClient().get("/api/limits/").json()

    @pytest.mark.parametrize(
        ("field", "limit"),
        [
            ("name", "name_length"),
            ("place", "text_length"),
            ("description", "description_length"),
            ("unit", "unit_length"),
        ],
    )
    def test_lengths_of_a_habit(self, api: APIClient, limits: Any, field: str, limit: str) -> None:
        longest = limits["habit"][limit]
        given = {"name": "Push-ups", "frequency": "daily"}
        assert api.post("/api/habits/", given | {field: "x" * longest}).status_code == 201
        assert make.refused(api.post("/api/habits/", given | {field: "x" * (longest + 1)})) == [("max_length", field)]

    @pytest.mark.parametrize(
        ("field", "code"), [("duration", "duration_out_of_range"), ("interval", "interval_out_of_range")]
    )
    def test_ranges_of_a_habit(self, api: APIClient, limits: Any, field: str, code: str) -> None:
        given = {"name": "Push-ups", "frequency": "daily"}
        smallest, greatest = limits["habit"][field]["min"], limits["habit"][field]["max"]
        for each in (smallest, greatest):
            assert api.post("/api/habits/", given | {field: each}).status_code == 201
        for each in (smallest - 1, greatest + 1):
            assert make.refused(api.post("/api/habits/", given | {field: each})) == [(code, field)]

    def test_limits_of_a_limit_habit_and_of_its_days(self, api: APIClient, limits: Any) -> None:
        given = {"name": "Coffee", "goal_type": "at_most", "limit_per_period": 1}
        offered = limits["habit"]["limit_frequencies"]
        for frequency in limits["habit"]["times_per_period"]:
            answer = api.post("/api/habits/", given | {"frequency": frequency})
            assert (answer.status_code == 201) == (frequency in offered)
        for field in limits["habit"]["limit_per_period"].values():
            answer = api.post("/api/habits/", given | {"frequency": "daily", "limit_per_period": field})
            assert answer.status_code == 201
        track = answer.json()["track"]
        day = api.get("/api/today/").json()[0]["day"]
        for amount in limits["log"]["counted_amount"].values():
            assert api.put(f"/api/tracks/{track}/logs/{day}/", {"amount": amount}).json()["amount"] == amount

    def test_the_weekdays_on_which_a_week_can_start(self, api: APIClient, limits: Any) -> None:
        for day in limits["account"]["week_starts_on"]:
            assert api.patch("/api/users/me/", {"week_starts_on": day}).json()["week_starts_on"] == day
        assert make.refused(api.patch("/api/users/me/", {"week_starts_on": "tue"})) == [
            ("invalid_choice", "week_starts_on")
        ]

    def test_the_hour_at_which_a_day_starts(self, api: APIClient, limits: Any) -> None:
        latest = limits["account"]["day_starts_at"]["max"]
        assert api.patch("/api/users/me/", {"day_starts_at": latest}).status_code == 200
        assert make.refused(api.patch("/api/users/me/", {"day_starts_at": latest + 1})) == [
            ("max_value", "day_starts_at")
        ]

    def test_the_note_of_a_log(self, api: APIClient, alice: User, limits: Any) -> None:
        track = make.track(alice)
        path = f"/api/tracks/{track.pk}/logs/{alice.clock.day_of(track.created_at)}/"
        note = "x" * limits["log"]["note_length"]
        assert api.put(path, {"status": "completed", "note": note}).status_code == 200
        assert make.refused(api.put(path, {"status": "completed", "note": note + "x"})) == [("max_length", "note")]

    def test_what_is_ones_own_of_a_track(self, api: APIClient, alice: User, limits: Any) -> None:
        path, found = f"/api/tracks/{make.track(alice).pk}/", limits["track"]
        for colour in found["colours"]:
            assert api.patch(path, {"colour": colour}).status_code == 200
        assert api.patch(path, {"icon": "💪" * found["icon_emojis"]}).status_code == 200
        assert make.refused(api.patch(path, {"icon": "💪" * (found["icon_emojis"] + 1)})) == [("not_an_emoji", "icon")]
        tags = [str(number) for number in range(found["tags"])]
        assert api.patch(path, {"tags": tags}).status_code == 200
        assert make.refused(api.patch(path, {"tags": [*tags, "x"]})) == [("max_length", "tags")]
        longest = "x" * limits["tag"]["name_length"]
        assert api.post("/api/tags/", {"name": longest}).status_code == 201
        assert make.refused(api.post("/api/tags/", {"name": longest + "x"})) == [("max_length", "name")]
        order = [1] * (found["ordered"] + 1)
        assert make.refused(api.put("/api/tracks/order/", {"tracks": order})) == [("max_length", "tracks")]

    def test_the_pauses_of_a_track_and_of_all(self, api: APIClient, alice: User, limits: Any) -> None:
        found = limits["pause"]
        for track, most in ((make.track(alice), found["per_track"]), (None, found["for_all_tracks"])):
            first = date.fromisoformat(found["date"]["min"])
            days = (first + 2 * number * DAY for number in range(most))
            Pause.objects.bulk_create(Pause(user=alice, track=track, first_day=day, last_day=day) for day in days)
            given = {"track": track and track.pk, "first_day": found["date"]["max"]}
            assert make.refused(api.post("/api/pauses/", given)) == [("too_many", "first_day")]

    def test_ranges_of_a_goal(self, api: APIClient, alice: User, limits: Any) -> None:
        found, given = limits["goal"], {"track": make.track(alice).pk}
        for days in found["days"].values():
            for amount in found["amount"].values():
                goal = given | {"days": days, "amount": amount, "deadline": found["deadline"]["max"]}
                assert api.post("/api/goals/", goal).status_code == 201, goal
        assert make.refused(api.post("/api/goals/", given | {"days": found["days"]["max"] + 1}))[0][1] == "days"
        late = given | {"days": 1, "deadline": "2200-01-01"}
        assert make.refused(api.post("/api/goals/", late)) == [("date_out_of_range", "deadline")]

    def test_the_key_of_an_addition(self, api: APIClient, alice: User, limits: Any) -> None:
        track, key = make.track(alice), "x" * limits["log"]["key_length"]
        path = f"/api/tracks/{track.pk}/logs/{alice.clock.day_of(track.created_at)}/add/"
        assert api.post(path, {"amount": "1"}, headers={"Idempotency-Key": key}).status_code == 200
        refusal = api.post(path, {"amount": "1"}, headers={"Idempotency-Key": key + "x"})
        assert make.refused(refusal) == [("invalid", "Idempotency-Key")]


def test_a_serializer_takes_its_numbers_from_the_rules() -> None:
    names = {"max_length", "max_value", "max_digits", "decimal_places", "min_length"}
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob("serializers.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not (isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call)):
                    continue
                target = ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
                for keyword in node.value.keywords:
                    if keyword.arg in names and isinstance(keyword.value, ast.Constant):
                        assert (target, keyword.value.value) in OTHER_NUMBERS, f"{path}: {target}"

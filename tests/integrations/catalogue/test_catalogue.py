"""What a partner offers: habits, achievements, challenges and leaderboards of its people."""

from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from habits.models import Habit
from integrations.models import Partner, PartnerPerson
from integrations.partners import queries
from notifications.models import Delivery
from tests import make
from tests.integrations.grants.test_links import link
from tracking.models import HabitLog, HabitTrack
from users.models import User
from users.scopes import Scope

PEOPLE, HABITS = "/api/partner/people/", "/api/partner/habits/"
ACHIEVEMENTS, CHALLENGES = "/api/partner/achievements/", "/api/partner/challenges/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def walks(clubs: APIClient, walk: Habit, external_id: str, *days: int) -> None:
    """Let a person follow the habit and log these days of November."""
    clubs.put(f"{PEOPLE}{external_id}/", {})
    path = f"{PEOPLE}{external_id}/habits/{walk.pk}/"
    clubs.post(path)
    for day in days:
        assert clubs.put(f"{path}logs/2026-11-{day}/", {"status": "completed"}).status_code == 200


def test_a_partner_makes_changes_and_deletes_its_habits(club: Partner, clubs: APIClient) -> None:
    made = clubs.post(HABITS, {"name": "Walk", "frequency": "weekly", "times_per_period": 3, "time": "07:30"})
    assert made.status_code == 201 and made.json()["owner"] == "~Walking Club"
    path = f"{HABITS}{made.json()['id']}/"
    assert clubs.patch(path, {"description": "Round the block"}).json()["description"] == "Round the block"
    assert clubs.get(HABITS).json()["count"] == 1
    other = make.service(make.partner("Other"))
    for answer in (other.get(path), other.patch(path, {}), other.delete(path)):
        assert make.refused(answer, 404) == [("not_found", None)]
    assert clubs.delete(path).status_code == 204
    assert clubs.get(HABITS).json()["count"] == 0


def test_a_bot_that_asks_for_a_chat_asks_no_partner(clubs: APIClient, settings: Any) -> None:
    settings.TELEGRAM_BOT_TOKEN, settings.REQUIRE_TELEGRAM = "1:a", True
    assert clubs.post(HABITS, {"name": "Walk", "frequency": "daily"}).status_code == 201


def test_a_deleted_habit_goes_with_the_logs_of_managed_people_and_stays_with_accounts(
    club: Partner, clubs: APIClient, walk: Habit, alice: User
) -> None:
    walks(clubs, walk, "u-1", 20, 21)
    link(club, alice, external_id="a-1")
    walks(clubs, walk, "a-1", 21)
    assert clubs.delete(f"{HABITS}{walk.pk}/").status_code == 204
    assert HabitTrack.objects.get().user == alice and HabitLog.objects.count() == 1
    walk.refresh_from_db()
    assert (walk.owner, walk.followers) == (None, 1)


def test_people_earn_the_achievements_of_a_partner(clubs: APIClient, walk: Habit) -> None:
    body = {"habit": walk.pk, "name_en": "Two days", "kind": "streak", "target": 2}
    made = clubs.post(ACHIEVEMENTS, body, headers={"Idempotency-Key": "a"})
    assert made.status_code == 201
    assert clubs.post(ACHIEVEMENTS, body, headers={"Idempotency-Key": "a"}).json() == made.json()
    assert clubs.get(ACHIEVEMENTS).json()["results"] == [made.json()]
    walks(clubs, walk, "u-1", 20)
    path = f"{PEOPLE}u-1/habits/{walk.pk}/logs/2026-11-21/"
    earned = clubs.put(path, {"status": "completed"}).json()["earned"]
    assert made.json()["id"] in [each["achievement"] for each in earned]
    own = f"{ACHIEVEMENTS}{made.json()['id']}/"
    assert make.refused(make.service(make.partner("Other")).get(own), 404) == [("not_found", None)]
    assert make.refused(make.service(make.partner("Third")).delete(own), 404) == [("not_found", None)]
    assert clubs.delete(own).status_code == 204 and clubs.get(ACHIEVEMENTS).json()["count"] == 0


def test_a_board_has_all_people_with_shared_ranks(club: Partner, clubs: APIClient, walk: Habit, alice: User) -> None:
    for external_id, days in (("u-1", (20, 21)), ("u-2", (19, 20, 21)), ("u-3", (20, 21)), ("u-4", ())):
        walks(clubs, walk, external_id, *days)
    link(club, alice, external_id="a-1")  # without stats:read
    walks(clubs, walk, "a-1", 18, 19, 20, 21)
    shown = clubs.get("/api/partner/leaderboards/current/", {"page_size": 100}).json()["results"]
    assert [(each["rank"], each["external_id"], each["value"]) for each in shown] == [
        (1, "u-2", 3),
        (2, "u-1", 2),
        (2, "u-3", 2),
    ]
    month = clubs.get("/api/partner/leaderboards/month/", {"habit": walk.pk}).json()
    assert month["count"] == 3
    assert make.refused(clubs.get("/api/partner/leaderboards/month/", {"habit": walk.pk + 9}), 404)
    assert make.service(make.partner("Other")).get("/api/partner/leaderboards/current/").json()["count"] == 0
    assert clubs.get("/api/partner/leaderboards/current/", {"unit": "week"}).json()["count"] == 0


def test_an_account_is_on_the_board_if_it_granted_that(
    club: Partner, clubs: APIClient, walk: Habit, alice: User
) -> None:
    link(club, alice, Scope.HABITS_WRITE, Scope.LOGS_WRITE, Scope.STATS_READ, external_id="a-1")
    walks(clubs, walk, "a-1", 21)
    [row] = clubs.get("/api/partner/leaderboards/longest/").json()["results"]
    assert row == {"rank": 1, "external_id": "a-1", "value": 1}


def test_people_take_part_in_a_challenge(club: Partner, clubs: APIClient, walk: Habit, alice: User) -> None:
    body = {"habit": walk.pk, "name": "Three days", "first_day": "2026-11-21", "last_day": "2026-11-23"}
    challenge = clubs.post(CHALLENGES, body).json()
    path = f"{CHALLENGES}{challenge['id']}/"
    for external_id in ("u-1", "u-2"):
        clubs.put(f"{PEOPLE}{external_id}/", {})
        joined = [clubs.post(f"{path}people/{external_id}/").status_code for _ in range(2)]
        assert joined == [201, 200]
    assert make.client(alice).post("/api/challenges/by-code/", {"code": challenge["code"]}).status_code in {200, 201}
    clubs.put(f"{PEOPLE}u-2/habits/{walk.pk}/logs/2026-11-21/", {"status": "completed"})
    standings = clubs.get(f"{path}standings/").json()["results"]
    assert [(each["rank"], each["external_id"], each["completed"]) for each in standings] == [
        (1, "u-2", 1),
        (2, "u-1", 0),
    ]
    assert "alice" not in str(standings)
    assert clubs.delete(f"{path}people/u-1/").status_code == 204
    assert clubs.get(f"{path}standings/").json()["count"] == 1
    other = make.service(make.partner("Other"))
    for answer in (other.get(path), other.delete(path), other.get(f"{path}standings/")):
        assert make.refused(answer, 404) == [("not_found", None)]
    assert clubs.delete(path).status_code == 204
    assert clubs.get(path).json()["state"] == "cancelled"
    assert not Delivery.objects.exclude(user=alice).filter(kind="challenge_cancelled").exists()


def test_who_leaves_in_the_moment_of_a_request_is_in_no_ranking(
    clubs: APIClient, club: Partner, walk: Habit, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"habit": walk.pk, "name": "Three days", "first_day": "2026-11-21", "last_day": "2026-11-23"}
    challenge = clubs.post(CHALLENGES, body).json()
    for external_id in ("u-1", "u-2"):
        walks(clubs, walk, external_id, 21)
        clubs.post(f"{CHALLENGES}{challenge['id']}/people/{external_id}/")
    read = queries.external_ids

    def external_ids(partner: Partner, users: Any) -> Any:
        PartnerPerson.objects.filter(external_id="u-1").delete()  # by another request, after the rows were read
        return read(partner, users)

    monkeypatch.setattr(queries, "external_ids", external_ids)
    for path in ("/api/partner/leaderboards/current/", f"{CHALLENGES}{challenge['id']}/standings/"):
        with transaction.atomic():
            assert [each["external_id"] for each in clubs.get(path).json()["results"]] == ["u-2"]
            transaction.set_rollback(True)


def test_the_pseudonym_of_a_managed_person_says_nothing(clubs: APIClient, walk: Habit, alice: User) -> None:
    body = {"habit": walk.pk, "name": "Three days", "first_day": "2026-11-21", "last_day": "2026-11-23"}
    challenge = clubs.post(CHALLENGES, body).json()
    clubs.put(f"{PEOPLE}u-1/", {"email": "walker@example.org"})
    clubs.post(f"{CHALLENGES}{challenge['id']}/people/u-1/")
    hers = make.client(alice)
    hers.post("/api/challenges/by-code/", {"code": challenge["code"]})
    shown = hers.get(f"/api/challenges/{challenge['id']}/standings/").content.decode()
    assert "~" in shown and "u-1" not in shown and "walker" not in shown

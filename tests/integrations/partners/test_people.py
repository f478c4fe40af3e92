"""A partner's managed people: making, changing, finding and deleting them."""

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from integrations.models import Partner, PartnerPerson
from tests import make
from tracking.models import HabitLog, HabitTrack
from users.models import User
from users.scopes import Scope

NOW = make.utc("2026-11-21 12:00")
PEOPLE = "/api/partner/people/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_put_makes_a_person_once_and_changes_only_what_is_given(clubs: APIClient) -> None:
    made = clubs.put(f"{PEOPLE}u-1/", {"email": "walker@example.org", "time_zone": "Asia/Tokyo"})
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"],
        "external_id": "u-1",
        "kind": "managed",
        "email": "walker@example.org",
        "scopes": None,
        "time_zone": "Asia/Tokyo",
        "language": "en",
        "day_starts_at": 0,
        "created_at": "2026-11-21T12:00:00Z",
    }
    again = clubs.put(f"{PEOPLE}u-1/", {"day_starts_at": 4})
    assert again.status_code == 200
    assert again.json() == made.json() | {"day_starts_at": 4}
    assert clubs.get(f"{PEOPLE}u-1/").json() == again.json() | {"habits": []}
    assert clubs.put(f"{PEOPLE}u-1/", again.json()).json() == again.json()  # what was read can be sent back


def test_an_address_names_one_person_within_a_partner_whatever_its_case(clubs: APIClient) -> None:
    clubs.put(f"{PEOPLE}u-1/", {"email": "Walker@Example.org"})
    assert make.refused(clubs.put(f"{PEOPLE}u-2/", {"email": "walker@example.org"})) == [("email_taken", "email")]
    clubs.put(f"{PEOPLE}u-2/", {})
    assert make.refused(clubs.put(f"{PEOPLE}u-2/", {"email": "WALKER@example.org"})) == [("email_taken", "email")]
    assert [each["external_id"] for each in clubs.get(PEOPLE, {"email": "walker@EXAMPLE.org"}).json()["results"]] == [
        "u-1"
    ]
    assert [each["external_id"] for each in clubs.get(PEOPLE).json()["results"]] == ["u-2", "u-1"]
    assert clubs.get(PEOPLE, {"email": "nobody@example.org"}).json()["count"] == 0


def test_several_people_may_have_no_address(clubs: APIClient) -> None:
    assert {clubs.put(f"{PEOPLE}u-{number}/", {}).status_code for number in range(3)} == {201}


def test_the_same_address_may_be_managed_by_five_partners_and_have_an_account_of_its_own(alice: User) -> None:
    for number in range(5):
        club = make.partner(f"Club {number}")
        assert make.service(club).put(f"{PEOPLE}u-1/", {"email": alice.email}).status_code == 201
    assert PartnerPerson.objects.filter(email=alice.email).count() == 5
    assert User.everyone.filter(email=alice.email).get() == alice
    assert not alice.partner_people.exists()


@pytest.mark.parametrize("external_id", ["a b", "ü", "a,b", "a" * 101, "..", "."])
def test_an_external_id_can_stand_in_a_path(club: Partner, external_id: str) -> None:
    clubs = make.service(club)
    answer = clubs.put(f"{PEOPLE}{external_id}/", {})
    if answer.status_code == 400:
        assert make.refused(answer) == [("invalid", "external_id")]
    else:
        assert answer.status_code in {404, 405}  # the path itself means another one
    assert not PartnerPerson.objects.exists()


def test_deleting_a_managed_person_deletes_everything_of_theirs(club: Partner, clubs: APIClient) -> None:
    habit = make.habit(club.account, name="Walk")
    before = make.everything()
    clubs.put(f"{PEOPLE}u-1/", {"email": "walker@example.org"})
    clubs.post(f"{PEOPLE}u-1/habits/{habit.pk}/")
    assert clubs.put(f"{PEOPLE}u-1/habits/{habit.pk}/logs/2026-11-21/", {"status": "completed"}).status_code == 200
    assert clubs.delete(f"{PEOPLE}u-1/").status_code == 204
    after = make.everything()
    for table in (
        "users.User",
        "integrations.PartnerPerson",
        "tracking.HabitTrack",
        "tracking.HabitLog",
        "habits.Habit",
    ):
        assert after[table] == before[table], table
    assert make.refused(clubs.get(f"{PEOPLE}u-1/"), 404) == [("not_found", None)]


def test_a_change_of_zone_recounts_the_person(club: Partner, clubs: APIClient) -> None:
    habit = make.habit(club.account)
    clubs.put(f"{PEOPLE}u-1/", {"time_zone": "UTC"})
    clubs.post(f"{PEOPLE}u-1/habits/{habit.pk}/")
    change = clubs.put(f"{PEOPLE}u-1/habits/{habit.pk}/logs/2026-11-21/", {"status": "completed"}).json()
    assert change["streak"]["lapses_at"] == "2026-11-23T00:00:00Z"
    clubs.put(f"{PEOPLE}u-1/", {"time_zone": "America/New_York"})
    [shown] = clubs.get(f"{PEOPLE}u-1/").json()["habits"]
    assert shown["streak"]["lapses_at"] == "2026-11-23T05:00:00Z"


def test_the_database_lets_a_managed_user_have_nothing_of_an_account(club: Partner) -> None:
    user = make.managed(club).user
    for changes in (
        {"email": "walker@example.org"},
        {"password": "argon2$x"},
        {"is_staff": True},
        {"is_superuser": True},
        {"is_active": False},
        {"is_ranked": True},
        {"reminders_by_email": True},
        {"new_email": "walker@example.org"},
        {"confirmed_at": NOW},
        {"username": "walker"},
        {"kind": "robot"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.everyone.filter(pk=user.pk).update(**changes)


@pytest.mark.parametrize("scope", [Scope.LOGS_WRITE, Scope.STATS_READ])
def test_a_key_without_the_scope_makes_and_deletes_nobody(club: Partner, scope: Scope) -> None:
    make.managed(club, "u-1")
    clubs, before = make.service(club, scope), make.everything()
    for answer in (clubs.put(f"{PEOPLE}u-2/", {}), clubs.delete(f"{PEOPLE}u-1/")):
        assert make.refused(answer, 403) == [("insufficient_scope", None)]
    after = make.everything()
    assert {t: r for t, r in after.items() if t != "integrations.ApiKey"} == {
        t: r for t, r in before.items() if t != "integrations.ApiKey"
    }


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_person_made_twice_at_once_is_one(club: Partner) -> None:
    text = make.partner_key(club).text
    calls = [lambda: make.program(text).put(f"{PEOPLE}u-1/", {"email": "w@example.org"}).status_code for _ in range(8)]
    assert sorted(make.at_once(calls)) == [200] * 7 + [201]
    assert User.everyone.filter(kind="managed").count() == 2  # with the partner's own account


def test_a_deleted_person_leaves_no_row_of_the_partner_behind(club: Partner, clubs: APIClient) -> None:
    make.managed(club, "u-1", email="w@example.org")
    clubs.delete(f"{PEOPLE}u-1/")
    assert not HabitTrack.objects.exclude(user=club.account).exists() and not HabitLog.objects.exists()
    assert clubs.put(f"{PEOPLE}u-9/", {"email": "w@example.org"}).status_code == 201

"""Linking an account with a partner: asking, answering, what the partner sees then, and ending."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from common.errors import DomainError
from config import effects
from habits.models import Habit
from integrations.grants import services as links
from integrations.models import Grant, LinkRefusal, LinkRequest, Partner, PartnerPerson
from integrations.partners import queries
from tests import make
from tracking.models import HabitLog, HabitTrack
from users import bans, tokens
from users.models import User
from users.scopes import Scope
from users.services import change_password, remove_account, reset_password
from users.timing import DAY

NOW = make.utc("2026-11-21 12:00")
LINKS, PEOPLE = "/api/partner/links/", "/api/partner/people/"
NOTHING = {"detail": "If there is such an account, its owner is asked."}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def ask(clubs: APIClient, email: str = "alice@example.org", *scopes: Scope, **fields: Any) -> Any:
    wanted = [each.value for each in scopes or (Scope.HABITS_WRITE, Scope.LOGS_WRITE)]
    return clubs.post(LINKS, {"email": email, "scopes": wanted, **fields})


def link(club: Partner, user: User, *scopes: Scope, external_id: str = "u-1") -> Grant:
    """Link the account with the partner."""
    links.ask(
        partner=club,
        email=user.email,
        scopes=scopes or (Scope.HABITS_WRITE, Scope.LOGS_WRITE),
        external_id=external_id,
        now=timezone.now(),
    )
    request = LinkRequest.objects.latest("pk")
    return links.accept(user=user, request_id=request.pk, password=make.PASSWORD, now=timezone.now())


def mailed_page() -> str:
    found = re.search(r"/link/\S+/", str(make.mails()[-1].body))
    assert found
    return found[0]


def test_known_and_unknown_addresses_are_answered_alike(clubs: APIClient, alice: User) -> None:
    clubs.get(PEOPLE)  # the use of the key is noted once a minute
    answers, statements = [], []
    for email in ("alice@example.org", "nobody@example.org"):
        with CaptureQueriesContext(connection) as ran:
            answers.append(ask(clubs, email))
        statements.append([re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in ran])
    assert [(each.status_code, each.json()) for each in answers] == [(202, NOTHING)] * 2
    assert statements[0] == statements[1]
    assert [each.to for each in make.mails()] == [["alice@example.org"]]
    assert LinkRequest.objects.count() == 2


def test_the_mail_leads_to_a_page_that_names_partner_and_scopes_and_asks_for_a_yes(
    clubs: APIClient, club: Partner, alice: User
) -> None:
    ask(clubs, "ALICE@example.org", external_id="u-1")
    page = mailed_page()
    browser = Client(enforce_csrf_checks=True)
    shown = browser.get(page).content.decode()
    for text in ("Walking Club asks for a connection", "log days for you", "let you follow its habits", "never"):
        assert text in shown
    assert "see your streaks" not in shown
    wrong = browser.post(page, {"answer": "yes", "password": "wrong horse battery"})
    assert wrong.status_code == 400 and "not the password" in wrong.content.decode()
    assert browser.post(page, {"answer": "", "password": make.PASSWORD}).status_code == 400
    assert not Grant.objects.exists()
    assert make.refused(clubs.get(f"{PEOPLE}u-1/"), 404) == [("not_found", None)]
    assert browser.post(page, {"answer": "yes", "password": make.PASSWORD}).status_code == 200
    grant = Grant.objects.get()
    assert (grant.user, grant.partner, grant.scopes) == (alice, club, ["habits:write", "logs:write"])
    assert "Connected with Walking Club" in [each.subject for each in make.mails()]
    assert clubs.get(f"{PEOPLE}u-1/").json()["email"] == "ALICE@example.org"
    assert browser.post(page, {"answer": "yes", "password": make.PASSWORD}).status_code == 400  # answered before


@pytest.mark.parametrize("answer", ["no", "never"])
def test_a_no_needs_no_password_and_never_lasts(clubs: APIClient, alice: User, noon: Any, answer: str) -> None:
    ask(clubs)
    assert Client().post(mailed_page(), {"answer": answer}).status_code == 200
    assert not Grant.objects.exists() and LinkRequest.objects.get().answer == "declined"
    assert ask(clubs).json() == NOTHING
    assert LinkRequest.objects.count() == (2 if answer == "no" else 1)
    assert LinkRefusal.objects.exists() == (answer == "never")


def test_a_partner_has_one_open_request_for_an_address(clubs: APIClient, alice: User, noon: Any) -> None:
    for email in ("alice@example.org", "Alice@Example.org"):
        assert ask(clubs, email).json() == NOTHING
    assert LinkRequest.objects.count() == 1
    noon.shift(3 * DAY)
    page = mailed_page() if make.mails() else ""
    assert not page  # it expired before it was sent
    assert ask(clubs).json() == NOTHING
    assert list(LinkRequest.objects.order_by("pk").values_list("answer", flat=True)) == ["expired", ""]


def test_three_requests_a_week_reach_an_address_from_all_partners(alice: User, noon: Any) -> None:
    for number in range(5):
        assert ask(make.service(make.partner(f"Club {number}"))).json() == NOTHING
    assert LinkRequest.objects.count() == len(make.mails()) == 3
    noon.shift(7 * DAY)
    ask(make.service(make.partner("Late Club")))
    assert LinkRequest.objects.count() == 4


def test_an_expired_request_cannot_be_answered(clubs: APIClient, alice: User, noon: Any) -> None:
    ask(clubs)
    page = mailed_page()
    noon.shift(3 * DAY)
    assert Client().post(page, {"answer": "yes", "password": make.PASSWORD}).status_code == 400
    assert make.client(alice).get("/api/link-requests/").json()["count"] == 0


def test_a_signed_in_person_answers_by_the_api(clubs: APIClient, club: Partner, alice: User, bob: User) -> None:
    ask(clubs)
    mine, his = make.client(alice), make.client(bob)
    [shown] = mine.get("/api/link-requests/").json()["results"]
    assert (shown["partner"], shown["scopes"]) == ("Walking Club", ["habits:write", "logs:write"])
    path = f"/api/link-requests/{shown['id']}/accept/"
    assert his.get("/api/link-requests/").json()["count"] == 0
    assert make.refused(his.post(path, {"password": make.PASSWORD}), 404) == [("not_found", None)]
    assert make.refused(mine.post(path, {"password": "wrong horse battery"})) == [("wrong_password", "password")]
    assert mine.post(path, {"password": make.PASSWORD}).status_code == 201
    [listed] = mine.get("/api/users/me/access/").json()["integrations"]
    assert (listed["kind"], listed["name"]) == ("grant", "Walking Club")
    assert make.refused(his.delete(f"/api/grants/{listed['id']}/"), 404) == [("not_found", None)]
    assert mine.delete(f"/api/grants/{listed['id']}/").status_code == 204
    assert mine.get("/api/grants/").json()["count"] == 0


def test_declining_by_the_api_for_ever(clubs: APIClient, alice: User) -> None:
    ask(clubs)
    request = LinkRequest.objects.get()
    answer = make.client(alice).post(f"/api/link-requests/{request.pk}/decline/", {"never_again": True})
    assert answer.status_code == 204 and LinkRefusal.objects.exists()


def test_the_partner_sees_what_it_made_and_what_the_scopes_name(
    clubs: APIClient, club: Partner, walk: Habit, alice: User
) -> None:
    own = make.track(alice, name="Her secret", place="home")
    make.log(own, "2026-11-21")
    link(club, alice)
    path = f"{PEOPLE}u-1/"
    shown = clubs.get(path).json()
    assert (shown["kind"], shown["habits"], shown["time_zone"], shown["language"]) == ("linked", [], None, None)
    assert clubs.post(f"{path}habits/{walk.pk}/").status_code == 201
    change = clubs.put(f"{path}habits/{walk.pk}/logs/2026-11-21/", {"status": "completed", "note": "x"}).json()
    assert change["streak"]["current"] == 1 and change["log"]["note"] == "" and change["before"] is None
    assert [each["habit"] for each in clubs.get(path).json()["habits"]] == [walk.pk]
    hidden = f"{path}habits/{own.habit_id}/"
    for answer in (
        clubs.get(hidden),
        clubs.put(f"{hidden}logs/2026-11-21/", {"status": "missed"}),
        clubs.delete(f"{hidden}logs/2026-11-21/"),
        clubs.get(f"{path}habits/{walk.pk}/logs/2026-11-21/"),  # logs:read is not granted
    ):
        assert make.refused(answer, 404) == [("not_found", None)]
    assert "Her secret" not in str(clubs.get(path).content)


def test_all_scopes_show_the_other_habits_too(clubs: APIClient, club: Partner, alice: User) -> None:
    own = make.track(alice, name="Read")
    make.log(own, "2026-11-21")
    link(club, alice, Scope.HABITS_READ, Scope.STATS_READ, Scope.LOGS_READ, Scope.PROFILE_READ)
    shown = clubs.get(f"{PEOPLE}u-1/").json()
    [habit] = shown["habits"]
    assert (habit["name"], habit["is_own"], habit["streak"]["current"]) == ("Read", False, 1)
    assert shown["time_zone"] == "UTC"
    day = f"{PEOPLE}u-1/habits/{own.habit_id}/logs/2026-11-21/"
    assert clubs.get(day).status_code == 200
    assert make.refused(clubs.put(day, {"status": "missed"}), 404) == [("not_found", None)]


def test_what_a_linked_person_follows_is_shown_to_them_with_the_partners_name(
    clubs: APIClient, club: Partner, walk: Habit, alice: User
) -> None:
    link(club, alice)
    clubs.post(f"{PEOPLE}u-1/habits/{walk.pk}/")
    [track] = make.client(alice).get("/api/tracks/").json()["results"]
    assert track["habit"]["owner"] == "~Walking Club"


def ends(alice: User, club: Partner) -> dict[str, Any]:
    now = timezone.now
    grant = Grant.objects.get()
    return {
        "by its owner": lambda: links.end(user=alice, grant_id=grant.pk, now=now()),
        "by the partner": lambda: make.service(club).delete(f"{PEOPLE}u-1/"),
        "reset": lambda: reset_password(token=tokens.password_reset.make(alice), password="another horse", now=now()),
        "ban": lambda: bans.ban(user=alice, by=make.person("staff"), now=now()),
        "deletion": lambda: remove_account(user=User.objects.get(pk=alice.pk), now=now()),
    }


@pytest.mark.parametrize("how", ["by its owner", "by the partner", "reset", "ban", "deletion"])
def test_a_grant_ends_at_once_and_tells(
    clubs: APIClient, club: Partner, walk: Habit, alice: User, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    link(club, alice)
    clubs.post(f"{PEOPLE}u-1/habits/{walk.pk}/")
    told: list[Any] = []
    signal = effects.domain_signal("integrations.person_unlinked")

    def listen(**sent: Any) -> None:
        told.append((sent["partner"], sent["person"].external_id))

    signal.connect(listen, weak=False)
    try:
        ends(alice, club)[how]()
    finally:
        signal.disconnect(listen)
    assert told == [(club, "u-1")]
    assert not PartnerPerson.objects.exists()
    for path in (f"{PEOPLE}u-1/", f"{PEOPLE}u-1/habits/{walk.pk}/"):
        assert make.refused(clubs.get(path), 404) == [("not_found", None)]
    put = clubs.put(f"{PEOPLE}u-1/habits/{walk.pk}/logs/2026-11-21/", {"status": "completed"})
    assert make.refused(put, 404) == [("not_found", None)]
    if how != "deletion":
        assert Grant.objects.get().ended_at
        assert HabitTrack.objects.filter(user=alice, habit=walk).exists()  # what was logged stays theirs


def test_a_grant_that_ends_in_the_moment_of_a_request_is_none(
    clubs: APIClient, club: Partner, walk: Habit, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant, read = link(club, alice), queries.persons
    clubs.post(f"{PEOPLE}u-1/habits/{walk.pk}/")
    make.managed(club, "u-2")

    def persons(rows: Any) -> Any:
        Grant.objects.update(ended_at=timezone.now())  # by another request, after the rows were read
        return read(rows)

    monkeypatch.setattr(queries, "persons", persons)
    day = f"{PEOPLE}u-1/habits/{walk.pk}/logs/2026-11-21/"
    for method, path, body in (("get", f"{PEOPLE}u-1/", None), ("put", day, {"status": "completed"})):
        Grant.objects.filter(pk=grant.pk).update(ended_at=None)
        assert make.refused(getattr(clubs, method)(path, body), 404) == [("not_found", None)]
    Grant.objects.filter(pk=grant.pk).update(ended_at=None)
    assert [each["external_id"] for each in clubs.get(PEOPLE).json()["results"]] == ["u-2"]
    assert not HabitLog.objects.exists()


def test_a_change_of_the_password_ends_no_grant(club: Partner, alice: User) -> None:
    link(club, alice)
    change_password(user=alice, password=make.PASSWORD, new_password="another horse", now=timezone.now())
    assert Grant.objects.get().ended_at is None


def test_a_second_yes_replaces_the_first(club: Partner, alice: User) -> None:
    link(club, alice)
    link_again = LinkRequest.objects.create(
        partner=club,
        email=alice.email,
        scopes=["stats:read"],
        created_at=NOW,
        expires_at=NOW + DAY,
    )
    links.accept(user=alice, request_id=link_again.pk, password=make.PASSWORD, now=NOW)
    assert Grant.objects.get(ended_at=None).scopes == ["stats:read"]
    assert PartnerPerson.objects.count() == 1


@pytest.mark.parametrize(("email", "external_id", "refusal"), [
    ("walker@example.org", "u-2", ("managed", "email")),
    ("other@example.org", "u-1", ("external_id_taken", "external_id")),
    ("other@example.org", "a b", ("invalid", "external_id")),
])  # fmt: skip
def test_a_request_about_the_partners_own_people_is_refused(
    clubs: APIClient, club: Partner, email: str, external_id: str, refusal: Any
) -> None:
    make.managed(club, "u-1", email="walker@example.org")
    assert make.refused(ask(clubs, email, external_id=external_id)) == [refusal]


def test_only_what_can_be_granted_can_be_asked_for(clubs: APIClient) -> None:
    assert make.refused(ask(clubs, "a@example.org", Scope.WEBHOOKS_MANAGE))[0][0] == "invalid_choice"
    assert make.refused(clubs.post(LINKS, {"email": "a@example.org", "scopes": []})) == [("empty", "scopes")]


def test_a_link_that_was_mailed_before_the_address_changed_is_invalid(clubs: APIClient, alice: User) -> None:
    ask(clubs)
    page = mailed_page()
    User.objects.filter(pk=alice.pk).update(email="new@example.org", email_key="new@example.org")
    assert Client().post(page, {"answer": "yes", "password": make.PASSWORD}).status_code == 400
    assert not Grant.objects.exists()


def test_an_address_that_has_changed_hands_names_its_new_owner(clubs: APIClient, club: Partner, alice: User) -> None:
    link(club, alice)
    User.objects.filter(pk=alice.pk).update(email="new@example.org", email_key="new@example.org")
    bob = make.person("bob")
    User.objects.filter(pk=bob.pk).update(email="alice@example.org", email_key="alice@example.org")
    bob.refresh_from_db()
    asked = LinkRequest.objects.create(
        partner=club, email=bob.email, external_id="u-2", scopes=["logs:write"], created_at=NOW, expires_at=NOW + DAY
    )
    links.accept(user=bob, request_id=asked.pk, password=make.PASSWORD, now=NOW)
    found = clubs.get(PEOPLE, {"email": "alice@example.org"}).json()["results"]
    assert [each["external_id"] for each in found] == ["u-2"]
    assert clubs.get(f"{PEOPLE}u-1/").json()["email"] == ""


def test_a_managed_history_is_taken_over_before_an_account_is_linked(club: Partner, alice: User) -> None:
    make.managed(club, "u-1", email=alice.email)
    asked = LinkRequest.objects.create(
        partner=club, email=alice.email, scopes=["logs:write"], created_at=NOW, expires_at=NOW + DAY
    )
    with pytest.raises(DomainError) as refusal:
        links.accept(user=alice, request_id=asked.pk, password=make.PASSWORD, now=NOW)
    assert refusal.value.code == "managed" and not Grant.objects.exists()


def test_an_account_that_staff_close_is_no_longer_found(clubs: APIClient, club: Partner, alice: User) -> None:
    link(club, alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert make.refused(clubs.get(f"{PEOPLE}u-1/"), 404) == [("not_found", None)]
    assert clubs.get(PEOPLE).json()["count"] == 0


def test_old_requests_and_grants_are_purged(clubs: APIClient, club: Partner, alice: User, noon: Any) -> None:
    grant = link(club, alice)
    links.end(user=alice, grant_id=grant.pk, now=NOW)
    ask(clubs, "nobody@example.org")
    assert links.purge(now=NOW + 6 * DAY) == 0
    assert links.purge(now=NOW + 7 * DAY) == 2
    assert links.purge(now=NOW + 90 * DAY) == 1
    assert not Grant.objects.exists() and not LinkRequest.objects.exists()

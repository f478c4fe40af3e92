"""The third beside two people: a partner. Whoever is not entitled sees nothing of its people, and changes nothing.

Every route of partners × (nobody, another person, a key without the scope, an expired key, another partner, a revoked grant).
"""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from integrations.grants import services as grants
from integrations.models import ApiKey, WebhookDelivery
from integrations.partners.rules import OF_KEYS
from integrations.tasks import tell_programs
from tests import make
from tests.project.test_two_people import METHODS, SECRET, WITH_BODY, Hers, all_routes, known_part
from users.models import User
from users.timing import DAY

pytestmark = pytest.mark.django_db

NAMES = sorted(name for name in all_routes() if name.startswith("partner-"))


@pytest.fixture(scope="module")
def hers(shared_world: None) -> Hers:
    return Hers(make.person("alice", chat=True))


@pytest.fixture(autouse=True)
def _no_limits(settings: Settings) -> None:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")


def body_of(hers: Hers) -> dict[str, Any]:
    """Return a body that would change something on every route that knows its fields."""
    club = hers.club
    day = {"operation": "set_day", "habit": club.habit.pk, "day": str(club.day), "status": "missed"}
    return {
        "email": hers.user.email,
        "scopes": ["logs:read"],
        "time_zone": "Asia/Tokyo",
        "status": "missed",
        "amount": "1.00",
        "habit": club.habit.pk,
        "name": "Taken over",
        "frequency": "weekly",
        "name_en": "Taken over",
        "kind": "days",
        "target": 2,
        "first_day": str(club.day + 2 * DAY),
        "last_day": str(club.day + 3 * DAY),
        "writes": [{"person": "u-1", **day}, {"person": "a-1", **day}],
    }


def world() -> dict[str, list[dict[str, Any]]]:
    """Return everything but when keys were last used."""
    found = make.everything()
    for row in found["integrations.ApiKey"]:
        del row["last_used_at"]
    return found


def send(client: APIClient, method: str, path: str, body: dict[str, Any]) -> Any:
    return getattr(client, method)(path, known_part(method, path, body) if method in WITH_BODY else None)


def refuse_all(client: APIClient, hers: Hers, name: str, statuses: set[int]) -> None:
    """Check that each method of a route is refused to the client, shows nothing and changes nothing."""
    path, before = f"/api/{hers.club.paths[name]}", world()
    for method in METHODS:
        answer = send(client, method, path, body_of(hers))
        assert answer.status_code in statuses, (name, method, answer.content)
        assert SECRET not in answer.content.decode() and "u-2" not in answer.content.decode()
        assert world() == before, (name, method)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_and_another_person_are_refused(hers: Hers, name: str) -> None:
    bob = User.objects.filter(username="bob").first() or make.person("bob")
    for client in (APIClient(), make.client(bob), make.client(hers.user), make.program(make.key(bob).text)):
        refuse_all(client, hers, name, {401})


@pytest.mark.parametrize("name", NAMES)
def test_an_expired_and_a_revoked_key_are_refused(hers: Hers, name: str) -> None:
    for changes in ({"expires_at": timezone.now()}, {"revoked_at": timezone.now()}):
        text = make.partner_key(hers.club.partner).text
        ApiKey.objects.filter(prefix=text[:12]).update(**changes)
        refuse_all(make.program(text), hers, name, {401})


@pytest.mark.parametrize("name", NAMES)
def test_a_key_without_the_scope_is_refused(hers: Hers, name: str) -> None:
    from django.urls import resolve

    view: Any = resolve(f"/api/{hers.club.paths[name]}").func
    actions = getattr(view, "actions", None) or {}
    path, body = f"/api/{hers.club.paths[name]}", body_of(hers)
    scopes = view.cls.key_scopes
    for method in METHODS:
        needed = scopes.get(actions.get(method, "get" if method == "head" and not actions else method))
        if method == "head" and actions:
            needed = scopes.get(actions.get("get"))
        client = make.program(make.partner_key(hers.club.partner, *(each for each in OF_KEYS if each != needed)).text)
        before = world()
        answer = send(client, method, path, body)
        assert answer.status_code in {403, 405}, (name, method)
        if needed and answer.status_code == 403:
            assert f'scope="{needed}"' in answer["WWW-Authenticate"]
        assert world() == before, (name, method)


@pytest.mark.parametrize("name", NAMES)
def test_another_partner_finds_nothing(hers: Hers, name: str) -> None:
    path = f"/api/{hers.club.paths[name]}"
    rival = make.partner("Rival")
    client, mine = make.service(rival), {"partner_id": rival.pk, "owner_id": rival.account_id}
    names_an_object = "<" in all_routes()[name].replace("<str:day>", "") or "(?P" in all_routes()[name]
    client.get("/api/partner/changes/")  # it asks for its own people's changes from now on
    # A PUT makes a person of its own with the same id, whom its other requests then mean.
    for method in METHODS if name != "partner-person" else set(METHODS) - {"put"}:
        before = world()
        answer = send(client, method, path, body_of(hers))
        shown = answer.content.decode()
        assert answer.status_code < 500 and SECRET not in shown and "u-2" not in shown
        if names_an_object and method in {"get", "post", "patch", "delete"} and answer.status_code not in {403, 405}:
            assert make.refused(answer, 404) == [("not_found", None)], (name, method)
        after = world()
        for table, rows in before.items():  # what it had stays; what is new is the other's own
            for row in rows:
                assert row in after[table] or mine.items() & row.items(), (name, method, table)
        for table in ("tracking.HabitLog", "tracking.HabitTrack", "community.ChallengeMember"):
            assert [
                row for row in after[table] if row not in before[table] and row.get("user_id") != rival.account_id
            ] == []


PERSONAL = [name for name in NAMES if name.startswith(("partner-person", "partner-participant"))]


@pytest.mark.parametrize("name", PERSONAL)
def test_after_a_revoked_grant_the_account_is_gone(hers: Hers, name: str) -> None:
    path = f"/api/{hers.club.paths[name].replace('/u-1/', '/a-1/')}"
    club = hers.club
    assert club.api.get("/api/partner/people/a-1/").status_code == 200
    grants.end(user=hers.user, grant_id=club.grant.pk, now=timezone.now())
    for method in ("get", "post", "delete", *(["put"] if name == "partner-person-day" else [])):
        before = world()
        answer = send(club.api, method, path, body_of(hers))
        if answer.status_code != 403:  # no key reaches this method
            assert make.refused(answer, 404) == [("not_found", None)], method
        assert world() == before, method
    listed = club.api.get("/api/partner/people/", {"page_size": 100}).json()["results"]
    assert "a-1" not in [each["external_id"] for each in listed]
    assert club.api.get("/api/partner/people/", {"email": hers.user.email}).json()["count"] == 0


def test_after_a_revoked_grant_neither_changes_nor_webhooks_tell_of_the_account(hers: Hers) -> None:
    club = hers.club
    tell_programs()
    position = club.api.get("/api/partner/changes/").json()["after"]
    path = f"/api/partner/people/a-1/habits/{club.habit.pk}/logs/{club.day}/"
    assert club.api.put(path, {"status": "completed"}).status_code == 200
    tell_programs()
    shown = club.api.get("/api/partner/changes/", {"after": position}).json()["results"]
    assert {each["data"]["person"]["external_id"] for each in shown} == {"a-1"}
    assert WebhookDelivery.objects.filter(change__about=hers.user).exists()
    grants.end(user=hers.user, grant_id=club.grant.pk, now=timezone.now())
    make.log(hers.track, club.day, "missed")
    tell_programs()
    shown = club.api.get("/api/partner/changes/", {"after": position}).json()["results"]
    assert [each["type"] for each in shown if each["data"]["person"]["external_id"] == "a-1"] == ["person.unlinked"]
    assert not WebhookDelivery.objects.filter(change__about=hers.user).exists()


def test_a_partner_never_sees_an_address_that_it_did_not_give(hers: Hers) -> None:
    User.objects.filter(pk=hers.user.pk).update(email="quite@example.com", email_key="quite@example.com")
    for path in hers.club.paths.values():
        for shown in (path, path.replace("/u-1/", "/a-1/")):
            assert "quite@example.com" not in hers.club.api.get(f"/api/{shown}").content.decode()

"""Which scope reaches which operation: every scope with every operation of the schema."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

import config.urls
from tests import make
from tests.project.test_strict_input import of_hers
from tests.project.test_two_people import Hers
from users.scopes import Scope

# Every operation that a key reaches. What is not here no key reaches: add a new operation only if its scope promises it.
REACHED = {
    Scope.HABITS_READ: """
        GET /goals/ | GET /goals/{id}/ | GET /habits/ | GET /habits/{habit_id}/schedules/ | GET /habits/{id}/
        GET /pauses/ | GET /pauses/{id}/ | GET /reminders/ | GET /reminders/{id}/ | GET /tags/ | GET /tags/{id}/
        GET /tracks/ | GET /tracks/{id}/
    """,
    Scope.HABITS_WRITE: """
        POST /goals/ | PUT /goals/{id}/ | PATCH /goals/{id}/ | DELETE /goals/{id}/
        POST /habits/ | PUT /habits/{id}/ | PATCH /habits/{id}/
        POST /pauses/ | PATCH /pauses/{id}/ | DELETE /pauses/{id}/
        POST /reminders/ | PUT /reminders/{id}/ | PATCH /reminders/{id}/ | DELETE /reminders/{id}/
        POST /tags/ | PUT /tags/{id}/ | PATCH /tags/{id}/ | DELETE /tags/{id}/
        POST /tracks/ | PATCH /tracks/{id}/ | PUT /tracks/order/
    """,
    Scope.LOGS_READ: """
        GET /changes/ | GET /days/{day}/ | GET /today/ | GET /tracks/{track_id}/logs/ | GET /tracks/{track_id}/logs/{day}/
    """,
    Scope.LOGS_WRITE: """
        PUT /tracks/{track_id}/logs/{day}/ | DELETE /tracks/{track_id}/logs/{day}/
        POST /tracks/{track_id}/logs/bulk/ | POST /tracks/{track_id}/logs/{day}/add/
    """,
    Scope.STATS_READ: """
        GET /achievements/ | GET /achievements/mine/ | GET /achievements/{id}/ | GET /progress/ | GET /summary/
        GET /summary/trend.svg | GET /tracks/{track_id}/explanation/ | GET /tracks/{track_id}/heatmap.svg
    """,
    Scope.EXPORT_READ: "GET /tracks/{track_id}/logs.csv",
    Scope.EVENTS_WRITE: "POST /events/ | POST /events/health-auto-export/ | POST /events/health-connect/",
    Scope.PROFILE_READ: "GET /users/me/",
    Scope.COMMUNITY_READ: """
        GET /challenges/ | GET /challenges/{id}/ | GET /challenges/{challenge_id}/days/
        GET /challenges/{challenge_id}/standings/ | GET /groups/ | GET /groups/{id}/ | GET /groups/{group_id}/board/
        GET /groups/{group_id}/feed/ | GET /groups/{group_id}/habits/ | GET /groups/{group_id}/members/
        GET /leaderboards/current/ | GET /leaderboards/longest/ | GET /leaderboards/month/ | GET /leaderboards/week/
    """,
    Scope.WEBHOOKS_MANAGE: """
        GET /webhooks/ | POST /webhooks/ | GET /webhooks/{id}/ | PATCH /webhooks/{id}/ | DELETE /webhooks/{id}/
        POST /webhooks/{id}/rotate/ | POST /webhooks/{id}/test/ | POST /webhooks/{id}/replay/
        POST /webhooks/{id}/enable/ | GET /webhooks/{webhook_id}/attempts/
    """,
}
NEEDED = {operation: scope for scope, found in REACHED.items() for operation in re.split(r"\s*[|\n]\s*", found.strip())}
# Any key reaches this, and its tools have the scopes (tests/integrations/agents/test_agents.py).
BY_TOOL = {"POST /agents/mcp/"}
# What no scope reaches, whatever is added: the roots of these paths, and operations.
NEVER = (
    "/grants/",
    "/histories/",
    "/identities/",
    "/passkeys/",
    "/keys/",
    "/link-requests/",
    "/action-links/",
    "/imports/",
    "/export/",
    "/events/types/",
    "/events/rules/",
    "/events/open-wearables/",
    "/password/",
    "/token/revoke/",
    "/users/me/access/",
    "/users/me/sessions/",
    "/tg/",
    "/channels/",
    "/push/",
    "/notifications/",
)
NEVER_OPERATIONS = {
    "DELETE /habits/{id}/",
    "DELETE /tracks/{id}/",
    "DELETE /users/me/",
    "PATCH /users/me/",
    "PUT /users/me/",
}

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def hers(shared_world: None) -> Hers:
    return Hers(make.person("alice", chat=True))


@pytest.fixture(scope="module")
def schema(shared_world: None) -> dict[str, Any]:
    return dict(Client().get("/api/schema/?format=openapi").json())


@pytest.fixture(autouse=True)
def _no_limits(settings: Settings) -> None:
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each operation with its name, such as "GET /habits/"."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method != "parameters" and f"{method.upper()} {path}" not in BY_TOOL:
                yield f"{method.upper()} {path}", operation


def signed_in(schema: dict[str, Any]) -> list[str]:
    """Return the operations that need to know which person asks."""
    return [name for name, found in operations(schema) if {"Bearer": []} in (found.get("security") or [])]


def send(api: APIClient, hers: Hers, name: str) -> Any:
    method, path = name.split()
    return getattr(api, method.lower())(of_hers(path, hers), {} if method != "GET" else None)


def test_the_schema_says_which_scope_reaches_an_operation(schema: dict[str, Any]) -> None:
    said: dict[str, str] = {}
    for name, operation in operations(schema):
        if operation.get("security") == [{"Partner": []}]:
            assert re.search(r"Scope of a partner's key: `(\S+)`\.$", operation["description"]), name
            continue
        found = re.search(r"Scope of a key: `(\S+)`\.$", operation["description"])
        if found:
            said[name] = found[1]
        assert bool(found) == ({"Key": []} in (operation.get("security") or [])), name
        if operation.get("security") and not found:
            assert operation["description"].endswith("No key reaches this."), name
    assert said == NEEDED, "a new operation that keys reach belongs in REACHED"
    assert {"Bearer", "Key", "Partner"} == schema["securityDefinitions"].keys()
    assert schema["securityDefinitions"]["Key"]["name"] == "X-API-Key"


def test_what_is_never_reached_has_no_scope(schema: dict[str, Any]) -> None:
    names = set(signed_in(schema))
    assert names >= NEVER_OPERATIONS
    assert not NEVER_OPERATIONS & NEEDED.keys()
    for root in NEVER:
        of_root = [name for name in names if name.split()[1].startswith(root)]
        assert of_root and not set(of_root) & NEEDED.keys(), root


@pytest.mark.parametrize("scope", [*Scope, None])
def test_a_key_reaches_exactly_the_operations_of_its_scope(
    hers: Hers, schema: dict[str, Any], scope: Scope | None
) -> None:
    """None: a key with every scope, sent to what no key reaches, and one without the scope to everything else."""
    names = signed_in(schema)
    assert len(names) > 90
    program = make.program(make.key(hers.user, *([scope] if scope else Scope)).text)
    for name in names:
        needed = NEEDED.get(name)
        with transaction.atomic():
            answer = send(program, hers, name)
            transaction.set_rollback(True)
        if needed and scope in {needed, None}:
            assert answer.status_code not in {401, 403}, (name, answer.content)
            continue
        assert answer.status_code == 403, name
        if "json" in answer["Content-Type"]:
            assert make.refused(answer, 403) == [("insufficient_scope", None)], name
        challenge = answer["WWW-Authenticate"]
        assert challenge.startswith("Bearer ") and 'error="insufficient_scope"' in challenge
        assert (
            (f'scope="{needed}"' in challenge)
            if needed
            else ("scope=" not in challenge.replace("insufficient_scope", ""))
        )


def test_a_key_with_all_other_scopes_changes_nothing(hers: Hers, schema: dict[str, Any]) -> None:
    programs = {
        scope: make.program(make.key(hers.user, *(each for each in Scope if each is not scope)).text)
        for scope in {*NEEDED.values(), None}
    }
    before = make.everything()
    for name in signed_in(schema):
        assert send(programs[NEEDED.get(name)], hers, name).status_code == 403, name
    assert make.everything() == before


def test_an_alias_needs_the_scope_of_its_operation(hers: Hers) -> None:
    path = f"/api/habit/{hers.track.habit_id}/"
    reading, writing = (
        make.program(make.key(hers.user, scope).text) for scope in (Scope.HABITS_READ, Scope.HABITS_WRITE)
    )
    assert (reading.get(path).status_code, writing.get(path).status_code) == (200, 403)
    assert (reading.patch(path, {}).status_code, writing.patch(path, {}).status_code) == (403, 200)
    assert {client.delete(path).status_code for client in (reading, writing)} == {403}


@pytest.mark.parametrize("method", ["head", "options"])
def test_other_methods_are_no_way_round(hers: Hers, method: str) -> None:
    program = make.program(make.key(hers.user, Scope.STATS_READ).text)
    assert getattr(program, method)("/api/habits/").status_code == 403
    assert getattr(program, method)("/api/users/me/").status_code == 403
    assert program.head("/api/progress/").status_code == 200


def test_every_operation_that_names_a_scope_exists() -> None:
    """A misspelt name would close the operation silently."""
    checked = 0
    for route in config.urls.api:
        view: Any = getattr(route.callback, "cls", None)
        for name, scope in getattr(view, "key_scopes", {}).items():
            assert scope in Scope and hasattr(view, name), (view, name)
            checked += 1
    assert checked > 60


def test_a_new_operation_is_closed_to_keys() -> None:
    from users.scopes import scope_of

    class NewView:
        key_scopes = {"get": Scope.HABITS_READ}

    assert scope_of(NewView(), "GET") is scope_of(NewView(), "HEAD") is Scope.HABITS_READ
    assert scope_of(NewView(), "POST") is None
    assert scope_of(object(), "GET") is scope_of(None, "GET") is None


def test_a_profile_is_shown_without_address_and_chat(hers: Hers) -> None:
    alone, both = (
        make.program(make.key(hers.user, *scopes).text).get("/api/users/me/").json()
        for scopes in ([Scope.PROFILE_READ], [Scope.PROFILE_READ, Scope.HABITS_READ])
    )
    whole = make.client(hers.user).get("/api/users/me/").json()
    assert alone == {
        key: value for key, value in whole.items() if key not in {"email", "new_email", "telegram", "tracks"}
    }
    assert both == alone | {"tracks": whole["tracks"]}


def test_no_answer_to_a_key_has_an_address_a_chat_or_an_invitation(hers: Hers, schema: dict[str, Any]) -> None:
    program, api = make.program(make.key(hers.user).text), make.client(hers.user)
    seen = ""
    for name in sorted(NEEDED):
        if name.startswith("GET"):
            shown = send(program, hers, name).content.decode()
            for hidden in (
                hers.user.email,
                str(make.chat(hers.user).address),
                hers.challenge["code"],
                hers.group["code"],
            ):
                assert hidden not in shown, name
            seen += send(api, hers, name).content.decode()
    for hidden in (hers.user.email, hers.challenge["code"], hers.group["code"]):
        assert hidden in seen  # a session sees it

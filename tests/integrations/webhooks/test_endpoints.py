"""Webhooks of a person: adding, changing, rotating and deleting them, and what ends them."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from rest_framework.test import APIClient

from integrations import tasks
from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import rules, services
from tests import make
from tests.integrations.webhooks.conftest import NOW
from tests.integrations.webhooks.receiver import Receiver
from users import tokens
from users.bans import ban
from users.export import as_json
from users.models import User
from users.scopes import Scope
from users.services import change_password, remove_account, reset_password

HOOKS = "/api/webhooks/"
BODY: dict[str, Any] = {
    "name": "Home server",
    "url": "https://home.example.org/habits",
    "events": ["streak.lost", "log.set"],
}

pytestmark = pytest.mark.django_db


def add(api: APIClient, **given: Any) -> dict[str, Any]:
    answer = api.post(HOOKS, BODY | given)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


class TestAdding:
    def test_its_secret_is_shown_once(self, api: APIClient) -> None:
        made = add(api)
        assert made["secret"].startswith("whsec_") and len(made["secret"]) == 50
        assert made["webhook"] == {
            "id": made["webhook"]["id"],
            "name": "Home server",
            "url": "https://home.example.org/habits",
            "events": ["log.set", "streak.lost"],
            "created_at": "2026-11-21T12:00:00Z",
            "failing_since": None,
            "off_at": None,
            "off_reason": "",
        }
        assert api.get(HOOKS).json()["results"] == [made["webhook"]]
        assert api.get(f"{HOOKS}{made['webhook']['id']}/").json() == made["webhook"]

    @pytest.mark.parametrize(
        ("given", "refusal"),
        [
            ({"name": " "}, ("blank", "name")),
            ({"name": "a\u202eb"}, ("invisible_character", "name")),
            ({"url": "http://home.example.org/"}, ("https_required", "url")),
            ({"url": "https://user@home.example.org/"}, ("credentials_in_url", "url")),
            ({"url": "javascript:alert(1)"}, ("invalid_url", "url")),
            ({"url": "https://home.example.org:22/"}, ("port_not_allowed", "url")),
            ({"url": "https://" + "a" * 2000}, ("max_length", "url")),
            ({"events": []}, ("empty", "events")),
            ({"events": ["webhook.test"]}, ("invalid_choice", "events.0")),
            ({"events": ["log.deleted"]}, ("invalid_choice", "events.0")),
            ({"events": ["log.set"] * 20}, ("max_length", "events")),
            ({"signing_secret": "whsec_mine"}, ("unknown_field", "signing_secret")),
        ],
    )
    def test_bad_input_names_its_field_and_changes_nothing(
        self, api: APIClient, given: dict[str, Any], refusal: tuple[str, str]
    ) -> None:
        before = make.everything()
        assert make.refused(api.post(HOOKS, BODY | given)) == [refusal]
        assert make.everything() == before

    def test_a_person_has_a_limited_number(self, api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules, "MAX_ENDPOINTS", 2)
        first, _ = add(api), add(api)
        assert make.refused(api.post(HOOKS, BODY)) == [("too_many_webhooks", None)]
        api.delete(f"{HOOKS}{first['webhook']['id']}/")
        add(api)

    def test_the_database_refuses_half_an_endpoint(self, alice: User) -> None:
        for given in ({"off_at": NOW}, {"off_reason": "gone"}, {"url": ""}, {"previous_secret": "x"}):
            row: dict[str, Any] = {"user": alice, "name": "x", "url": "https://x/", "events": [], "signing_secret": "x"}
            with pytest.raises(IntegrityError), transaction.atomic():
                WebhookEndpoint.objects.create(**row | given)


class TestKeys:
    """A key with webhooks:manage must not get by a webhook what its scopes do not let it read."""

    def test_it_adds_webhooks_of_what_it_can_read(self, alice: User) -> None:
        program = make.program(make.key(alice, Scope.WEBHOOKS_MANAGE, Scope.LOGS_READ).text)
        add(program, events=["log.set", "person.linked"])
        answer = program.post(HOOKS, BODY)
        assert make.refused(answer, 403) == [("insufficient_scope", None)]
        assert 'scope="stats:read"' in answer["WWW-Authenticate"]

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("patch", "", {"url": "https://elsewhere.example.org/"}),
            ("patch", "", {"events": ["log.set"]}),
            ("post", "rotate/", {}),
            ("post", "replay/", {"since": "2026-11-01T00:00:00Z"}),
            ("post", "enable/", {}),
        ],
    )
    def test_it_turns_no_webhook_to_itself_that_gets_more(
        self, api: APIClient, alice: User, method: str, path: str, body: dict[str, Any]
    ) -> None:
        made = add(api)
        program = make.program(make.key(alice, Scope.WEBHOOKS_MANAGE, Scope.LOGS_READ).text)
        before = make.everything()["integrations.WebhookEndpoint"]
        answer = getattr(program, method)(f"{HOOKS}{made['webhook']['id']}/{path}", body)
        assert make.refused(answer, 403) == [("insufficient_scope", None)]
        assert make.everything()["integrations.WebhookEndpoint"] == before
        both = make.program(make.key(alice, Scope.WEBHOOKS_MANAGE, Scope.LOGS_READ, Scope.STATS_READ).text)
        assert getattr(both, method)(f"{HOOKS}{made['webhook']['id']}/{path}", body).status_code < 300


class TestEnding:
    def test_a_deleted_one_is_not_called_again(
        self, api: APIClient, alice: User, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        make.track(alice)
        assert api.delete(f"{HOOKS}{endpoint.pk}/").status_code == 204
        tasks.tell_programs()
        assert receiver.received == []
        assert api.get(f"{HOOKS}{endpoint.pk}/").status_code == api.delete(f"{HOOKS}{endpoint.pk}/").status_code == 404

    @pytest.mark.parametrize("how", ["reset", "ban"])
    def test_a_reset_and_a_ban_end_all(
        self, alice: User, endpoint: WebhookEndpoint, receiver: Receiver, how: str
    ) -> None:
        make.track(alice)
        if how == "reset":
            reset_password(token=tokens.password_reset.make(alice), password="an even better battery", now=NOW)
        else:
            staff = User.objects.create_superuser("staff@example.org", make.PASSWORD)
            ban(user=alice, by=staff, now=NOW)
        tasks.tell_programs()
        assert receiver.received == []
        assert not WebhookEndpoint.objects.filter(ended_at=None).exists()

    def test_what_has_access_lists_them(self, api: APIClient, endpoint: WebhookEndpoint) -> None:
        listed = api.get("/api/users/me/access/").json()["integrations"]
        assert {"kind": "webhook", "id": endpoint.pk, "name": "Home server"}.items() <= listed[0].items()

    def test_a_change_of_the_password_leaves_them(self, alice: User, endpoint: WebhookEndpoint) -> None:
        change_password(user=alice, password=make.PASSWORD, new_password="an even better battery", now=NOW)
        assert WebhookEndpoint.objects.filter(ended_at=None).count() == 1

    def test_a_deleted_account_leaves_nothing(self, alice: User, endpoint: WebhookEndpoint, receiver: Receiver) -> None:
        make.track(alice)
        tasks.tell_programs()
        assert WebhookAttempt.objects.exists()
        remove_account(user=User.objects.get(pk=alice.pk), now=NOW)
        for model in (WebhookEndpoint, WebhookDelivery, WebhookAttempt):
            assert not model._default_manager.exists()

    def test_an_ended_one_is_deleted_the_day_after(self, alice: User, endpoint: WebhookEndpoint, clock: Any) -> None:
        services.end(user=alice, endpoint_id=endpoint.pk, now=NOW)
        tasks.forget_old_changes()
        assert WebhookEndpoint.objects.exists()
        clock.shift(2 * 86400)
        tasks.forget_old_changes()
        assert not WebhookEndpoint.objects.exists()

    def test_the_export_of_a_person_has_no_secret(self, alice: User, endpoint: WebhookEndpoint) -> None:
        services.rotate(user=alice, endpoint_id=endpoint.pk, now=NOW)
        exported = "".join(as_json(alice, now=NOW))
        assert "Home server" in exported and "whsec_" not in exported


@pytest.mark.parametrize("path", ["test/", "replay/", "enable/"])
def test_calling_an_address_again_is_limited(
    api: APIClient, endpoint: WebhookEndpoint, settings: Any, path: str
) -> None:
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"webhook": "2/minute"}
    body = {"since": "2026-11-01T00:00:00Z"} if path == "replay/" else {}
    codes = [api.post(f"{HOOKS}{endpoint.pk}/{path}", body).status_code for _ in range(3)]
    assert codes == [202, 202, 429]


def test_another_person_reaches_none(api: APIClient, bob: User, endpoint: WebhookEndpoint) -> None:
    his = make.client(bob)
    for path in ("", "attempts/"):
        assert his.get(f"{HOOKS}{endpoint.pk}/{path}").status_code == 404
    for path in ("rotate/", "test/", "replay/", "enable/"):
        body = {"since": "2026-11-01T00:00:00Z"} if path == "replay/" else {}
        assert his.post(f"{HOOKS}{endpoint.pk}/{path}", body).status_code == 404
    assert his.patch(f"{HOOKS}{endpoint.pk}/", {"name": "mine"}).status_code == 404
    assert his.get(HOOKS).json()["results"] == []

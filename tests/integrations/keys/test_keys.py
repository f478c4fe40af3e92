"""Keys of a person: making, renaming, rotating and revoking them, and what ends them."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from integrations.keys import rules, services
from integrations.models import ApiKey
from notifications.models import Delivery
from tests import make
from users import tokens
from users.bans import ban, unban
from users.export import as_json
from users.models import User
from users.scopes import Scope
from users.services import remove_account, reset_password

NOW = make.utc("2026-11-21 12:00")
KEYS, TAGS, ACCESS = "/api/keys/", "/api/tags/", "/api/users/me/access/"
NEW = "an even better battery"
BODY: dict[str, Any] = {"name": "Home Assistant", "scopes": ["logs:write", "habits:read"], "password": make.PASSWORD}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def works(text: str) -> bool:
    return bool(make.program(text).get(TAGS).status_code == 200)


class TestMaking:
    def test_its_text_is_shown_once(self, api: APIClient) -> None:
        made = api.post(KEYS, BODY | {"expires_at": "2027-01-01T00:00:00Z"})
        assert made.status_code == 201 and made["Cache-Control"] == "no-store"
        text, key = made.json()["text"], made.json()["key"]
        assert works(text)
        assert key == {
            "id": key["id"],
            "name": "Home Assistant",
            "prefix": text[:12],
            "scopes": ["habits:read", "logs:write"],
            "created_at": "2026-11-21T12:00:00Z",
            "expires_at": "2027-01-01T00:00:00Z",
            "last_used_at": None,
            "successor": None,
        }
        shown = key | {"last_used_at": "2026-11-21T12:00:00Z"}
        assert api.get(KEYS).json()["results"] == [shown]
        assert api.get(f"{KEYS}{key['id']}/").json() == shown

    @pytest.mark.parametrize(
        ("given", "refusal"),
        [
            ({"password": "wrong"}, ("wrong_password", "password")),
            ({"name": " "}, ("blank", "name")),
            ({"name": "x" * 101}, ("max_length", "name")),
            ({"name": "a\u202eb"}, ("invisible_character", "name")),
            ({"scopes": []}, ("empty", "scopes")),
            ({"scopes": ["habits:delete"]}, ("invalid_choice", "scopes.0")),
            ({"scopes": ["habits:read"] * 11}, ("max_length", "scopes")),
            ({"expires_at": "2026-11-21T12:00:00Z"}, ("in_past", "expires_at")),
            ({"prefix": "htk_mychoice"}, ("unknown_field", "prefix")),
            ({"user": 1}, ("unknown_field", "user")),
        ],
    )
    def test_bad_input_names_its_field_and_changes_nothing(
        self, api: APIClient, given: dict[str, Any], refusal: tuple[str, str]
    ) -> None:
        before = make.everything()
        assert make.refused(api.post(KEYS, BODY | given)) == [refusal]
        assert make.everything() == before

    def test_it_needs_the_password(self, api: APIClient, settings: Any) -> None:
        without = {name: value for name, value in BODY.items() if name != "password"}
        assert make.refused(api.post(KEYS, without)) == [("required", "password")]
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"secret": "2/minute"}
        codes = [api.post(KEYS, BODY | {"password": "guess"}).status_code for _ in range(3)]
        assert codes == [400, 400, 429]

    def test_a_user_has_a_limited_number_of_keys_that_work(self, api: APIClient, alice: User, clock: Any) -> None:
        for _ in range(rules.MAX_KEYS):
            key = make.key(alice, expires_at=NOW + timedelta(days=1)).key
        assert make.refused(api.post(KEYS, BODY)) == [("too_many_keys", None)]
        services.revoke(owner=alice, key_id=key.pk, now=timezone.now())
        assert api.post(KEYS, BODY).status_code == 201
        assert make.refused(api.post(KEYS, BODY)) == [("too_many_keys", None)]
        clock.shift(timedelta(days=1))
        assert api.post(KEYS, BODY).status_code == 201

    def test_keys_that_ended_long_ago_are_deleted_when_one_is_made(self, alice: User, bob: User, clock: Any) -> None:
        expired, revoked = make.key(alice, expires_at=NOW + timedelta(days=1)).key, make.key(alice).key
        make.key(bob, expires_at=NOW + timedelta(days=1))
        services.revoke(owner=alice, key_id=revoked.pk, now=timezone.now())
        clock.shift(timedelta(days=90))
        kept = make.key(alice).key
        assert set(ApiKey.objects.filter(user=alice)) == {expired, kept}
        clock.shift(timedelta(days=1))
        last = make.key(alice).key
        assert set(ApiKey.objects.filter(user=alice)) == {kept, last}
        assert ApiKey.objects.filter(user=bob).count() == 1

    @pytest.mark.parametrize(
        ("language", "subject", "words"),
        [
            ("en", "A new key for your account", ("21 November", "13:00", "It may: habits:read, logs:write")),
            ("ru", "Новый ключ для вашего аккаунта", ("21 ноября", "13:00", "Ему можно: habits:read, logs:write")),
        ],
    )
    def test_a_new_key_is_told_by_mail(self, language: str, subject: str, words: tuple[str, ...]) -> None:
        alice = make.person("alice", language=language, time_zone="Europe/Berlin")
        made = make.client(alice).post(KEYS, BODY).json()
        User.objects.filter(pk=alice.pk).update(email="thief@example.org")  # it goes to the address of that moment
        [mail] = make.mails()
        assert (mail.to, mail.subject) == (["alice@example.org"], subject)
        for word in ("Home Assistant", f"{settings.SITE_URL}/#/forgotten", *words):
            assert word in mail.body, word
        assert made["text"][12:] not in mail.body

    def test_a_mail_about_a_key_that_is_deleted_is_dropped(self, api: APIClient) -> None:
        api.post(KEYS, BODY)
        ApiKey.objects.all().delete()
        assert make.mails() == []
        assert Delivery.objects.get(kind="key_created").reason == "deleted"

    def test_what_is_stored_of_its_secret_is_in_no_export_and_on_no_page_of_the_admin(self, alice: User) -> None:
        stored = make.key(alice).key.secret_hash
        assert stored in str(make.everything())
        assert stored not in "".join(as_json(alice, now=timezone.now()))
        User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
        browser = Client()
        browser.force_login(User.objects.get(pk=alice.pk))
        key = ApiKey.objects.get()
        for path in ("", f"{key.pk}/change/"):
            page = browser.get(f"/admin/integrations/apikey/{path}").content.decode()
            assert key.prefix in page and key.secret_hash not in page


class TestRenaming:
    def test_a_key_is_renamed_and_nothing_else_of_it_changes(self, api: APIClient, alice: User) -> None:
        made = make.key(alice, Scope.HABITS_READ)
        path = f"{KEYS}{made.key.pk}/"
        before = api.get(path).json()
        assert api.patch(path, before | {"name": "Kitchen", "scopes": ["logs:write"]}).json() == before | {
            "name": "Kitchen"
        }
        assert api.patch(path, {}).json() == before | {"name": "Kitchen"}
        assert make.refused(api.patch(path, {"name": "\u200b"})) == [("invisible_character", "name")]
        make.refused(api.put(path, before), 405)
        assert works(made.text)


class TestRotating:
    def test_the_old_key_works_on_for_the_grace(self, api: APIClient, alice: User, clock: Any) -> None:
        old = make.key(alice, Scope.HABITS_READ, name="Kitchen")
        body = {"grace_hours": 2, "password": make.PASSWORD}
        made = api.post(f"{KEYS}{old.key.pk}/rotate/", body)
        assert made.status_code == 201, made.content
        new = made.json()
        assert (new["key"]["name"], new["key"]["scopes"]) == ("Kitchen", ["habits:read"])
        shown = api.get(f"{KEYS}{old.key.pk}/").json()
        assert (shown["successor"], shown["expires_at"]) == (new["key"]["id"], "2026-11-21T14:00:00Z")
        clock.shift(timedelta(hours=1, minutes=59))
        assert works(old.text) and works(new["text"])
        clock.shift(timedelta(minutes=1))
        assert not works(old.text) and works(new["text"])

    def test_by_default_it_works_on_for_a_day_and_without_grace_not_at_all(
        self, api: APIClient, alice: User, clock: Any
    ) -> None:
        first, second = make.key(alice), make.key(alice)
        api.post(f"{KEYS}{first.key.pk}/rotate/", {"password": make.PASSWORD})
        api.post(f"{KEYS}{second.key.pk}/rotate/", {"password": make.PASSWORD, "grace_hours": 0})
        assert works(first.text) and not works(second.text)
        clock.shift(timedelta(hours=24))
        assert not works(first.text)

    def test_grace_makes_no_key_last_longer(self, api: APIClient, alice: User) -> None:
        old = make.key(alice, expires_at=NOW + timedelta(hours=1))
        api.post(f"{KEYS}{old.key.pk}/rotate/", {"password": make.PASSWORD, "grace_hours": 5})
        assert ApiKey.objects.get(pk=old.key.pk).expires_at == NOW + timedelta(hours=1)

    @pytest.mark.parametrize(
        ("days", "given", "until"),
        [
            (30, {}, "2027-01-19T12:00:00Z"),
            (30, {"expires_at": None}, None),
            (None, {}, None),
            (None, {"expires_at": "2027-05-01T00:00:00Z"}, "2027-05-01T00:00:00Z"),
        ],
    )
    def test_the_successor_lasts_as_long_as_the_old_key_was_made_for_unless_told(
        self, api: APIClient, alice: User, clock: Any, days: int | None, given: dict[str, Any], until: str | None
    ) -> None:
        old = make.key(alice, expires_at=NOW + timedelta(days=days) if days else None).key
        clock.shift(timedelta(days=29))
        answer = api.post(f"{KEYS}{old.pk}/rotate/", {"password": make.PASSWORD} | given)
        assert answer.json()["key"]["expires_at"] == until

    def test_the_successor_of_a_key_that_was_made_for_ever_lasts_for_ever(
        self, api: APIClient, alice: User, clock: Any
    ) -> None:
        old = make.key(alice, expires_at=make.utc("9999-12-31 23:59")).key
        clock.shift(timedelta(days=29))
        answer = api.post(f"{KEYS}{old.pk}/rotate/", {"password": make.PASSWORD})
        assert answer.json()["key"]["expires_at"].startswith("9999-")

    @pytest.mark.parametrize(
        ("given", "refusal"),
        [
            ({"password": "wrong"}, ("wrong_password", "password")),
            ({"grace_hours": 169}, ("max_value", "grace_hours")),
            ({"grace_hours": -1}, ("min_value", "grace_hours")),
            ({"expires_at": "2026-11-20T12:00:00Z"}, ("in_past", "expires_at")),
        ],
    )
    def test_a_refused_rotation_changes_nothing(
        self, api: APIClient, alice: User, given: dict[str, Any], refusal: tuple[str, str]
    ) -> None:
        path, before = f"{KEYS}{make.key(alice).key.pk}/rotate/", make.everything()
        assert make.refused(api.post(path, {"password": make.PASSWORD} | given)) == [refusal]
        assert make.everything() == before

    def test_a_key_has_one_successor(self, api: APIClient, alice: User) -> None:
        path = f"{KEYS}{make.key(alice).key.pk}/rotate/"
        assert api.post(path, {"password": make.PASSWORD}).status_code == 201
        assert make.refused(api.post(path, {"password": make.PASSWORD})) == [("already_rotated", None)]

    def test_the_last_possible_key_can_be_rotated_at_the_limit_but_not_twice(self, api: APIClient, alice: User) -> None:
        keys = [make.key(alice).key for _ in range(rules.MAX_KEYS)]
        body = {"password": make.PASSWORD}
        assert api.post(f"{KEYS}{keys[0].pk}/rotate/", body).status_code == 201
        assert make.refused(api.post(f"{KEYS}{keys[1].pk}/rotate/", body)) == [("too_many_keys", None)]

    def test_a_rotated_key_is_told_by_mail(self, api: APIClient, alice: User) -> None:
        old = make.key(alice, name="Kitchen")
        api.post(f"{KEYS}{old.key.pk}/rotate/", {"password": make.PASSWORD})
        assert ["Kitchen" in mail.body for mail in make.mails()] == [True]

    def test_a_successor_that_is_deleted_leaves_the_old_key(self, api: APIClient, alice: User) -> None:
        old = make.key(alice)
        new = api.post(f"{KEYS}{old.key.pk}/rotate/", {"password": make.PASSWORD}).json()["key"]["id"]
        ApiKey.objects.get(pk=new).delete()
        assert works(old.text)


class TestEnding:
    def test_a_revoked_key_is_dead_at_once_and_gone_from_the_list(self, api: APIClient, alice: User) -> None:
        made = make.key(alice)
        assert api.delete(f"{KEYS}{made.key.pk}/").status_code == 204
        assert not works(made.text)
        assert api.get(KEYS).json()["count"] == 0
        for method in (api.get, api.delete, api.patch):
            make.refused(method(f"{KEYS}{made.key.pk}/"), 404)
        make.refused(api.post(f"{KEYS}{made.key.pk}/rotate/", {"password": make.PASSWORD}), 404)

    def test_a_reset_of_the_password_ends_every_key(self, alice: User, bob: User) -> None:
        first, second, other = make.key(alice), make.key(alice), make.key(bob)
        token = tokens.password_reset.make(User.objects.get(pk=alice.pk))
        body = {"token": token, "password": NEW, "keep": ["chats", "shares"]}
        assert APIClient().post("/api/password/reset/confirm/", body).status_code == 204
        assert [works(each.text) for each in (first, second, other)] == [False, False, True]

    def test_a_ban_ends_every_key_and_its_end_brings_none_back(self, alice: User, bob: User) -> None:
        made = make.key(alice)
        User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
        staff = User.objects.get(pk=bob.pk)
        ban(user=alice, by=staff, now=timezone.now())
        assert make.refused(make.program(made.text).get(TAGS), 401) == [("user_inactive", None)]
        unban(user=alice, by=staff, now=timezone.now())
        assert make.refused(make.program(made.text).get(TAGS), 401) == [("key_ended", None)]

    def test_a_change_of_the_password_leaves_keys_and_lists_them(self, api: APIClient, alice: User, clock: Any) -> None:
        made = make.key(alice, name="Kitchen")
        make.key(alice, name="Expired", expires_at=NOW + timedelta(hours=1))
        revoked = make.key(alice, name="Revoked")
        services.revoke(owner=alice, key_id=revoked.key.pk, now=timezone.now())
        clock.shift(timedelta(hours=2))
        changed = api.post("/api/password/change/", {"password": make.PASSWORD, "new_password": NEW})
        assert changed.status_code == 204
        make.refused(api.get(ACCESS), 401)
        again = make.client(User.objects.get(pk=alice.pk))
        assert works(made.text)
        assert again.get(ACCESS).json()["integrations"] == [
            {"kind": "key", "id": made.key.pk, "name": "Kitchen", "created_at": "2026-11-21T12:00:00Z"}
        ]
        assert again.delete(f"{KEYS}{made.key.pk}/").status_code == 204
        assert again.get(ACCESS).json()["integrations"] == []

    def test_the_link_of_a_reset_lists_what_it_ends(self, alice: User) -> None:
        make.key(alice, name="Kitchen")
        token = tokens.password_reset.make(User.objects.get(pk=alice.pk))
        listed = APIClient().post("/api/password/reset/check/", {"token": token}).json()["integrations"]
        assert [each["name"] for each in listed] == ["Kitchen"]

    def test_keys_go_with_the_account(self, alice: User, bob: User) -> None:
        make.key(alice)
        kept = make.key(bob).key
        remove_account(user=alice, now=timezone.now())
        assert list(ApiKey.objects.all()) == [kept]

    def test_staff_revoke_keys(self, alice: User, bob: User) -> None:
        made = make.key(alice)
        User.objects.filter(pk=bob.pk).update(is_staff=True, is_superuser=True)
        browser = Client()
        browser.force_login(User.objects.get(pk=bob.pk))
        chosen = {"action": "revoke", "_selected_action": [made.key.pk]}
        assert browser.post("/admin/integrations/apikey/", chosen).status_code == 302
        assert not works(made.text)
        revoked_at = ApiKey.objects.get().revoked_at
        assert browser.post("/admin/integrations/apikey/", chosen).status_code == 302
        assert ApiKey.objects.get().revoked_at == revoked_at

    def test_staff_who_may_only_look_revoke_none(self, alice: User, bob: User) -> None:
        from django.contrib.auth.models import Permission

        made = make.key(alice)
        User.objects.filter(pk=bob.pk).update(is_staff=True)
        bob.user_permissions.add(Permission.objects.get(codename="view_apikey"))
        browser = Client()
        browser.force_login(User.objects.get(pk=bob.pk))
        browser.post("/admin/integrations/apikey/", {"action": "revoke", "_selected_action": [made.key.pk]})
        assert works(made.text)


def test_the_database_holds_one_key_to_a_prefix_and_a_name_to_each(alice: User) -> None:
    key = make.key(alice).key
    for changes in ({"pk": None}, {"name": ""}):
        row = ApiKey.objects.get(pk=key.pk)
        for name, value in changes.items():
            setattr(row, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def clock(self) -> None:
        """Real time: other threads wait for locks."""

    def test_parallel_requests_do_not_exceed_the_limit(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules, "MAX_KEYS", 3)
        calls = [partial(make.client(alice).post, KEYS, BODY) for _ in range(6)]
        assert sorted(answer.status_code for answer in make.at_once(calls)) == [201] * 3 + [400] * 3

    def test_of_parallel_rotations_one_succeeds(self, alice: User) -> None:
        path = f"{KEYS}{make.key(alice).key.pk}/rotate/"
        calls = [partial(make.client(alice).post, path, {"password": make.PASSWORD}) for _ in range(4)]
        assert sorted(answer.status_code for answer in make.at_once(calls)) == [201] + [400] * 3
        assert ApiKey.objects.count() == 2

    @pytest.mark.parametrize("rotated", [False, True])
    def test_none_is_made_by_a_session_that_a_reset_is_just_ending(self, alice: User, rotated: bool) -> None:
        api, old, answers = make.client(alice), make.key(alice), []
        path, body = (f"{KEYS}{old.key.pk}/rotate/", {"password": make.PASSWORD}) if rotated else (KEYS, BODY)
        with make.meanwhile(lambda: answers.append(api.post(path, body))):
            reset_password(token=tokens.password_reset.make(alice), password=NEW, now=timezone.now())
        # The request waits for the reset, or is read after it: which of both refuses it is the database's choice.
        assert make.refused(answers[0], 401) in ([("session_ended", None)], [("password_changed", None)])
        assert not ApiKey.objects.filter(revoked_at=None).exists()

    def test_a_key_that_a_reset_is_just_ending_makes_nothing_that_has_access(self, alice: User) -> None:
        """What locks the owner compares the access of a key's request as that of a session's."""
        from rest_framework_simplejwt.exceptions import AuthenticationFailed

        from integrations.keys import queries
        from users import access

        made = make.key(alice)
        found = queries.find(made.key.prefix)
        assert found is not None
        reset_password(token=tokens.password_reset.make(alice), password=NEW, now=timezone.now())
        with pytest.raises(AuthenticationFailed), transaction.atomic():
            access.lock_owner(found.account)

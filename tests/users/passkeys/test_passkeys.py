"""Passkeys: adding, signing in and confirming by one, and every answer that is refused."""

from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from tests import make
from tests.users.passkeys.authenticator import PRESENT, VERIFIED, Authenticator, Passkey, to_bytes, to_text
from users import bans, export, services, tokens
from users.models import Identity, PasskeyChallenge, Session, User
from users.models import Passkey as Stored
from users.passkeys import rules
from users.tasks import flush_expired_tokens

pytestmark = pytest.mark.django_db

NOW = make.utc("2026-11-21 12:00")
REFUSED = [("passkey_refused", None)]
EXPIRED = [("challenge_expired", None)]


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator()


def add(api: APIClient, device: Authenticator, *, name: str = "My phone", password: str = make.PASSWORD) -> Any:
    """Return the answer to adding a passkey of the device."""
    begun = api.post("/api/passkeys/begin/", {"password": password})
    assert begun.status_code == 200, begun.content
    return api.post("/api/passkeys/", {"name": name, "credential": device.create(begun.json()["options"])})


def asked() -> dict[str, Any]:
    """Return what a browser is asked when its person signs in."""
    return dict(APIClient().post("/api/token/passkey/begin/").json()["options"])


def sent(credential: dict[str, Any]) -> Any:
    return APIClient().post("/api/token/passkey/", {"credential": credential})


def sign_in(device: Authenticator, passkey: Passkey | None = None) -> Any:
    return sent(device.get(asked(), passkey))


class TestAdding:
    def test_a_passkey_is_added_named_and_signs_in(
        self, api: APIClient, phone: Authenticator, alice: User, clock: time_machine.Traveller
    ) -> None:
        made = add(api, phone)
        assert made.status_code == 201
        assert made.json() == {
            "id": Stored.objects.get().pk,
            "name": "My phone",
            "created_at": "2026-11-21T12:00:00Z",
            "last_used_at": None,
        }
        clock.shift(60)
        pair = sign_in(phone).json()
        assert make.program(pair["access"]).get("/api/users/me/").json()["username"] == "alice"
        assert api.get("/api/passkeys/").json()["results"] == [made.json() | {"last_used_at": "2026-11-21T12:01:00Z"}]
        assert User.objects.get().last_login == timezone.now()

    def test_a_browser_is_asked_for_one_that_it_finds_and_that_verifies_its_person(
        self, api: APIClient, phone: Authenticator
    ) -> None:
        add(api, phone)
        options = api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
        assert options["rp"] == {"name": "Habit Tracker", "id": "localhost"}
        assert options["authenticatorSelection"] == {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "required",
        }
        assert [each["id"] for each in options["excludeCredentials"]] == [to_text(phone.passkeys[0].id)]
        assert options["user"]["id"] == phone.passkeys[0].handle
        assert b"alice" not in to_bytes(options["user"]["id"])
        assert (options["attestation"], options["timeout"]) == ("none", 300_000)

    @pytest.mark.parametrize(
        ("body", "refusal"),
        [({}, ("required", "password")), ({"password": "guess"}, ("wrong_password", "password"))],
    )
    def test_it_needs_the_password(self, api: APIClient, body: dict[str, str], refusal: tuple[str, str]) -> None:
        assert make.refused(api.post("/api/passkeys/begin/", body)) == [refusal]
        assert not PasskeyChallenge.objects.exists()

    def test_a_name_that_deceives_is_refused(self, api: APIClient, phone: Authenticator) -> None:
        assert make.refused(add(api, phone, name="phone\u202egpj")) == [("invisible_character", "name")]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"origin": "https://localhost:8000"},
            {"origin": "http://localhost:8001"},
            {"origin": "http://evil.example.org"},
            {"site": "example.org"},
            {"flags": PRESENT},
            {"flags": VERIFIED},
            {"cross_origin": True},
        ],
    )
    def test_what_does_not_hold_is_refused(self, api: APIClient, alice: User, wrong: dict[str, Any]) -> None:
        assert make.refused(add(api, Authenticator(**wrong))) == [("invalid_credential", "credential")]
        assert not Stored.objects.exists()

    @pytest.mark.parametrize(
        "key",
        [
            {1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)},
            {1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x02" * 32},
            {1: 2, 3: -7, -1: 77, -2: b"\x01" * 32, -3: b"\x02" * 32},
            {1: 1, 3: -8, -1: 6, -2: b"\x01" * 3},
            {1: 3, 3: -257, -1: b"\x00", -2: b"\x01\x00\x01"},
            {1: 3, 3: -7, -1: b"\xff" * 256, -2: b"\x01\x00\x01"},
        ],
        ids=["zero", "no point of the curve", "no curve", "too short", "no modulus", "of another algorithm"],
    )
    def test_a_key_that_can_check_no_signature_is_no_way_in(
        self, api: APIClient, alice: User, key: dict[int, Any]
    ) -> None:
        assert make.refused(add(api, Authenticator(public_key=key))) == [("invalid_credential", "credential")]
        assert not Stored.objects.exists()

    def test_a_challenge_is_for_its_own_account_and_purpose(
        self, api: APIClient, bob: User, phone: Authenticator
    ) -> None:
        begun = api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
        credential = phone.create(begun)
        other = make.client(bob).post("/api/passkeys/", {"name": "x", "credential": credential})
        assert make.refused(other) == EXPIRED
        for_signing_in = phone.create(begun | {"challenge": asked()["challenge"]})
        assert make.refused(api.post("/api/passkeys/", {"name": "x", "credential": for_signing_in})) == EXPIRED
        assert api.post("/api/passkeys/", {"name": "x", "credential": credential}).status_code == 201

    def test_the_challenge_of_a_proof_which_needs_no_password_adds_nothing(
        self, api: APIClient, phone: Authenticator
    ) -> None:
        add(api, phone)
        begun = api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
        of_proof = api.post("/api/passkeys/proof/begin/").json()["options"]["challenge"]
        credential = Authenticator().create(begun | {"challenge": of_proof})
        assert make.refused(api.post("/api/passkeys/", {"name": "x", "credential": credential})) == EXPIRED
        proof = api.post("/api/passkeys/proof/", {"credential": phone.get(begun)})
        assert make.refused(proof) == EXPIRED  # nor does that of adding prove
        assert Stored.objects.count() == 1

    def test_a_challenge_is_good_once_and_the_latest_alone(self, api: APIClient, phone: Authenticator) -> None:
        first, second = (api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json() for _ in range(2))
        for begun, status in ((first, 400), (second, 201), (second, 400)):
            credential = phone.create(begun["options"])
            answer = api.post("/api/passkeys/", {"name": "x", "credential": credential})
            assert answer.status_code == status
            assert status == 201 or make.refused(answer) == EXPIRED
        assert Stored.objects.count() == 1

    def test_one_that_is_in_use_is_not_added_again_by_anybody(
        self, api: APIClient, alice: User, bob: User, phone: Authenticator
    ) -> None:
        add(api, phone)
        theirs = make.client(bob)
        begun = theirs.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
        other = Authenticator()
        credential = other.create(begun)
        other.passkeys[0].id = phone.passkeys[0].id
        data = to_bytes(credential["response"]["attestationObject"]).replace(
            to_bytes(credential["id"]), phone.passkeys[0].id
        )
        credential["response"]["attestationObject"] = to_text(data)
        credential["id"] = credential["rawId"] = to_text(phone.passkeys[0].id)
        refusal = theirs.post("/api/passkeys/", {"name": "x", "credential": credential})
        assert make.refused(refusal) == [("passkey_known", "credential")]
        assert Stored.objects.get().user == alice

    def test_an_account_has_at_most_twenty(self, api: APIClient, alice: User) -> None:
        for number in range(rules.MAX_PASSKEYS):
            stored(alice, credential_id=f"id{number}")
        refusal = api.post("/api/passkeys/begin/", {"password": make.PASSWORD})
        assert make.refused(refusal) == [("too_many_passkeys", None)]

    def test_without_https_there_are_none(self, api: APIClient, settings: Settings) -> None:
        assert api.get("/api/limits/").json()["account"]["passkeys"] is True
        settings.SITE_URL = "http://habits.example.org"
        assert api.get("/api/limits/").json()["account"]["passkeys"] is False
        for answer in (
            api.post("/api/passkeys/begin/", {"password": make.PASSWORD}),
            APIClient().post("/api/token/passkey/begin/"),
        ):
            assert make.refused(answer) == [("passkeys_unavailable", None)]
        assert not PasskeyChallenge.objects.exists()

    def test_none_is_added_by_a_session_that_a_reset_has_ended(
        self, api: APIClient, alice: User, phone: Authenticator
    ) -> None:
        begun = api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
        reset(alice)
        again = make.client(User.objects.get()).post("/api/passkeys/", {"name": "x", "credential": phone.create(begun)})
        assert make.refused(again) == EXPIRED
        assert not Stored.objects.exists()


def stored(user: User, **fields: Any) -> Stored:
    """Return a passkey of which only the row matters."""
    made = {"name": "x", "credential_id": "id", "public_key": "key", "user_handle": "handle", "sign_count": 0}
    return Stored.objects.create(**(made | fields), user=user, created_at=timezone.now())


def reset(user: User) -> None:
    token = tokens.password_reset.make(user)
    services.reset_password(token=token, password="an even better battery", now=timezone.now())


class TestSigningIn:
    @pytest.fixture(autouse=True)
    def added(self, api: APIClient, phone: Authenticator) -> None:
        assert add(api, phone).status_code == 201

    def test_nobody_is_named_when_it_begins(self) -> None:
        options = asked()
        assert (options["allowCredentials"], options["rpId"]) == ([], "localhost")
        assert (options["userVerification"], options["timeout"]) == ("required", 300_000)
        assert len(to_bytes(options["challenge"])) == 32

    def test_the_same_answer_signs_in_once(self, phone: Authenticator) -> None:
        credential = phone.get(asked())
        assert sent(credential).status_code == 200
        before = Session.objects.count()
        assert make.refused(sent(credential)) == EXPIRED
        assert Session.objects.count() == before

    def test_a_refused_answer_uses_its_challenge_up(self, phone: Authenticator) -> None:
        options = asked()
        credential = phone.get(options)
        bad = credential | {"response": credential["response"] | {"signature": to_text(b"forged")}}
        assert make.refused(sent(bad), 401) == REFUSED
        assert make.refused(sent(credential)) == EXPIRED

    @pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 400)])
    def test_a_challenge_is_good_for_five_minutes(
        self, phone: Authenticator, clock: time_machine.Traveller, seconds: int, status: int
    ) -> None:
        options = asked()
        clock.shift(seconds)
        answer = sent(phone.get(options))
        assert answer.status_code == status
        assert status == 200 or make.refused(answer) == EXPIRED

    def test_a_challenge_of_somebody_elses_making_is_refused(self, phone: Authenticator) -> None:
        assert make.refused(sent(phone.get({"challenge": to_text(b"of the attacker's own choice")}))) == EXPIRED

    def test_a_challenge_for_another_purpose_is_refused(self, api: APIClient, phone: Authenticator) -> None:
        for_proof = api.post("/api/passkeys/proof/begin/").json()["options"]
        assert make.refused(sent(phone.get(for_proof))) == EXPIRED
        for_adding = api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
        assert make.refused(sent(phone.get(for_adding))) == EXPIRED

    @pytest.mark.parametrize(
        "wrong",
        [
            {"origin": "http://localhost:8001"},
            {"origin": "https://localhost:8000"},
            {"origin": "https://localhost.evil.example.org"},
            {"site": "evil.example.org"},
            {"flags": PRESENT},
            {"flags": VERIFIED},
        ],
    )
    def test_another_origin_or_site_or_a_person_who_was_not_verified_is_refused(
        self, phone: Authenticator, wrong: dict[str, Any]
    ) -> None:
        before = Session.objects.count()
        for name, value in wrong.items():
            setattr(phone, name, value)
        assert make.refused(sign_in(phone), 401) == REFUSED
        assert Session.objects.count() == before
        assert Stored.objects.get().last_used_at is None

    def test_a_page_in_a_frame_of_another_site_is_refused(self, phone: Authenticator) -> None:
        phone.cross_origin = True
        assert make.refused(sign_in(phone)) == [("invalid_credential", "credential")]

    def test_a_signature_by_another_key_is_refused(self, phone: Authenticator) -> None:
        mine = phone.passkeys[0]
        assert make.refused(sign_in(phone, Passkey(mine.site, mine.handle, id=mine.id)), 401) == REFUSED

    def test_a_passkey_is_for_its_own_account_alone(self, bob: User, phone: Authenticator) -> None:
        tablet = Authenticator()
        assert add(make.client(bob), tablet).status_code == 201
        hers, his = phone.passkeys[0], tablet.passkeys[0]
        # His key under her id, and her account under his key.
        assert make.refused(sign_in(tablet, Passkey(his.site, his.handle, his.key, hers.id)), 401) == REFUSED
        assert make.refused(sign_in(tablet, Passkey(his.site, hers.handle, his.key, his.id)), 401) == REFUSED
        pair = sign_in(tablet).json()
        assert make.program(pair["access"]).get("/api/users/me/").json()["username"] == "bob"

    def test_each_of_an_accounts_passkeys_signs_in(self, api: APIClient, phone: Authenticator) -> None:
        add(api, phone, name="Another")
        assert [sign_in(phone, each).status_code for each in phone.passkeys] == [200, 200]
        assert phone.passkeys[0].handle == phone.passkeys[1].handle

    def test_a_counter_that_does_not_go_up_is_refused(self, phone: Authenticator) -> None:
        assert sign_in(phone).status_code == 200
        phone.count = 0
        assert make.refused(sign_in(phone), 401) == REFUSED
        assert sign_in(phone).status_code == 200

    def test_a_device_that_counts_nothing_signs_in_again_and_again(self, api: APIClient) -> None:
        copied = Authenticator(count=None)
        add(api, copied)
        assert [sign_in(copied).status_code for _ in range(3)] == [200] * 3

    def test_a_removed_one_signs_nobody_in(self, api: APIClient, phone: Authenticator) -> None:
        credential = phone.get(asked())
        body = {"password": make.PASSWORD}
        assert api.delete(f"/api/passkeys/{Stored.objects.get().pk}/", body).status_code == 204
        assert make.refused(sent(credential), 401) == REFUSED

    @pytest.mark.parametrize("how", ["banned", "inactive", "unconfirmed", "managed"])
    def test_an_account_that_may_not_sign_in_is_refused_as_an_unknown_passkey_is(
        self, phone: Authenticator, alice: User, how: str
    ) -> None:
        unknown = Authenticator(passkeys=[Passkey("localhost", "x")])
        expected = sign_in(unknown)
        if how == "managed":
            Stored.objects.update(user=make.managed(make.partner()).user)
        elif how == "unconfirmed":
            Stored.objects.update(user=services.register(email="x@example.org", password=make.PASSWORD, now=NOW))
        else:
            User.objects.update(is_active=False, banned_at=NOW if how == "banned" else None)
        refusal = sign_in(phone)
        assert make.refused(refusal, 401) == REFUSED
        assert refusal.json() == expected.json() and expected.status_code == 401

    @pytest.mark.parametrize("end", ["reset", "ban"])
    def test_a_reset_and_a_ban_remove_them_for_good(
        self, api: APIClient, alice: User, phone: Authenticator, end: str
    ) -> None:
        before = phone.get(asked())
        api.post("/api/passkeys/begin/", {"password": make.PASSWORD})
        if end == "reset":
            reset(alice)
        else:
            root = User.objects.create_superuser("root@example.org", make.PASSWORD)
            bans.ban(user=alice, by=root, now=NOW)
            bans.unban(user=alice, by=root, now=NOW)
        assert not Stored.objects.exists() and not alice.passkey_challenges.exists()
        assert make.refused(sent(before), 401) == REFUSED

    def test_a_change_of_the_password_leaves_them_and_lists_them(
        self, api: APIClient, alice: User, phone: Authenticator
    ) -> None:
        changed = {"password": make.PASSWORD, "new_password": "an even better battery"}
        assert api.post("/api/password/change/", changed).status_code == 204
        pair = sign_in(phone).json()
        [listed] = make.program(pair["access"]).get("/api/users/me/access/").json()["integrations"]
        assert (listed["kind"], listed["name"]) == ("passkey", "My phone")

    def test_a_new_device_is_told_by_mail_and_its_session_is_listed(self, alice: User, phone: Authenticator) -> None:
        make.mails().clear()
        credential = phone.get(asked())
        signed = APIClient().post(
            "/api/token/passkey/", {"credential": credential}, headers={"User-Agent": "Firefox/140.0"}
        )
        assert "habits_device" in signed.cookies
        assert Session.objects.latest("pk").device == "Firefox"
        assert make.mails()[-1].subject == "New sign-in to your account"

    def test_the_admin_takes_none_of_it(self, phone: Authenticator, alice: User) -> None:
        User.objects.update(is_staff=True, is_superuser=True)
        browser = Client()
        credential = phone.get(asked())
        body = {"credential": credential}
        assert browser.post("/api/token/passkey/", body, content_type="application/json").status_code == 200
        assert browser.get("/admin/").status_code == 302

    def test_guesses_are_limited_by_network_address(self, settings: Settings) -> None:
        settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"stranger": "2/minute"}
        for path in ("/api/token/passkey/begin/", "/api/token/passkey/"):
            assert [APIClient().post(path, {}).status_code for _ in range(3)][-1] == 429


def cut(credential: dict[str, Any], *path: str, value: Any = None) -> dict[str, Any]:
    """Return the credential with a value replaced, or without it."""
    name, *rest = path
    changed = dict(credential)
    if rest:
        changed[name] = cut(changed[name], *rest, value=value)
    elif value is None:
        del changed[name]
    else:
        changed[name] = value
    return changed


BROKEN: list[tuple[tuple[str, ...], Any]] = [
    (("id",), None),
    (("id",), "x" * 1365),
    (("id",), "another"),
    (("rawId",), "another"),
    (("type",), "password"),
    (("response",), None),
    (("response",), "text"),
    (("response", "clientDataJSON"), None),
    (("response", "clientDataJSON"), "%%%"),
    (("response", "clientDataJSON"), "é"),
    (("response", "clientDataJSON"), to_text(b"[]")),
    (("response", "clientDataJSON"), to_text(b"\xff\xfe")),
    (("response", "clientDataJSON"), to_text(b"[" * 2000)),
    (("response", "clientDataJSON"), to_text(b'{"type": "webauthn.get", "challenge": 7, "origin": []}')),
]
SIGNED: list[tuple[tuple[str, ...], Any]] = [
    (("response", "authenticatorData"), None),
    (("response", "authenticatorData"), "AAAA"),
    (("response", "authenticatorData"), "%"),
    (("response", "signature"), "%"),
    (("response", "signature"), "A"),
    (("response", "signature"), None),
    (("response", "userHandle"), 7),
    (("response", "userHandle"), "é"),
]
MADE: list[tuple[tuple[str, ...], Any]] = [
    (("response", "attestationObject"), None),
    (("response", "attestationObject"), "%"),
    (("response", "attestationObject"), "AAAA"),
    (("response", "attestationObject"), to_text(b"\xa1" * 300)),
    (("response", "attestationObject"), "A" * 20_001),
]


@pytest.mark.parametrize(("path", "value"), BROKEN + SIGNED)
def test_a_broken_answer_signs_nobody_in_and_is_an_error_of_the_request(
    api: APIClient, phone: Authenticator, path: tuple[str, ...], value: Any
) -> None:
    add(api, phone)
    before = Session.objects.count()
    answer = sent(cut(phone.get(asked()), *path, value=value))
    assert answer.status_code in {400, 401}
    assert answer.json()["errors"]
    assert Session.objects.count() == before


@pytest.mark.parametrize(("path", "value"), BROKEN + MADE)
def test_a_broken_answer_adds_nothing_and_is_an_error_of_the_request(
    api: APIClient, phone: Authenticator, path: tuple[str, ...], value: Any
) -> None:
    begun = api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
    credential = cut(phone.create(begun), *path, value=value)
    answer = api.post("/api/passkeys/", {"name": "x", "credential": credential})
    assert answer.status_code == 400
    assert not Stored.objects.exists()


class TestTheList:
    @pytest.fixture
    def hers(self, api: APIClient, phone: Authenticator) -> str:
        return f"/api/passkeys/{add(api, phone).json()['id']}/"

    def test_one_is_renamed(self, api: APIClient, hers: str) -> None:
        assert api.patch(hers, {"name": "My old phone"}).json()["name"] == "My old phone"
        assert make.refused(api.patch(hers, {"name": ""})) == [("blank", "name")]
        assert make.refused(api.patch(hers, {"name": "a\u202eb"})) == [("invisible_character", "name")]
        assert Stored.objects.get().name == "My old phone"

    def test_another_persons_are_neither_shown_nor_changed(self, hers: str, bob: User) -> None:
        his = make.client(bob)
        assert his.get("/api/passkeys/").json()["results"] == []
        make.refused(his.patch(hers, {"name": "Mine"}), 404)
        make.refused(his.delete(hers, {"password": make.PASSWORD}), 404)
        assert Stored.objects.get().name == "My phone"

    def test_removing_one_needs_the_password(self, api: APIClient, hers: str) -> None:
        assert make.refused(api.delete(hers)) == [("required", "password")]
        assert make.refused(api.delete(hers, {"password": "guess"})) == [("wrong_password", "password")]
        assert Stored.objects.exists()
        assert api.delete(hers, {"password": make.PASSWORD}).status_code == 204
        assert not Stored.objects.exists()

    def test_its_sessions_stay_when_one_is_removed(self, api: APIClient, hers: str, phone: Authenticator) -> None:
        pair = sign_in(phone).json()
        api.delete(hers, {"password": make.PASSWORD})
        assert make.program(pair["access"]).get("/api/users/me/").status_code == 200

    def test_an_export_has_them_without_their_keys(self, hers: str, alice: User) -> None:
        [row] = export.rows(Stored, alice)
        assert (row["name"], row["user_id"]) == ("My phone", alice.pk)
        assert not row.keys() & {"public_key", "challenge_hash"}
        asked()
        assert all("challenge_hash" not in row for row in export.rows(PasskeyChallenge, alice))

    def test_a_deleted_account_takes_them_along(self, api: APIClient, hers: str) -> None:
        api.post("/api/passkeys/begin/", {"password": make.PASSWORD})
        assert api.delete("/api/users/me/", {"password": make.PASSWORD}).status_code == 204
        assert not Stored.objects.exists() and not PasskeyChallenge.objects.exists()

    def test_challenges_without_an_answer_are_removed_at_night(self, clock: time_machine.Traveller) -> None:
        asked()
        clock.shift(299)
        asked()
        flush_expired_tokens()
        assert PasskeyChallenge.objects.count() == 2
        clock.shift(2)
        flush_expired_tokens()
        assert PasskeyChallenge.objects.count() == 1


class TestMails:
    def test_a_new_one_and_a_removed_one_are_told_with_what_is_left_and_what_to_do(
        self, api: APIClient, alice: User, phone: Authenticator
    ) -> None:
        make.mails().clear()
        made = add(api, phone).json()
        [told] = make.mails()
        assert (told.to, told.subject) == ([alice.email], "A new passkey of your account")
        assert "The passkey “My phone” can sign you in from now on." in told.body
        assert "What signs you in now: your password, the passkey “My phone”" in told.body
        assert "choose a new password now" in told.body and "/#/forgotten" in told.body
        assert api.delete(f"/api/passkeys/{made['id']}/", {"password": make.PASSWORD}).status_code == 204
        [_, told] = make.mails()
        assert (told.to, told.subject) == ([alice.email], "A passkey was removed")
        assert "What signs you in now: your password\n" in told.body

    def test_one_that_was_removed_before_its_mail_was_sent_is_told_all_the_same(
        self, api: APIClient, alice: User, phone: Authenticator
    ) -> None:
        made = add(api, phone).json()
        api.delete(f"/api/passkeys/{made['id']}/", {"password": make.PASSWORD})
        assert any("A passkey was added to your account" in str(mail.body) for mail in make.mails())

    def test_it_is_in_the_language_and_at_the_time_of_the_account(self, phone: Authenticator) -> None:
        alice = make.person("alice", language="ru", time_zone="Asia/Tokyo")
        add(make.client(alice), phone, name="Телефон")
        told = make.mails()[-1]
        assert told.subject == "Новый ключ доступа к вашей учётной записи"
        assert "«Телефон»" in told.body and "21 ноября в 21:00" in told.body

    def test_staff_who_remove_one_tell_it_too(self, api: APIClient, alice: User, phone: Authenticator) -> None:
        made = add(api, phone).json()
        rows = {"passkeys-TOTAL_FORMS": 1, "passkeys-INITIAL_FORMS": 1, "passkeys-0-DELETE": "on"}
        rows |= {"passkeys-0-id": made["id"], "passkeys-0-user": alice.pk}
        admin = Client()
        admin.force_login(User.objects.create_superuser("root@example.org", make.PASSWORD))
        given = {"email": alice.email, "username": alice.username, "is_active": "on"}
        answer = admin.post(f"/admin/users/user/{alice.pk}/change/", make.NO_ROWS | given | rows)
        assert answer.status_code == 302 and not Stored.objects.exists()
        assert make.mails()[-1].subject == "A passkey was removed"


class TestWithoutAPassword:
    """An account that a provider has signed in to, and that keeps nothing of it but a passkey."""

    @pytest.fixture
    def mine(self, api: APIClient, alice: User, phone: Authenticator) -> APIClient:
        add(api, phone)
        User.objects.update(password="!")
        return make.program(sign_in(phone).json()["access"])

    def prove(self, mine: APIClient, phone: Authenticator) -> Any:
        begun = mine.post("/api/passkeys/proof/begin/").json()["options"]
        assert [each["id"] for each in begun["allowCredentials"]] == [to_text(phone.passkeys[0].id)]
        return mine.post("/api/passkeys/proof/", {"credential": phone.get(begun)})

    def test_a_sign_in_by_it_stands_for_the_password_for_five_minutes(
        self, mine: APIClient, phone: Authenticator, clock: time_machine.Traveller
    ) -> None:
        proof = sign_in(phone).json()["proof"]
        refusal = mine.post("/api/passkeys/begin/", {"password": "guess"})
        assert make.refused(refusal) == [("fresh_sign_in_required", "password")]
        clock.shift(300)
        assert mine.post("/api/passkeys/begin/", {"password": proof}).status_code == 200
        clock.shift(1)
        refusal = mine.post("/api/passkeys/begin/", {"password": proof})
        assert make.refused(refusal) == [("fresh_sign_in_required", "password")]

    def test_so_does_a_signature_in_the_session_without_another_one(
        self, mine: APIClient, phone: Authenticator
    ) -> None:
        before = Session.objects.count()
        proof = self.prove(mine, phone).json()["proof"]
        assert Session.objects.count() == before
        assert mine.delete("/api/users/me/", {"password": proof}).status_code == 204
        assert not User.objects.exists()

    def test_the_last_way_in_stays(self, mine: APIClient, phone: Authenticator) -> None:
        hers = f"/api/passkeys/{Stored.objects.get().pk}/"
        proof = sign_in(phone).json()["proof"]
        assert make.refused(mine.delete(hers, {"password": proof})) == [("last_way_in", None)]
        user = User.objects.get()
        identity = Identity.objects.create(
            user=user, issuer="https://id.example.org", subject="u-1", created_at=NOW, last_used_at=NOW
        )
        assert mine.delete(hers, {"password": proof}).status_code == 204
        assert make.refused(mine.delete(f"/api/identities/{identity.pk}/", {"password": proof})) == [
            ("last_way_in", None)
        ]
        stored(user)
        assert mine.delete(f"/api/identities/{identity.pk}/", {"password": proof}).status_code == 204

    def test_another_persons_passkey_proves_nothing(self, mine: APIClient, bob: User, phone: Authenticator) -> None:
        tablet = Authenticator()
        add(make.client(bob), tablet)
        begun = mine.post("/api/passkeys/proof/begin/").json()["options"]
        refusal = mine.post("/api/passkeys/proof/", {"credential": tablet.get(begun)})
        assert make.refused(refusal) == [("invalid_credential", "credential")]
        begun = mine.post("/api/passkeys/proof/begin/").json()["options"]
        theirs = make.client(bob).post("/api/passkeys/proof/", {"credential": tablet.get(begun)})
        assert make.refused(theirs) == EXPIRED

    def test_an_answer_proves_once(self, mine: APIClient, phone: Authenticator) -> None:
        begun = mine.post("/api/passkeys/proof/begin/").json()["options"]
        credential = {"credential": phone.get(begun)}
        assert mine.post("/api/passkeys/proof/", credential).status_code == 200
        assert make.refused(mine.post("/api/passkeys/proof/", credential)) == EXPIRED

    def test_who_has_none_cannot_prove_by_one(self, bob: User) -> None:
        refusal = make.client(bob).post("/api/passkeys/proof/begin/")
        assert make.refused(refusal) == [("no_passkey", None)]

    def test_where_there_is_a_password_a_proof_does_not_stand_for_it(
        self, mine: APIClient, phone: Authenticator, alice: User
    ) -> None:
        proof = self.prove(mine, phone).json()["proof"]
        User.objects.update(password=alice.password)
        refusal = make.client(alice).post("/api/passkeys/begin/", {"password": proof})
        assert make.refused(refusal) == [("wrong_password", "password")]


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_copies_of_an_answer_at_once_one_signs_in(phone: Authenticator) -> None:
    alice = make.person("alice")
    add(make.client(alice), phone)
    credential = phone.get(asked())
    before = Session.objects.count()
    codes = make.at_once([lambda: sent(credential).status_code] * 4)
    assert sorted(codes) == [200, 400, 400, 400]
    assert Session.objects.count() == before + 1

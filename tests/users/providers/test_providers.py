"""Signing in by OpenID Connect: which person a provider's word signs in, and which words are none."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from joserfc.jwk import OctKey
from pytest_django import Settings
from rest_framework.test import APIClient

from common.errors import DomainError
from tests import make
from tests.users.providers import issuer as fake
from tests.users.providers.issuer import Issuer
from users import services, signals, tokens
from users.models import Identity, User
from users.providers.configuration import Newcomers, Provider
from users.tokens import fresh_sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with fake.running() as running:
        yield running


@pytest.fixture(autouse=True)
def provider(issuer: Issuer, settings: Settings) -> None:
    offer(settings, issuer)


def offer(settings: Settings, issuer: Issuer, **changes: Any) -> None:
    given = {"newcomers": Newcomers.ALLOWED} | changes
    settings.OIDC_PROVIDERS = (
        Provider(
            name="home",
            title="Home",
            issuer=issuer.url,
            client_id=fake.CLIENT_ID,
            client_secret=fake.CLIENT_SECRET,
            **given,
        ),
    )


def leave(browser: Client, query: str = "") -> str:
    """Return where the browser is sent from here."""
    return str(browser.get(f"/auth/home/{query}").headers["Location"])


def come_back(browser: Client, url: str) -> dict[str, str]:
    """Come back from the provider; return what the address of the client says."""
    answer = browser.get(url.partition("http://localhost:8000")[2] or url)
    assert answer.status_code == 302
    where = urlsplit(answer.headers["Location"])
    return {"screen": where.path} | {name: values[0] for name, values in parse_qs(where.query).items()}


def sign_in(browser: Client, issuer: Issuer) -> dict[str, str]:
    return come_back(browser, issuer.agree(leave(browser)))


def tokens_of(browser: Client) -> Any:
    return browser.post("/api/token/provider/")


def test_a_newcomer_gets_an_account_and_comes_back_to_the_same_one(issuer: Issuer, client: Client) -> None:
    for _ in range(2):
        assert sign_in(client, issuer) == {"screen": "/sign-in", "by": "home"}
        pair = tokens_of(client).json()
    user = User.objects.get()
    assert (user.email, user.is_active, user.has_usable_password()) == ("alice@example.org", True, False)
    assert make.program(pair["access"]).get("/api/users/me/").json()["email"] == user.email
    assert Identity.objects.get().subject == "u-1"


def test_a_ticket_is_good_once_and_for_the_browser_that_came_back(issuer: Issuer, client: Client) -> None:
    sign_in(client, issuer)
    assert make.refused(tokens_of(Client())) == [("invalid_ticket", None)]
    ticket = client.cookies["habits_ticket"].value
    assert tokens_of(client).status_code == 200
    client.cookies["habits_ticket"] = ticket
    assert make.refused(tokens_of(client)) == [("invalid_ticket", None)]


def test_the_ticket_and_the_attempt_are_out_of_reach_of_scripts_and_of_addresses(
    issuer: Issuer, client: Client
) -> None:
    left = client.get("/auth/home/")
    answer = client.get(issuer.agree(left.headers["Location"]).partition("http://localhost:8000")[2])
    for cookie, samesite in ((left.cookies["habits_sign_in"], "Lax"), (answer.cookies["habits_ticket"], "Strict")):
        assert (cookie["httponly"], cookie["samesite"]) == (True, samesite)
    assert answer.cookies["habits_ticket"].value not in answer.headers["Location"]
    assert answer.headers["Cache-Control"].startswith("max-age=0")


def test_a_sign_in_that_another_browser_began_is_refused(issuer: Issuer, client: Client) -> None:
    theirs = issuer.agree(leave(Client()))
    assert come_back(client, theirs)["problem"] == "sign_in_expired"  # this one began none
    leave(client)
    assert come_back(client, theirs)["problem"] == "sign_in_refused"  # this one began another
    assert len(issuer.codes) == 1  # their code was not even exchanged
    assert not User.objects.exists()


def test_a_code_is_good_once(issuer: Issuer, client: Client) -> None:
    back = issuer.agree(leave(client))
    attempt = client.cookies["habits_sign_in"].value
    assert come_back(client, back)["by"] == "home"
    client.cookies["habits_sign_in"] = attempt
    assert come_back(client, back)["problem"] == "sign_in_refused"


IN_AN_HOUR, AN_HOUR_AGO = 3600, -3600


@pytest.mark.parametrize(
    "lies",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.example.org"},
        {"aud": "another-client"},
        {"aud": [fake.CLIENT_ID, "another-client"], "azp": "another-client"},
        {"exp": AN_HOUR_AGO, "iat": 2 * AN_HOUR_AGO},
        {"exp": None},
        {"iat": IN_AN_HOUR, "exp": 2 * IN_AN_HOUR},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(issuer: Issuer, client: Client, lies: dict[str, Any]) -> None:
    now = int(time.time())  # the times are relative to it: names of tests must not change
    issuer.lies = {name: now + lie if lie and name in {"exp", "iat"} else lie for name, lie in lies.items()}
    assert sign_in(client, issuer)["problem"] == "sign_in_refused"
    assert not User.objects.exists()


def test_a_token_with_another_signature_is_refused(issuer: Issuer, client: Client) -> None:
    issuer.key = fake.OTHER_KEY
    assert sign_in(client, issuer)["problem"] == "sign_in_refused"
    issuer.key, issuer.algorithm = OctKey.import_key(fake.CLIENT_SECRET * 3), "HS256"
    assert sign_in(client, issuer)["problem"] == "sign_in_refused"
    assert not User.objects.exists()


def test_a_provider_that_is_down_is_named_as_such(issuer: Issuer, client: Client) -> None:
    url = issuer.agree(leave(client))
    issuer.is_down = True
    assert come_back(client, url) == {"screen": "/sign-in", "problem": "provider_unavailable"}
    assert leave(client) == "http://localhost:8000/sign-in?problem=provider_unavailable"
    assert client.get("/auth/elsewhere/").status_code == 404


class TestWhoIsSignedIn:
    def test_subject_and_issuer_name_the_person_whatever_the_address(self, issuer: Issuer, client: Client) -> None:
        sign_in(client, issuer)
        issuer.person |= {"email": "renamed@example.org"}
        assert sign_in(client, issuer)["by"] == "home"
        issuer.person = {"sub": "u-2", "email": "bob@example.org", "email_verified": True}
        assert sign_in(client, issuer)["by"] == "home"
        assert sorted(User.objects.values_list("email", flat=True)) == ["alice@example.org", "bob@example.org"]

    @pytest.mark.parametrize("verified", [False, None, "true", 1])
    def test_without_a_verified_address_nobody_new_is_let_in_or_linked(
        self, issuer: Issuer, client: Client, settings: Settings, verified: Any
    ) -> None:
        offer(settings, issuer, links_verified=True)
        issuer.person["email_verified"] = verified
        assert sign_in(client, issuer)["problem"] == "not_verified"
        assert not User.objects.exists()

    def test_an_account_with_the_address_is_linked_only_where_the_operator_says_so(
        self, issuer: Issuer, client: Client, settings: Settings, alice: User
    ) -> None:
        issuer.person["email"] = "Alice@Example.org"
        assert sign_in(client, issuer)["problem"] == "address_in_use"
        offer(settings, issuer, links_verified=True, newcomers=Newcomers.REFUSED)
        assert sign_in(client, issuer)["by"] == "home"
        assert Identity.objects.get().user == alice

    def test_an_account_that_nobody_confirmed_gives_way(
        self, issuer: Issuer, client: Client, stranger: APIClient
    ) -> None:
        squatter = {"email": "alice@example.org", "password": make.PASSWORD}
        stranger.post("/api/register/", squatter)
        assert sign_in(client, issuer)["by"] == "home"
        assert stranger.post("/api/token/", squatter).status_code == 401

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"newcomers": Newcomers.REFUSED}, "not_allowed"),
            ({"newcomers": Newcomers.LISTED}, "not_allowed"),
            ({"newcomers": Newcomers.LISTED, "listed": frozenset(["bob@example.org"])}, "not_allowed"),
            ({"newcomers": Newcomers.LISTED, "listed": frozenset(["@example.org"])}, None),
            ({"newcomers": Newcomers.LISTED, "listed": frozenset(["alice@example.org"])}, None),
        ],
    )
    def test_newcomers_as_the_operator_says(
        self, issuer: Issuer, client: Client, settings: Settings, changes: Any, problem: str | None
    ) -> None:
        offer(settings, issuer, **changes)
        assert sign_in(client, issuer).get("problem") == problem
        assert User.objects.exists() is (problem is None)

    def test_who_waits_for_approval_is_let_in_by_staff(
        self, issuer: Issuer, client: Client, settings: Settings, stranger: APIClient
    ) -> None:
        offer(settings, issuer, newcomers=Newcomers.APPROVED)
        for _ in range(2):
            assert sign_in(client, issuer)["problem"] == "waits_for_approval"
        user = User.objects.get()
        stranger.post("/api/register/resend/", {"email": user.email})
        assert make.mails() == []  # the mail to confirm an address would let them in
        admin = Client()
        admin.force_login(User.objects.create_superuser("root@example.org", make.PASSWORD))
        admin.post("/admin/users/user/", {"action": "let_in", "_selected_action": [user.pk]})
        assert sign_in(client, issuer)["by"] == "home"
        assert tokens_of(client).status_code == 200

    def test_a_banned_account_stays_out(self, issuer: Issuer, client: Client) -> None:
        sign_in(client, issuer)
        User.objects.update(is_active=False, banned_at="2026-11-26T00:00Z")
        assert sign_in(client, issuer)["problem"] == "inactive"
        assert "habits_ticket" not in client.cookies or tokens_of(client).status_code != 200


class TestConnecting:
    def link(self, person: APIClient, password: str = make.PASSWORD) -> Any:
        return person.post("/api/identities/", {"provider": "home", "password": password})

    def browser_of(self, answer: Any) -> Client:
        browser = Client()
        browser.cookies["habits_device"] = answer.cookies["habits_device"].value
        return browser

    def test_a_signed_in_person_connects_a_provider_and_removes_it(
        self, issuer: Issuer, alice: User, api: APIClient
    ) -> None:
        issuer.person["email"] = "work@example.com"
        answer = self.link(api)
        browser = self.browser_of(answer)
        back = issuer.agree(leave(browser, "?" + urlsplit(answer.json()["url"]).query))
        assert come_back(browser, back) == {"screen": "/me/security", "linked": "home"}
        [shown] = api.get("/api/identities/").json()["results"]
        assert (shown["provider"], shown["email"]) == ("home", "work@example.com")
        assert sign_in(Client(), issuer)["by"] == "home"
        assert api.delete(f"/api/identities/{shown['id']}/", {"password": make.PASSWORD}).status_code == 204
        assert sign_in(Client(), issuer)["by"] == "home"  # as a newcomer, under the other address
        assert User.objects.count() == 2

    def test_it_needs_the_password_and_this_browser(self, issuer: Issuer, api: APIClient) -> None:
        assert make.refused(self.link(api, "wrong")) == [("wrong_password", "password")]
        query = "?" + urlsplit(self.link(api).json()["url"]).query
        assert leave(Client(), query) == "http://localhost:8000/me/security?problem=sign_in_expired"
        assert make.refused(api.post("/api/identities/", {"provider": "x", "password": make.PASSWORD})) == [
            ("unknown_provider", "provider")
        ]

    @pytest.mark.parametrize("changed", ["password", "banned", "session"])
    def test_what_was_begun_before_the_password_changed_a_session_ended_or_a_ban_connects_nothing(
        self, issuer: Issuer, alice: User, api: APIClient, changed: str
    ) -> None:
        answer = self.link(api)
        browser = self.browser_of(answer)
        back = issuer.agree(leave(browser, "?" + urlsplit(answer.json()["url"]).query))
        if changed == "password":
            token = tokens.password_reset.make(alice)
            given = {"token": token, "password": "quite another phrase 9"}
            assert APIClient().post("/api/password/reset/confirm/", given).status_code == 204
        elif changed == "session":
            make.sign_in(alice)
            assert api.post("/api/users/me/sessions/end-others/").status_code == 204
        else:
            User.objects.filter(pk=alice.pk).update(is_active=False)
        assert come_back(browser, back) == {"screen": "/me/security", "problem": "sign_in_expired"}
        assert not Identity.objects.exists()

    def test_one_person_of_a_provider_has_one_account(self, issuer: Issuer, alice: User, bob: User) -> None:
        issuer.person["email"] = "work@example.com"
        for user, outcome in ((alice, "linked"), (bob, "problem")):
            answer = self.link(make.client(user))
            browser = self.browser_of(answer)
            back = issuer.agree(leave(browser, "?" + urlsplit(answer.json()["url"]).query))
            assert outcome in come_back(browser, back)
        assert Identity.objects.get().user == alice

    def test_anothers_identity_is_not_found(self, issuer: Issuer, client: Client, api: APIClient) -> None:
        issuer.person["email"] = "bob@example.org"
        sign_in(client, issuer)
        assert api.get("/api/identities/").json()["results"] == []
        path = f"/api/identities/{Identity.objects.get().pk}/"
        assert api.delete(path, {"password": make.PASSWORD}).status_code == 404

    def test_removing_one_needs_the_password(self, alice: User, api: APIClient) -> None:
        now = timezone.now()
        identity = alice.identities.create(
            issuer="https://id.example.org", subject="u-1", created_at=now, last_used_at=now
        )
        path = f"/api/identities/{identity.pk}/"
        assert make.refused(api.delete(path)) == [("required", "password")]
        assert make.refused(api.delete(path, {"password": "wrong"})) == [("wrong_password", "password")]
        assert Identity.objects.get() == identity

    def test_the_only_way_in_cannot_be_removed(self, issuer: Issuer, client: Client) -> None:
        sign_in(client, issuer)
        pair = tokens_of(client).json()
        person = make.program(pair["access"])
        path = f"/api/identities/{Identity.objects.get().pk}/"
        assert make.refused(person.delete(path, {"password": "x"})) == [("fresh_sign_in_required", "password")]
        assert make.refused(person.delete(path, {"password": pair["proof"]})) == [("last_way_in", None)]


class TestMailsAboutWaysToSignIn:
    """The address of the account is told, in the language of the person."""

    def connect(self, issuer: Issuer, person: User) -> None:
        answer = TestConnecting().link(make.client(person))
        browser = TestConnecting().browser_of(answer)
        back = issuer.agree(leave(browser, "?" + urlsplit(answer.json()["url"]).query))
        assert "linked" in come_back(browser, back)

    def test_a_new_one_and_a_removed_one_are_told_with_what_is_left_and_what_to_do(
        self, issuer: Issuer, alice: User, api: APIClient
    ) -> None:
        issuer.person["email"] = "work@example.com"
        self.connect(issuer, alice)
        [told] = make.mails()
        assert (told.to, told.subject) == ([alice.email], "A new way to sign in to your account")
        assert "Home can sign you in from now on." in told.body
        assert "What signs you in now: your password, Home (work@example.com)" in told.body
        assert "choose a new password now" in told.body and "/#/forgotten" in told.body
        path = f"/api/identities/{Identity.objects.get().pk}/"
        assert api.delete(path, {"password": make.PASSWORD}).status_code == 204
        [_, told] = make.mails()
        assert (told.to, told.subject) == ([alice.email], "A way to sign in was removed")
        assert "What signs you in now: your password\n" in told.body

    def test_one_that_was_removed_before_its_mail_was_sent_is_told_all_the_same(
        self, issuer: Issuer, alice: User, api: APIClient
    ) -> None:
        self.connect(issuer, alice)
        api.delete(f"/api/identities/{Identity.objects.get().pk}/", {"password": make.PASSWORD})
        assert {mail.subject for mail in make.mails()} == {
            "A new way to sign in to your account",
            "A way to sign in was removed",
        }
        assert any("Another service can sign you in" in str(mail.body) for mail in make.mails())

    def test_it_is_in_the_language_and_at_the_time_of_the_account(self, issuer: Issuer) -> None:
        with time_machine.travel("2026-11-21 18:30Z", tick=False):
            alice = make.person("alice", language="ru", time_zone="Asia/Tokyo")
            identity = Identity.objects.create(
                user=alice, issuer=issuer.url, subject="u-1", created_at=timezone.now(), last_used_at=timezone.now()
            )
            signals.identity_connected.send(User, user=alice, identity=identity, now=timezone.now())
            told = make.mails()[-1]
        assert told.subject == "Новый способ входа в вашу учётную запись"
        assert "«Home»: этот сервис подключили 22 ноября в 03:30" in told.body
        assert "Способы входа теперь: ваш пароль, Home" in told.body

    def test_an_account_that_is_linked_by_its_address_is_told_and_a_newcomer_or_a_return_is_not(
        self, issuer: Issuer, settings: Settings, alice: User
    ) -> None:
        offer(settings, issuer, links_verified=True)
        for _ in range(2):
            assert sign_in(Client(), issuer)["by"] == "home"
        issuer.person |= {"sub": "u-2", "email": "new@example.org"}
        assert sign_in(Client(), issuer)["by"] == "home"
        assert [mail.to for mail in make.mails()] == [[alice.email]]

    def test_staff_who_remove_one_tell_it_too(self, issuer: Issuer, alice: User) -> None:
        self.connect(issuer, alice)
        make.mails().clear()
        rows = {"identities-TOTAL_FORMS": 1, "identities-INITIAL_FORMS": 1, "identities-0-DELETE": "on"}
        rows |= {"identities-0-id": Identity.objects.get().pk, "identities-0-user": alice.pk}
        admin = Client()
        admin.force_login(User.objects.create_superuser("root@example.org", make.PASSWORD))
        given = {"email": alice.email, "username": alice.username, "is_active": "on"}
        answer = admin.post(f"/admin/users/user/{alice.pk}/change/", make.NO_ROWS | given | rows)
        assert answer.status_code == 302 and not Identity.objects.exists()
        assert make.mails()[-1].subject == "A way to sign in was removed"


class TestWithoutAPassword:
    """What is delicate needs a sign-in of the last five minutes."""

    @pytest.fixture
    def pair(self, issuer: Issuer, client: Client) -> dict[str, str]:
        sign_in(client, issuer)
        return dict(tokens_of(client).json())

    def test_a_fresh_sign_in_stands_for_the_password(self, pair: dict[str, str]) -> None:
        person = make.program(pair["access"])
        for given in ("", "guess", "null"):
            refusal = person.delete("/api/users/me/", {"password": given or "x"})
            assert make.refused(refusal) == [("fresh_sign_in_required", "password")]
        assert person.delete("/api/users/me/", {"password": pair["proof"]}).status_code == 204
        assert not User.objects.exists()

    def test_it_is_fresh_for_five_minutes_and_for_its_own_account(self, pair: dict[str, str], bob: User) -> None:
        person = make.program(pair["access"])
        bob.set_unusable_password()
        bob.save()
        refusal = person.delete("/api/users/me/", {"password": fresh_sign_in.make(bob)})
        assert make.refused(refusal) == [("fresh_sign_in_required", "password")]
        with time_machine.travel(timezone.now() + timedelta(seconds=302), tick=False):
            refusal = person.delete("/api/users/me/", {"password": pair["proof"]})
        assert make.refused(refusal) == [("fresh_sign_in_required", "password")]

    def test_with_a_password_of_its_own_an_account_needs_that(self, pair: dict[str, str]) -> None:
        change = {"password": pair["proof"], "new_password": "an even better battery"}
        assert make.program(pair["access"]).post("/api/password/change/", change).status_code == 204
        user = User.objects.get()
        assert user.check_password("an even better battery")
        with pytest.raises(DomainError, match="not the current password"):
            services.check_current_password(user, fresh_sign_in.make(user))

    def test_a_reset_of_the_password_removes_what_a_stolen_session_may_have_connected(
        self, pair: dict[str, str], stranger: APIClient
    ) -> None:
        user = User.objects.get()
        stranger.post("/api/password/reset/", {"email": user.email})
        token = make.mailed_token(user.email)
        stranger.post("/api/password/reset/confirm/", {"token": token, "password": "an even better battery"})
        assert not Identity.objects.exists()

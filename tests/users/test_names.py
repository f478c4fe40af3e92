"""One form of addresses and usernames for finding, uniqueness and limits; what was typed is kept."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from users.models import User
from users.services import edit_profile, register

REGISTER, ME = "/api/register/", "/api/users/me/"

pytestmark = pytest.mark.django_db


def registered(stranger: APIClient, **given: str) -> Any:
    return stranger.post(REGISTER, {"email": "new@example.org", "password": make.PASSWORD} | given)


# Usernames


@pytest.mark.parametrize(
    ("username", "code"),
    [
        ("аlice", "mixed_scripts"),  # a Cyrillic а
        ("bοb", "mixed_scripts"),  # a Greek ο
        ("ali\u3164ce", "invisible_character"),
        ("\u3164", "invisible_character"),
        ("\u115f\u1160", "invisible_character"),
        (".", "no_letters"),
        ("..", "no_letters"),
        ("-_.", "no_letters"),
        ("\ufdfa", "invalid"),  # stands for words with spaces
    ],
)
def test_a_username_that_deceives_is_refused(stranger: APIClient, api: APIClient, username: str, code: str) -> None:
    before = User.objects.values_list("username", flat=True).order_by("pk")
    names = list(before)
    assert make.refused(registered(stranger, username=username)) == [(code, "username")]
    assert make.refused(api.patch(ME, {"username": username})) == [(code, "username")]
    assert list(before.all()) == names


@pytest.mark.parametrize("username", ["ALICE", "ａｌｉｃｅ", "Ａlice"])
def test_a_look_alike_of_a_username_is_taken(stranger: APIClient, alice: User, username: str) -> None:
    assert make.refused(registered(stranger, username=username)) == [("username_taken", "username")]


def test_a_username_of_cyrillic_letters_that_look_latin_is_the_latin_one(stranger: APIClient) -> None:
    assert registered(stranger, username="copa").status_code == 201
    assert make.refused(registered(stranger, email="b@example.org", username="сора")) == [
        ("username_taken", "username")
    ]


@pytest.mark.parametrize("username", ["алиса", "АЛИСА"])
def test_case_does_not_matter_in_any_alphabet_on_any_database(stranger: APIClient, username: str) -> None:
    assert registered(stranger, username="Алиса").status_code == 201
    again = registered(stranger, email="b@example.org", username=username)
    assert make.refused(again) == [("username_taken", "username")]


@pytest.mark.parametrize("username", ["Алиса", "山田たろう", "김철수", "Zoë", "josé.99", "user-1"])
def test_names_of_any_language_are_kept_as_typed(stranger: APIClient, username: str) -> None:
    answer = registered(stranger, username=username)
    assert (answer.status_code, answer.json()["username"]) == (201, username)


def test_a_profile_with_a_name_from_before_the_rules_can_still_be_saved(api: APIClient, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(username="..")
    same = {"username": "..", "email": alice.email, "language": "ru"}
    assert api.put(ME, same).status_code == 200


def test_a_member_is_found_by_any_form_of_the_name(alice: User, bob: User) -> None:
    api = make.client(alice)
    group = api.post("/api/groups/", {"name": "Early birds"}).json()
    make.client(bob).post("/api/groups/by-code/", {"code": group["code"]})
    assert api.delete(f"/api/groups/{group['id']}/members/ＢＯＢ/").status_code == 204


# Addresses


@pytest.mark.parametrize(
    "email",
    [
        "alice@exam\u00adple.org",
        "alice@example.org\u200b",
        "alice@\u2028example.org",
        "alice@example\u3164.org",
        "alice@example.org\u2060",
    ],
)
def test_an_address_with_an_invisible_character_is_refused(stranger: APIClient, api: APIClient, email: str) -> None:
    for answer in (registered(stranger, email=email), api.patch(ME, {"email": email, "password": make.PASSWORD})):
        [(code, attr)] = make.refused(answer)
        assert attr == "email" and code in {"invisible_character", "invalid"}
    assert User.objects.count() == 1


@pytest.mark.parametrize("email", ['"alice"@example.org', '"al\\ice"@example.org', '"a b"@example.org'])
def test_an_address_in_quotes_is_refused_because_it_reaches_the_mailbox_of_another(
    stranger: APIClient, alice: User, api: APIClient, email: str
) -> None:
    assert make.refused(registered(stranger, email=email)) == [("invalid", "email")]
    assert make.refused(api.patch(ME, {"email": email, "password": make.PASSWORD})) == [("invalid", "email")]


def test_an_address_whose_domain_mixes_scripts_is_refused(stranger: APIClient) -> None:
    assert make.refused(registered(stranger, email="a@exаmple.org")) == [("mixed_scripts", "email")]


@pytest.mark.parametrize(
    "email",
    ["Alice@EXAMPLE.org", "alice@ｅxample.org", "ALICE@straße.example", "alice@xn--strae-oqa.example"],
)
def test_addresses_that_reach_one_mailbox_are_one(stranger: APIClient, alice: User, email: str) -> None:
    register(email="alice@strasse.example", password=make.PASSWORD, username="other", now=timezone.now())
    assert make.refused(registered(stranger, email=email)) == [("email_taken", "email")]
    with pytest.raises(Exception, match="Another account uses this address"):
        edit_profile(user=make.person("bob"), password=make.PASSWORD, email=email, now=timezone.now())


@pytest.mark.parametrize(
    "email", ["ALICE@Example.org", " alice@example.org ", "ａｌｉｃｅ@example.org", "alice@example.org\u200b"]
)
def test_any_form_of_an_address_finds_its_account(stranger: APIClient, client: Client, alice: User, email: str) -> None:
    assert stranger.post("/api/token/", {"email": email, "password": make.PASSWORD}).status_code == 200
    User.objects.filter(pk=alice.pk).update(is_staff=True)
    assert client.post("/admin/login/?next=/admin/", {"username": email, "password": make.PASSWORD}).status_code == 302


def test_a_mail_goes_to_the_address_that_was_registered_not_to_the_one_that_was_typed(stranger: APIClient) -> None:
    owner = register(email="Alice@straße.example", password=make.PASSWORD, now=timezone.now())
    User.objects.filter(pk=owner.pk).update(is_active=True, confirmed_at=timezone.now())
    assert stranger.post("/api/password/reset/", {"email": "alice@strasse.example"}).status_code == 202
    assert [mail.to for mail in make.mails() if "new password" in mail.subject] == [["Alice@straße.example"]]


def test_the_same_account_by_two_spellings_gets_one_mail(stranger: APIClient, alice: User) -> None:
    for email in ("alice@example.org", "ALICE@example.org", "alice@ｅxample.org"):
        stranger.post("/api/password/reset/", {"email": email})
    assert len([mail for mail in make.mails() if "new password" in mail.subject]) == 1


# Passwords


@pytest.mark.parametrize(
    "password",
    [
        " " * 8,
        "\u3164" * 8,
        "\u00a0" * 9,
        "z" * 12,
        "ALICE@example.org",
        " alice@example.org ",
        "alicealice",
        "ａｌｉｃｅ@example.org",
    ],
)
def test_a_password_that_is_blank_or_the_own_address_is_refused(
    stranger: APIClient, api: APIClient, alice: User, password: str
) -> None:
    given = {"password": make.PASSWORD, "new_password": password}
    assert make.refused(api.post("/api/password/change/", given)) == [("weak_password", "new_password")]
    given = {"email": "alice@example.org", "username": "alice", "password": password}
    alice.delete()
    assert make.refused(stranger.post(REGISTER, given)) == [("weak_password", "password")]


# Staff


def test_the_admin_refuses_a_taken_or_deceiving_name(admin_client: Client, alice: User) -> None:
    form = {"password1": make.PASSWORD, "password2": make.PASSWORD, "email": "b@example.org"}
    forms = make.NO_ROWS
    for name in ("ALICE", "аlice", ".."):
        answer = admin_client.post("/admin/users/user/add/", form | forms | {"username": name})
        assert answer.status_code == 200 and "username" in answer.context["adminform"].form.errors
    assert admin_client.post("/admin/users/user/add/", form | forms | {"username": "new"}).status_code == 302


@pytest.fixture
def admin_client(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.org", make.PASSWORD))
    return client


# Titles


@pytest.mark.parametrize("name", ["\u3164", "a\u202eb", "\u200d\u200d", "tab\there", "two\nlines", "a\u00adb"])
def test_the_name_of_a_habit_challenge_or_group_shows_all_that_it_holds(api: APIClient, alice: User, name: str) -> None:
    habit = make.habit(alice, name="Run")
    group = api.post("/api/groups/", {"name": "Early birds"}).json()
    day = timezone.now().date().isoformat()
    challenge = {"habit": habit.pk, "name": name, "first_day": day, "last_day": day}
    before = make.everything()
    for answer in (
        api.post("/api/habits/", {"name": name, "frequency": "daily"}),
        api.patch(f"/api/habits/{habit.pk}/", {"name": name}),
        api.post("/api/groups/", {"name": name}),
        api.patch(f"/api/groups/{group['id']}/", {"name": name}),
        api.post("/api/challenges/", challenge),
    ):
        assert {attr for _, attr in make.refused(answer)} == {"name"}
    assert make.everything() == before


@pytest.mark.parametrize("name", ["🏃", "👩‍🚀 Sport", "❤️", "می‌خواهم", "...", "Ёж, 東京 & tea"])
def test_emoji_and_all_scripts_may_stand_in_a_title(api: APIClient, name: str) -> None:
    assert api.post("/api/groups/", {"name": name}).json()["name"] == name


# Search, on both engines


@pytest.mark.parametrize("typed", ["вода", "ВОДА", "вод"])
def test_search_finds_a_name_in_any_case(api: APIClient, alice: User, typed: str) -> None:
    habit = make.habit(alice, name="Вода", is_published=True)
    api.post("/api/groups/", {"name": "Вода утром", "is_open": True})
    day = timezone.now().date().isoformat()
    api.post("/api/challenges/", {"habit": habit.pk, "name": "Больше воды: ВОДА", "first_day": day, "last_day": day})
    for path in ("/api/habits/", "/api/habits/public/", "/api/groups/", "/api/challenges/", "/api/progress/"):
        assert [path, api.get(path, {"name": typed}).json()["count"]] == [path, 1]
        assert [path, api.get(path, {"name": "%"}).json()["count"]] == [path, 0]


def test_the_admin_search_finds_a_name_in_any_case(admin_client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(username="Алиса")
    assert "Алиса" in admin_client.get("/admin/users/user/", {"q": "алиса"}).content.decode()


def test_no_index_is_built_on_the_case_of_a_database() -> None:
    """SQLite knows only the case of ASCII letters: keys are computed by the service instead."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
        else:
            cursor.execute(
                "SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'users%%' OR tablename LIKE 'habits%%'"
            )
        assert [sql for (sql,) in cursor.fetchall() if "lower(" in sql.lower() or "upper(" in sql.lower()] == []

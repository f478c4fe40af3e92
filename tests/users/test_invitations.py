"""Who may sign up: everyone, those with an invitation, or nobody."""

from datetime import timedelta
from functools import partial
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from tests import make
from users.invitations import invite
from users.models import Invitation, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_invitation(settings: Settings) -> None:
    settings.REGISTRATION = "invitation"


def register(client: APIClient, name: str = "newcomer", **given: str) -> Any:
    body = {"email": f"{name}@example.org", "username": name, "password": "correct horse battery"}
    return client.post("/api/register/", body | given)


def code() -> str:
    return invite(note="For a friend", now=timezone.now())[1]


def test_where_it_is_open_an_invitation_is_ignored_and_stays_free(stranger: APIClient) -> None:
    assert register(stranger, invitation=code()).status_code == 201
    assert Invitation.objects.get().user is None
    assert stranger.get("/api/limits/").json()["account"]["registration"] == "open"


def test_where_it_is_closed_nobody_signs_up_and_everybody_else_signs_in(
    stranger: APIClient, alice: User, settings: Settings
) -> None:
    settings.REGISTRATION = "closed"
    assert make.refused(register(stranger, invitation=code())) == [("registration_closed", None)]
    assert User.objects.count() == 1
    answer = stranger.post("/api/token/", {"email": alice.email, "password": make.PASSWORD})
    assert answer.status_code == 200
    assert stranger.get("/api/limits/").json()["account"]["registration"] == "closed"


@pytest.mark.usefixtures("by_invitation")
class TestByInvitation:
    def test_without_one_nobody_signs_up(self, stranger: APIClient) -> None:
        assert make.refused(register(stranger)) == [("invitation_required", "invitation")]
        assert make.refused(register(stranger, invitation="guess")) == [("invalid_invitation", "invitation")]
        assert not User.objects.exists()

    def test_it_is_good_for_one_account(self, stranger: APIClient) -> None:
        given = code()
        assert register(stranger, invitation=given).status_code == 201
        assert Invitation.objects.get().user == User.objects.get()
        assert make.refused(register(stranger, "second", invitation=given)) == [("invalid_invitation", "invitation")]

    def test_a_refused_form_does_not_use_it_up(self, stranger: APIClient, alice: User) -> None:
        given = code()
        assert register(stranger, alice.username, invitation=given).status_code == 400
        assert register(stranger, invitation=given).status_code == 201

    def test_it_expires(self, stranger: APIClient) -> None:
        _, given = invite(note="", now=timezone.now() - timedelta(days=14))
        assert make.refused(register(stranger, invitation=given)) == [("invalid_invitation", "invitation")]

    def test_it_is_free_again_when_its_account_is_gone(self, stranger: APIClient) -> None:
        given = code()
        register(stranger, invitation=given)
        User.objects.get().delete()
        assert register(stranger, invitation=given).status_code == 201

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.engine("postgresql", reason="threads need connections of their own")
    def test_of_two_at_once_one_signs_up(self) -> None:
        given = code()
        calls = [partial(register, make.client(), name, invitation=given) for name in ("one", "two")]
        answers = make.at_once(calls)
        assert sorted(answer.status_code for answer in answers) == [201, 400]
        assert User.objects.count() == 1

    def test_the_command_prints_a_link_that_works(self, stranger: APIClient) -> None:
        out = StringIO()
        call_command("invite", "For a friend", days=3, stdout=out)
        [given] = parse_qs(urlsplit(out.getvalue().strip()).query)["invitation"]
        assert Invitation.objects.get().note == "For a friend"
        assert register(stranger, invitation=given).status_code == 201

    def test_staff_make_one_and_take_it_back(self, stranger: APIClient, client: Client) -> None:
        client.force_login(User.objects.create_superuser("root@example.org", make.PASSWORD))
        page = client.post("/admin/users/invitation/add/", {"note": "For a friend"}, follow=True).content.decode()
        given = page.partition("/sign-up?invitation=")[2].split("<")[0].strip()
        made = Invitation.objects.get()
        assert (made.note, made.code_hash in page, given not in ("", made.code_hash)) == ("For a friend", False, True)
        client.post(f"/admin/users/invitation/{made.pk}/delete/", {"post": "yes"})
        assert make.refused(register(stranger, invitation=given)) == [("invalid_invitation", "invitation")]

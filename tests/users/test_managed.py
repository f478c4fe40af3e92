"""No list, purge, mail, board, search or page of the admin meets a managed user."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from integrations.models import Partner, PartnerPerson
from tests import make
from tests.config.staff.conftest import signed_in, staff_member
from tracking.models import HabitTrack
from users import cleanup, export, zone_data
from users.models import User, ZoneData
from users.timing import DAY

WALKER = "walker@example.org"
# Where managed users are meant as well. Everything else asks `User.objects`, which finds persons only.
EVERYONE = {
    "config/backups/restoring.py": 1,  # a database with anybody in it is not empty
    "community/challenges/services.py": 2,  # a partner makes challenges, and its people take part
    "integrations/changes/services.py": 4,  # a service hears of its managed people, too
    "integrations/feed/services.py": 1,  # as above
    "integrations/partners/services.py": 1,  # the name of a partner
    "tracking/tracks/related.py": 1,  # the name of a partner whose habit somebody follows
    "users/access.py": 1,  # a service has access that ends, too
    "users/managed.py": 2,
    "users/zone_data.py": 1,  # streaks end at their midnight, too
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def club() -> Partner:
    return make.partner(language="ru")


@pytest.fixture
def walker(club: Partner) -> PartnerPerson:
    row = make.managed(club, "u-1", email=WALKER, time_zone="Europe/Berlin")
    habit = make.habit(club.account, name="A habit of nobody else")
    api = make.service(club)
    api.post(f"/api/partner/people/u-1/habits/{habit.pk}/")
    make.log(HabitTrack.objects.get(user=row.user), row.user.clock.day_of(timezone.now()))
    return row


def names(club: Partner, walker: PartnerPerson) -> list[str]:
    """Return what would show that one of them was met."""
    return [walker.user.username, walker.external_id, WALKER, "A habit of nobody else", club.account.username]


def test_only_named_places_ask_for_everyone() -> None:
    root, found = Path(settings.BASE_DIR), {}
    for app in ("achievements", "community", "config", "habits", "integrations", "notifications", "tracking", "users"):
        for path in (root / app).rglob("*.py"):
            if number := len(re.findall(r"User\.(?:everyone|_base_manager)", path.read_text(encoding="utf-8"))):
                found[str(path.relative_to(root))] = number
    assert found == EVERYONE


def test_the_default_manager_and_every_way_to_find_a_person_leave_them_out(walker: PartnerPerson) -> None:
    user = walker.user
    assert User._default_manager is User.objects
    assert not User.objects.filter(pk=user.pk).exists()
    assert User.objects.by_email(user.email) is User.objects.by_email(WALKER) is None
    assert User.objects.by_username(user.username) is None
    assert User.everyone.get(pk=user.pk) == user
    assert HabitTrack.objects.select_related("user").get(user=user).user == user  # a foreign key still finds them


def test_nobody_can_sign_in_as_one(walker: PartnerPerson) -> None:
    api = make.client()
    for email in (walker.user.email, WALKER, walker.user.username):
        for password in ("", "!", make.PASSWORD):
            assert api.post("/api/token/", {"email": email, "password": password}).status_code in {400, 401}
    for path in ("/api/password/reset/", "/api/token/link/", "/api/register/resend/"):
        api.post(path, {"email": WALKER})
        api.post(path, {"email": walker.user.email})
    assert make.mails() == []


def test_no_list_board_or_search_of_the_api_shows_one(club: Partner, walker: PartnerPerson) -> None:
    alice = make.person("alice", is_ranked=True)
    for client in (make.client(alice), make.client()):
        for path in (
            "habits/public/",
            "leaderboards/current/",
            "leaderboards/longest/",
            "leaderboards/week/",
            "leaderboards/month/",
            "challenges/",
            "groups/",
            "achievements/",
            "users/me/",
        ):
            shown = client.get(f"/api/{path}", {"page_size": 100} if path != "users/me/" else {}).content.decode()
            for hidden in names(club, walker):
                assert hidden not in shown, path


def test_an_address_that_is_managed_can_still_be_registered(walker: PartnerPerson) -> None:
    body = {"email": WALKER, "password": make.PASSWORD, "username": "walker"}
    assert make.client().post("/api/register/", body).status_code == 201


def test_a_managed_user_cannot_be_given_a_chat(walker: PartnerPerson) -> None:
    with pytest.raises(User.DoesNotExist):
        make.connect(walker.user, 1001)


def test_no_clean_up_removes_one(walker: PartnerPerson) -> None:
    later = timezone.now() + 400 * DAY
    cleanup.remove_unconfirmed(now=later)
    assert User.everyone.filter(pk=walker.user_id).exists()


def test_a_new_release_of_zone_data_replans_them(walker: PartnerPerson, monkeypatch: pytest.MonkeyPatch) -> None:
    ZoneData.objects.create(pk=ZoneData.SINGLETON_ID, release="old", digests={}, changed=[], done_to=0)
    met: list[int] = []
    monkeypatch.setattr(zone_data, "_replan", lambda user, now: met.append(user.pk))
    while zone_data.replan_next_user(now=timezone.now()):
        pass
    assert walker.user_id in met


def test_no_export_of_a_person_has_one(club: Partner, walker: PartnerPerson) -> None:
    alice = make.person("alice")
    text = "".join(export.as_json(alice, now=timezone.now()))
    for hidden in names(club, walker):
        assert hidden not in text


def test_only_the_pages_of_partners_show_one_to_staff(club: Partner, walker: PartnerPerson) -> None:
    client: Client = signed_in(staff_member("root", is_superuser=True))
    for model in admin.site._registry:
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        answer: Any = client.get(path)
        assert answer.status_code == 200, path
        shown = answer.content.decode()
        met = [hidden for hidden in names(club, walker) if hidden in shown]
        assert bool(met) == (model._meta.label == "integrations.PartnerPerson"), (path, met)

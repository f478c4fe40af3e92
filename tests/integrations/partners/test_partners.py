"""Partners: staff make and remove them, their keys, and what is left when they are gone."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from common.errors import DomainError
from config.management.commands import demo
from habits.models import Habit
from integrations.keys import services as keys
from integrations.models import ApiKey, Grant, Partner, PartnerPerson
from integrations.partners import services as partners
from integrations.tasks import clean_up_partners
from tests import make
from tests.config.staff.conftest import signed_in, staff_member
from tests.integrations.grants.test_links import link
from tracking.models import HabitTrack
from users.models import User
from users.timing import DAY

NOW = make.utc("2026-11-21 12:00")
PEOPLE = "/api/partner/people/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def test_a_partners_key_reaches_no_path_of_people_and_a_persons_key_none_of_partners(
    club: Partner, alice: User
) -> None:
    theirs, hers = make.service(club), make.program(make.key(alice).text)
    assert make.refused(theirs.get("/api/habits/"), 401) == [("wrong_kind_of_key", None)]
    assert make.refused(hers.get(PEOPLE), 401) == [("wrong_kind_of_key", None)]
    assert make.refused(make.client(alice).get(PEOPLE), 401) == [("not_authenticated", None)]
    assert theirs.get(PEOPLE).status_code == 200


def test_two_partners_cannot_have_one_name(club: Partner) -> None:
    for name in ("walking club", "  WALKING CLUB "):
        with pytest.raises(DomainError) as refusal:
            partners.create(name=name, now=NOW)
        assert refusal.value.code == "name_taken"


def test_no_person_can_have_the_name_of_a_partner(club: Partner) -> None:
    body = {"email": "a@example.org", "password": make.PASSWORD, "username": "~Walking Club"}
    assert make.client().post("/api/register/", body).status_code == 400


def test_a_rotated_key_works_for_a_day_longer(club: Partner, noon: Any) -> None:
    old = make.partner_key(club)
    new = keys.rotate_for_partner(partner=club, key_id=old.key.pk, now=NOW)
    assert [make.program(each.text).get(PEOPLE).status_code for each in (old, new)] == [200, 200]
    noon.shift(DAY)
    assert [make.program(each.text).get(PEOPLE).status_code for each in (old, new)] == [401, 200]


def test_a_removed_partner_ends_at_once_and_takes_its_people_along_after_30_days(
    club: Partner, walk: Habit, alice: User, noon: Any
) -> None:
    other = make.managed(make.partner("Other"), "o-1")
    clubs = make.service(club)
    for number in range(3):
        make.managed(club, f"u-{number}")
        clubs.post(f"{PEOPLE}u-{number}/habits/{walk.pk}/")
    link(club, alice, external_id="a-1")
    clubs.post(f"{PEOPLE}a-1/habits/{walk.pk}/")
    partners.remove(partner=club, now=NOW)
    assert make.refused(clubs.get(PEOPLE), 401) == [("key_ended", None)]
    assert Grant.objects.get().ended_at == NOW
    assert make.client(alice).get("/api/grants/").json()["count"] == 0
    noon.shift(30 * DAY - DAY / 24)
    clean_up_partners()
    assert PartnerPerson.objects.filter(partner=club).count() == 3
    noon.shift(DAY / 24)
    clean_up_partners()
    assert list(Partner.objects.values_list("name", flat=True)) == ["Other"]
    assert set(User.everyone.filter(kind="managed")) == {other.user, other.partner.account}
    assert not ApiKey.objects.exists()
    track = HabitTrack.objects.get(user=alice)  # it is hers
    assert track.habit.owner is None


def test_a_removed_partner_can_be_restored_within_that_time(club: Partner, noon: Any) -> None:
    clubs = make.service(club)
    make.managed(club, "u-1")
    partners.remove(partner=club, now=NOW)
    noon.shift(29 * DAY)
    partners.restore(partner=club)
    noon.shift(29 * DAY)
    clean_up_partners()
    assert clubs.get(f"{PEOPLE}u-1/").status_code == 200


@pytest.fixture
def staff() -> Client:
    return signed_in(staff_member("root", is_superuser=True))


def test_staff_make_a_partner_and_a_key_that_is_shown_once(staff: Client) -> None:
    made = staff.post("/admin/integrations/partner/add/", {"name": "Walking Club"}, follow=True)
    assert made.status_code == 200
    club = Partner.objects.get(name="Walking Club")
    again = staff.post("/admin/integrations/partner/add/", {"name": "walking club"})
    assert "Another service has this name." in again.content.decode()
    action = {"action": "make_key", "_selected_action": [club.pk]}
    shown = staff.post("/admin/integrations/partner/", action, follow=True).content.decode()
    text = next(word for word in shown.replace("<", " ").split() if word.startswith("htp_") and len(word) == 61)
    assert make.program(text).get(PEOPLE).status_code == 200
    assert text not in staff.get("/admin/integrations/partner/").content.decode()
    key = ApiKey.objects.get()
    rotated = staff.post("/admin/integrations/apikey/", {"action": "rotate", "_selected_action": [key.pk]}, follow=True)
    assert "shown this once" in rotated.content.decode() and ApiKey.objects.count() == 2
    revoke = {"action": "revoke", "_selected_action": [key.pk]}
    staff.post("/admin/integrations/apikey/", revoke, follow=True)
    assert make.program(text).get(PEOPLE).status_code == 401


def test_staff_give_a_partner_a_contact_which_is_told_of_new_keys(staff: Client, club: Partner) -> None:
    make.partner_key(club)
    assert make.mails() == []  # there is nobody to tell but the staff who made it
    add, change = "/admin/integrations/partner/add/", f"/admin/integrations/partner/{club.pk}/change/"
    for path, name in ((add, "Running Club"), (change, "Runners")):
        refused = staff.post(path, {"name": name, "contact_email": '"ops"@club.example'})
        assert "Enter a valid email address." in refused.content.decode()
    assert Partner.objects.get() == club
    assert staff.post(change, {"name": "Runners", "contact_email": "ops@club.example"}).status_code == 302
    club.refresh_from_db()
    assert (club.name, club.contact_email) == ("Walking Club", "ops@club.example")
    made = make.partner_key(club)
    [mail] = make.mails()
    assert (mail.to, mail.subject) == (["ops@club.example"], "A new key for Walking Club")
    assert "habits:read" in str(mail.body) and made.text[12:] not in str(mail.body)
    staff.post(add, {"name": "Running Club", "contact_email": "run@club.example"})
    assert Partner.objects.get(name="Running Club").contact_email == "run@club.example"


def test_staff_remove_and_restore_a_partner(staff: Client, club: Partner) -> None:
    for action, is_removed in (("remove", True), ("restore", False)):
        staff.post("/admin/integrations/partner/", {"action": action, "_selected_action": [club.pk]})
        club.refresh_from_db()
        assert (club.removed_at is not None) == is_removed
    assert staff.get(f"/admin/integrations/partner/{club.pk}/change/").status_code == 200


def test_the_limit_of_a_partners_key_is_its_own(club: Partner, settings: Any) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "partner": "2/minute", "key": "1/minute"}
    clubs: APIClient = make.service(club)
    assert [clubs.get(PEOPLE).status_code for _ in range(3)] == [200, 200, 429]


def test_the_demo_has_a_partner_whose_key_is_printed_each_time(tmp_path: Path) -> None:
    path = tmp_path / "demo_partner_key"
    text = demo.partner_key(path)
    assert demo.partner_key(path) == text and path.stat().st_mode & 0o077 == 0
    assert make.program(text).get(PEOPLE).status_code == 200
    keys.revoke(owner=Partner.objects.get(), key_id=ApiKey.objects.get().pk, now=NOW)
    renewed = demo.partner_key(path)
    assert renewed != text and make.program(renewed).get(PEOPLE).status_code == 200
    assert Partner.objects.get().name == "Demo service"

"""The pages of the admin: an allow-list, without those of libraries, each with search and filters."""

from typing import Any

import pytest
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from common.admin import PersonRowsAdmin
from config.staff.site import PAGES, StaffSite
from habits.models import Habit
from notifications.models import Delivery
from tests import make
from users.admin import AccountAdmin
from users.export import SECRET_FIELDS
from users.models import Address, User

pytestmark = pytest.mark.django_db


def registered() -> dict[str, admin.ModelAdmin[Any]]:
    return {model._meta.label: page for model, page in admin.site._registry.items()}


def accounts() -> AccountAdmin:
    page = registered()["users.User"]
    assert isinstance(page, AccountAdmin)
    return page


def test_the_admin_has_the_listed_pages_and_no_others() -> None:
    assert registered().keys() == PAGES


@pytest.mark.parametrize(
    "path",
    ["token_blacklist/outstandingtoken/", "otp_totp/totpdevice/", "otp_static/staticdevice/", "django_celery_beat/"],
)
def test_pages_of_libraries_are_not_there(roots: Client, path: str) -> None:
    assert roots.get(f"/admin/{path}").status_code == 404


def test_a_page_that_a_library_registers_is_left_out() -> None:
    site = StaffSite()
    library = type("LibraryAdmin", (admin.ModelAdmin,), {"__module__": "some_library.admin"})
    site.register(Address, library)
    site.register(User)  # with Django's own class
    assert site._registry == {}


def test_a_page_of_ours_that_is_not_listed_is_an_error() -> None:
    ours = type("AddressAdmin", (admin.ModelAdmin,), {"__module__": "users.admin"})
    with pytest.raises(ImproperlyConfigured, match=r"users\.Address is not in PAGES"):
        StaffSite().register(Address, ours)


@pytest.mark.parametrize("label", sorted(PAGES))
def test_every_page_can_be_searched_and_filtered(roots: Client, label: str) -> None:
    page = registered()[label]
    assert page.search_fields
    assert page.list_filter
    app, _, model = label.lower().partition(".")
    assert roots.get(f"/admin/{app}/{model}/", {"q": "alice"}).status_code == 200


def test_the_page_of_a_person_links_to_all_that_is_theirs(roots: Client, alice: User, bob: User) -> None:
    make.habit(alice)
    make.habit(bob)
    Delivery.objects.update(user=alice)
    page = roots.get(f"/admin/users/user/{alice.pk}/change/").content.decode()
    found = accounts().rows_of(roots.get("/admin/").wsgi_request, alice)
    rows = {name: (count, address) for name, count, address in found}
    needed = {"habits", "habit tracks", "reminders", "deliveries", "user achievements", "habit logs", "pauses", "goals"}
    assert needed <= rows.keys()
    assert rows["habits"][0] == rows["habit tracks"][0] == 1
    for name, (_, address) in rows.items():
        assert address.replace("&", "&amp;") in page, name
        assert roots.get(address).status_code == 200, name
    shown = roots.get(rows["habits"][1]).context["cl"].queryset
    assert [habit.owner for habit in shown] == [alice]


# An award's definition has no person, and a managed user no page of their own.
WITHOUT_ONE_PERSON = {"achievements.Achievement", "integrations.PartnerPerson"}


def test_every_page_of_rows_of_people_leads_to_its_person() -> None:
    for label, page in registered().items():
        if isinstance(page, PersonRowsAdmin) and label not in WITHOUT_ONE_PERSON:
            assert page.person, label


@pytest.mark.parametrize("label", sorted(PAGES))
def test_no_page_shows_a_secret(roots: Client, label: str) -> None:
    """Neither the tokens of links and buttons, nor invitation codes, nor keys."""
    page, request = registered()[label], roots.get("/admin/").wsgi_request
    shown = {str(name) for name in [*page.get_fields(request), *page.get_list_display(request)]}
    # A password's hash is masked; the key and lease of a delivery open nothing.
    assert not shown & SECRET_FIELDS - {"password", "key", "lease", "lease_until"}, shown
    for inline in page.get_inline_instances(request):
        assert not {str(name) for name in inline.get_fields(request)} & SECRET_FIELDS


def test_deleting_an_account_in_the_admin_removes_its_rows(roots: Client, alice: User) -> None:
    make.habit(alice)
    assert roots.post(f"/admin/users/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()


def test_deleting_a_habit_in_the_admin_removes_its_tracks(roots: Client, alice: User) -> None:
    habit = make.habit(alice)
    assert roots.post(f"/admin/habits/habit/{habit.pk}/delete/", {"post": "yes"}).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [make.habit(alice).pk], "post": "yes"}
    assert roots.post("/admin/habits/habit/", chosen).status_code == 302
    assert not Habit.objects.exists()


def test_a_list_is_not_filtered_by_columns_of_other_tables(roots: Client) -> None:
    """That would tell a password's hash letter by letter."""
    answer = roots.get("/admin/habits/habit/", {"owner__password__startswith": "a"})
    assert answer.status_code in {302, 400}

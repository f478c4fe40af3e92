"""The main job: register, confirm, sign in, tick a habit, see the streak."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests import make
from tests.browser.site import Person, Site
from tests.browser.tabs import Device, axe

pytestmark = pytest.mark.processes


def test_from_registration_to_a_streak(site: Site, device: Callable[..., Device]) -> None:
    page = device().open("/")
    page.get_by_role("link", name="Register").click()
    expect(page.get_by_role("heading", name="Register")).to_be_visible()
    page.get_by_label("E-mail").fill("carol@example.org")
    page.get_by_label("Password", exact=True).fill(make.PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    site.confirm("carol@example.org")
    carol = Person(site, "carol", "carol@example.org", make.PASSWORD)
    carol.sign_in()
    carol.habit("Push-ups")
    page.get_by_role("link", name="sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("E-mail").fill(carol.email)
    page.get_by_label("Password", exact=True).fill(carol.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Done: Push-ups").click()
    expect(page.get_by_text("Streak: 1 day")).to_be_visible()
    assert axe(page) == []
    assert carol.api("GET", "today/")[0]["track"]["current_streak"] == 1

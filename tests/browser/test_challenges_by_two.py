"""Challenges in the web client, by two people."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Person, Site
from tests.browser.tabs import DESKTOP, Device, axe

pytestmark = pytest.mark.processes


@pytest.fixture
def bob(site: Site) -> Person:
    return site.person("bob")


def agree(page: Page, button: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


def today_of(person: Person) -> date:
    return date.fromisoformat(person.api("GET", "summary/")["last"])


def test_a_challenge_without_a_habit_says_what_to_do_first(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/together")
    expect(page.get_by_text("You are in no challenge yet.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="New challenge").click()
    expect(page.get_by_role("link", name="Make a habit")).to_be_visible()
    assert axe(page) == []


def test_two_people_in_a_challenge_from_its_link_to_its_end(
    device: Callable[..., Device], alice: Person, bob: Person
) -> None:
    alice.habit("Push-ups")
    browser = device(alice)
    browser.allow("status of 400")
    page = browser.open("/together/challenges/new")
    page.get_by_label("Name").fill("Thirty days")
    page.get_by_role("switch").click()
    page.get_by_role("button", name="Create challenge").click()
    expect(page.get_by_text("This habit is not published.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("switch").click()
    page.get_by_label("Last day").fill("2020-01-01")
    page.get_by_role("button", name="Create challenge").click()
    expect(page.get_by_text("The last day cannot be before the first.")).to_be_visible()
    page.get_by_label("Last day").fill((today_of(alice) + timedelta(days=29)).isoformat())
    page.get_by_role("button", name="Create challenge").click()
    expect(page.get_by_role("heading", name="Thirty days")).to_be_visible()
    link = page.get_by_label("Invitation link: Thirty days").input_value()

    other = device(bob, viewport=DESKTOP, scheme="dark").open("/together/challenges")
    other.get_by_label("Invitation code or link").fill(link)
    other.get_by_role("button", name="Look at it").click()
    expect(other.get_by_text("The challenge's habit is added to yours.")).to_be_visible()
    other.get_by_role("button", name="Join").click()
    expect(other.get_by_text("2 members")).to_be_visible()
    other.get_by_role("link", name="Today").click()
    other.get_by_role("button", name="Done: Push-ups").click()
    expect(other.get_by_text("Streak: 1 day")).to_be_visible()

    page.reload()
    rows = page.get_by_role("table").first.get_by_role("row")
    expect(rows.nth(1)).to_contain_text(bob.username)
    expect(rows.nth(2)).to_contain_text(f"{alice.username} (you)")
    page.get_by_role("button", name="Show the days").click()
    expect(page.get_by_role("table").last.get_by_text("Done")).to_have_count(1)
    assert axe(page) == []
    page.get_by_role("link", name="Rankings").click()
    expect(page.get_by_role("heading", name="Rankings")).to_be_visible()
    expect(page.get_by_label("Of whom")).to_contain_text("Thirty days")
    expect(page.get_by_role("rowheader", name=bob.username)).to_be_visible()
    assert axe(page) == []

    page.get_by_role("link", name="The challenge").click()
    page.get_by_role("button", name="End the challenge").click()
    agree(page, "End the challenge")
    expect(page.get_by_text("Ended early")).to_be_visible()
    expect(page.get_by_label("Invitation link: Thirty days")).to_have_count(0)

    other.go_back()
    other.get_by_role("button", name="Leave: Thirty days").click()
    agree(other, "Leave")
    expect(other.get_by_text("You are in no challenge yet.")).to_be_visible()


def test_a_public_challenge_that_has_not_begun_is_found_and_joined_and_changed(
    device: Callable[..., Device], site: Site, alice: Person
) -> None:
    habit, today = alice.habit("Push-ups", is_published=True), today_of(alice)
    body = {
        "habit": habit["id"],
        "name": f"May of {alice.username}",
        "first_day": (today + timedelta(days=5)).isoformat(),
        "last_day": (today + timedelta(days=9)).isoformat(),
        "is_public": True,
    }
    alice.api("POST", "challenges/", body)
    other = device(site.person("vera", language="ru"), locale="ru-RU").open("/together/challenges?which=public")
    other.get_by_label("Найти по названию").fill(alice.username)
    other.get_by_role("button", name=f"Вступить: {body['name']}").click()
    expect(other.get_by_text("2 участника")).to_be_visible()
    assert axe(other) == []

    page = device(alice).open("/together/challenges")
    page.get_by_role("link", name=str(body["name"])).click()
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Description").fill("Ten are enough.")
    assert axe(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ten are enough.")).to_be_visible()

"""Rankings, published habits, achievements and share links in the web client."""

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


def said(page: Page, text: str) -> None:
    expect(page.get_by_role("banner").get_by_text(text)).to_be_visible()


def test_a_published_habit_is_found_followed_and_left(
    device: Callable[..., Device], alice: Person, bob: Person
) -> None:
    name = f"Walk of {bob.username}"
    bob.habit(name, is_published=True)
    page = device(alice).open("/together/discover")
    page.get_by_label("Find by name").fill(bob.username)
    page.get_by_role("button", name=f"Follow: {name}").click()
    stop = page.get_by_role("button", name=f"Stop following: {name}")
    expect(stop).to_be_focused()
    assert axe(page) == []
    page.get_by_role("link", name="Today").click()
    expect(page.get_by_role("button", name=f"Done: {name}")).to_be_visible()
    page.go_back()
    page.get_by_label("Find by name").fill(bob.username)
    stop.click()
    page.get_by_role("dialog").get_by_role("button", name="Stop following").click()
    said(page, f"You no longer follow {name}.")
    assert alice.api("GET", "tracks/")["count"] == 0


def test_nobody_finds_what_is_not_published(device: Callable[..., Device], alice: Person, bob: Person) -> None:
    bob.habit(f"Secret of {bob.username}")
    page = device(alice, viewport=DESKTOP, scheme="dark").open("/together/discover")
    page.get_by_label("Find by name").fill(bob.username)
    expect(page.get_by_text("No published habit has this name.")).to_be_visible()
    assert axe(page) == []


def test_a_person_is_ranked_only_if_they_choose_so(device: Callable[..., Device], alice: Person, bob: Person) -> None:
    for person in (alice, bob):
        day = person.api("GET", "summary/")["last"]
        person.api("PUT", f"tracks/{person.habit('Push-ups')['track']}/logs/{day}/", {"status": "completed"})
    page, other = (device(person).open("/together/leaderboards") for person in (alice, bob))
    choice = page.get_by_label("Show me to everyone")
    expect(choice).not_to_be_checked()
    expect(page.get_by_text("Your rank if shown")).to_be_visible()
    choice.click(force=True)
    expect(choice).to_be_checked()
    said(page, "Everyone can see you here now.")
    expect(page.get_by_role("rowheader", name=f"{alice.username} (you)")).to_be_visible()
    assert axe(page) == []
    other.reload()
    expect(other.get_by_role("rowheader", name=alice.username).first).to_be_visible()
    choice.click(force=True)
    expect(choice).not_to_be_checked()
    said(page, "Nobody else sees you here now.")
    other.get_by_label("By what").select_option(label="This week")
    expect(other.get_by_role("rowheader", name=alice.username)).to_have_count(0)
    assert axe(other) == []


def test_achievements_are_held_or_have_a_progress(device: Callable[..., Device], alice: Person) -> None:
    track = alice.habit("Push-ups")["track"]
    page = device(alice).open("/together/achievements")
    expect(page.get_by_text("The first one comes soon")).to_be_visible()
    assert axe(page) == []
    today = date.fromisoformat(alice.api("GET", "summary/")["last"])
    for ago in range(7):
        day = today - timedelta(days=ago)
        alice.api("PUT", f"tracks/{track}/logs/{day}/", {"status": "completed"})
    page.reload()
    share = page.get_by_role("button", name="Share: 7 days in a row")
    share.click()
    expect(page.get_by_label("Link: 7 days in a row")).to_be_visible()
    expect(page.get_by_text("7 of 30").first).to_be_visible()
    assert axe(page) == []


def test_a_share_link_is_made_opened_by_a_stranger_and_revoked(device: Callable[..., Device], alice: Person) -> None:
    track = alice.habit("Push-ups")["track"]
    day = alice.api("GET", "summary/")["last"]
    alice.api("PUT", f"tracks/{track}/logs/{day}/", {"status": "completed"})
    browser = device(alice)
    page = browser.open("/together/shares")
    expect(page.get_by_text("You share nothing.")).to_be_visible()
    page.get_by_role("button", name="Make a link", exact=True).click()
    expect(page.get_by_text("Choose what to share.")).to_be_visible()
    assert axe(page) == []
    page.get_by_label("Make a link to").select_option(label="Streak: Push-ups")
    page.get_by_label("It works").select_option(label="for a week")
    page.get_by_role("button", name="Make a link", exact=True).click()
    said(page, "The link is ready")
    field = page.get_by_role("textbox", name="Link:")
    assert axe(page) == []
    url = field.input_value()
    browser.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy:").click()
    said(page, "Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == url

    stranger = browser.context.browser
    assert stranger
    tab = stranger.new_page()
    answer = tab.goto(url)
    assert answer and answer.status == 200
    expect(tab.locator("body")).to_contain_text("Push-ups")

    page.get_by_role("button", name="Revoke:").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    said(page, "The link no longer works.")
    expect(page.get_by_text("You share nothing.")).to_be_visible()
    assert alice.api("GET", "shares/")["count"] == 0
    tab.close()


def test_without_a_network_an_action_says_so_and_what_was_read_stays(
    device: Callable[..., Device], alice: Person, bob: Person
) -> None:
    name = f"Walk of {bob.username}"
    bob.habit(name, is_published=True)
    browser = device(alice)
    browser.allow("ERR_INTERNET_DISCONNECTED")
    page = browser.open("/together/discover")
    with page.expect_response(lambda answer: bob.username in answer.url):  # asked a moment after typing
        page.get_by_label("Find by name").fill(bob.username)
    follow = page.get_by_role("button", name=f"Follow: {name}")
    expect(follow).to_be_visible()
    browser.context.set_offline(True)
    follow.click()
    said(page, "The server cannot be reached.")
    expect(follow).to_be_visible()
    page.get_by_label("Find by name").fill("what was never asked")
    expect(page.get_by_text("You are offline.")).to_be_visible()
    assert axe(page) == []
    browser.context.set_offline(False)
    expect(page.get_by_text("No published habit has this name.")).to_be_visible()

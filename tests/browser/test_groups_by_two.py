"""Groups in the web client: what owner, admins and members do, each in a browser of their own."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Person, Site
from tests.browser.tabs import DESKTOP, Device, axe, choose

pytestmark = pytest.mark.processes


def agree(page: Page, button: str) -> None:
    """Answer the dialog, whose other button has the focus."""
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name=button, exact=True).click()
    expect(dialog).to_be_hidden()


def said(page: Page, text: str) -> None:
    expect(page.get_by_role("banner").get_by_text(text)).to_be_visible()


def part(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def act(page: Page, username: str, action: str) -> None:
    """Do something with a member."""
    choose(page, f"Actions: {username}", action)


@pytest.fixture
def bob(site: Site) -> Person:
    return site.person("bob")


@pytest.fixture
def group(alice: Person) -> Any:
    return alice.api("POST", "groups/", {"name": "Early birds"})


def join(group: Any, person: Person) -> None:
    person.api("POST", "groups/by-code/", {"code": group["code"]})


def test_a_group_is_made_and_joined_by_its_link_after_signing_in(
    device: Callable[..., Device], alice: Person, bob: Person
) -> None:
    page = device(alice).open("/together/groups")
    expect(page.get_by_text("You are in no group yet.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="New group").click()
    page.get_by_role("button", name="Create group").click()
    expect(page.get_by_text("Give it a name.")).to_be_visible()
    page.get_by_label("Name").fill("Early birds")
    assert axe(page) == []
    page.reload()
    expect(page.get_by_label("Name")).to_have_value("Early birds")
    page.get_by_role("button", name="Create group").click()
    link = page.get_by_label("Invitation link: Early birds").input_value()
    expect(page.get_by_role("heading", name="Early birds", level=1)).to_be_visible()
    assert axe(page) == []

    other = device(viewport=DESKTOP, scheme="dark").open(link.removeprefix(bob.site.url))
    other.get_by_label("E-mail").fill(bob.email)
    other.get_by_label("Password", exact=True).fill(bob.password)
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_text("1 member")).to_be_visible()
    expect(other.get_by_text("Members see your name, and your progress only in")).to_be_visible()
    assert axe(other) == []
    other.get_by_role("button", name="Join").click()
    expect(other.get_by_role("heading", name="Early birds", level=1)).to_be_visible()
    expect(other.get_by_role("link", name="Change")).to_have_count(0)
    part(other, "Members")
    expect(other.get_by_text(f"{bob.username} (you)")).to_be_visible()
    expect(other.get_by_label("Invitation link: Early birds")).to_have_count(0)
    assert axe(other) == []


def test_members_follow_a_habit_of_the_group_and_see_each_others_progress_and_news(
    device: Callable[..., Device], alice: Person, bob: Person, group: Any
) -> None:
    habit = alice.habit("Cold shower")
    join(group, bob)
    page = device(alice).open(f"/together/groups/{group['id']}")
    page.get_by_role("button", name="Add", exact=True).click()
    said(page, "Added to the group: Cold shower")
    page.get_by_role("button", name="Follow: Cold shower").click()
    expect(page.get_by_role("button", name="Stop following: Cold shower")).to_be_focused()
    assert axe(page) == []

    other = device(bob).open(f"/together/groups/{group['id']}")
    other.get_by_role("button", name="Follow: Cold shower").click()
    said(other, "You follow Cold shower here.")
    other.get_by_role("link", name="Today").click()
    other.get_by_role("button", name="Done: Cold shower").click()
    expect(other.get_by_text("Streak: 1 day")).to_be_visible()

    part(page, "Progress")
    expect(page.get_by_role("table", name=bob.username)).to_contain_text("1 day")
    assert axe(page) == []
    part(page, "News")
    expect(page.get_by_text(f"{bob.username} did Cold shower (today)")).to_be_visible()
    assert axe(page) == []

    other.go_back()
    other.get_by_role("button", name="Stop following: Cold shower").click()
    agree(other, "Stop following")
    said(other, "The group no longer sees your progress in Cold shower.")
    part(page, "Habits")
    page.get_by_role("button", name="Remove: Cold shower").click()
    agree(page, "Remove")
    expect(page.get_by_text("The group has no habits yet.")).to_be_visible()
    assert alice.api("GET", f"tracks/{habit['track']}/")["archived"] is False


def test_a_share_link_is_posted_to_the_group(
    device: Callable[..., Device], alice: Person, bob: Person, group: Any
) -> None:
    habit = alice.habit("Cold shower")
    join(group, bob)
    alice.api("POST", "shares/", {"kind": "year", "track": habit["track"]})
    page = device(alice).open(f"/together/groups/{group['id']}?part=news")
    page.get_by_role("button", name="Post").click()
    said(page, "The group sees it now.")
    other = device(bob).open(f"/together/groups/{group['id']}?part=news")
    expect(other.get_by_text(f"{alice.username} shared")).to_be_visible()


def test_the_owner_appoints_an_admin_who_removes_a_member_and_hands_the_group_over(
    device: Callable[..., Device], site: Site, alice: Person, bob: Person, group: Any
) -> None:
    charlie = site.person("charlie")
    for person in (bob, charlie):
        join(group, person)
    path = f"/together/groups/{group['id']}?part=members"
    owner, admin = (device(person).open(path) for person in (alice, bob))
    expect(admin.get_by_role("button", name="Actions")).to_have_count(0)
    act(owner, bob.username, "Make an admin")
    said(owner, f"{bob.username} is an admin now.")

    admin.reload()
    expect(admin.get_by_text("You are an admin")).to_be_visible()
    expect(admin.get_by_label("Invitation link: Early birds")).to_have_value(
        f"{site.url}/together/groups/join/{group['code']}"
    )
    admin.get_by_role("button", name=f"Actions: {charlie.username}").click()
    expect(admin.get_by_role("menuitem")).to_have_count(1)
    assert axe(admin) == []
    admin.keyboard.press("Escape")
    act(admin, charlie.username, "Remove from the group")
    agree(admin, "Remove")
    said(admin, f"Removed: {charlie.username}")
    expect(admin.get_by_label("Invitation link: Early birds")).not_to_have_value(
        f"{site.url}/together/groups/join/{group['code']}"
    )

    act(owner, bob.username, "Hand the group over")
    agree(owner, "Hand over")
    said(owner, f"{bob.username} owns the group now.")
    expect(owner.get_by_text("You are an admin")).to_be_visible()
    owner.get_by_role("button", name="Leave group: Early birds").click()
    agree(owner, "Leave group")
    expect(owner.get_by_role("heading", name="Groups")).to_be_visible()
    expect(owner.get_by_text("You are in no group yet.")).to_be_visible()

    admin.reload()
    admin.get_by_role("button", name="Delete group").click()
    agree(admin, "Delete group")
    said(admin, "Deleted: Early birds")
    assert bob.api("GET", "groups/?which=mine")["count"] == 0


def test_a_removed_member_sees_nothing_of_the_group_any_more(
    device: Callable[..., Device], alice: Person, bob: Person, group: Any
) -> None:
    join(group, bob)
    browser = device(bob)
    browser.allow("status of 404")
    page = browser.open(f"/together/groups/{group['id']}?part=members")
    expect(page.get_by_text(f"{bob.username} (you)")).to_be_visible()
    alice.api("DELETE", f"groups/{group['id']}/members/{bob.username}/")
    page.reload()
    expect(page.get_by_text("This is not there any more.")).to_be_visible()
    expect(page.get_by_text(f"{bob.username} (you)")).to_have_count(0)


def test_owner_and_admins_change_the_group_and_its_link(
    device: Callable[..., Device], alice: Person, group: Any
) -> None:
    page = device(alice).open(f"/together/groups/{group['id']}?part=members")
    page.get_by_role("button", name="Make a new link").click()
    agree(page, "Make a new link")
    said(page, "The new link works now.")
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Name").fill("Night owls")
    page.get_by_role("link", name="Back").click()
    page.get_by_role("dialog").get_by_role("button", name="Stay here").click()
    page.get_by_role("switch").click()
    assert axe(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Night owls")).to_be_visible()
    expect(page.get_by_text("Open to all")).to_be_visible()
    assert alice.api("GET", f"groups/{group['id']}/")["code"] != group["code"]


def test_an_open_group_is_found_and_joined(device: Callable[..., Device], site: Site, alice: Person) -> None:
    alice.api("POST", "groups/", {"name": f"Readers of {alice.username}", "is_open": True})
    page = device(site.person("vera", language="ru"), locale="ru-RU").open("/together/groups?which=open")
    page.get_by_label("Найти по названию").fill(alice.username)
    page.get_by_role("button", name=f"Вступить: Readers of {alice.username}").click()
    said(page, f"Вы вступили: Readers of {alice.username}.")
    assert axe(page) == []


def test_an_invitation_that_does_not_work_says_so(device: Callable[..., Device], alice: Person) -> None:
    browser = device(alice)
    browser.allow("status of 4")
    page = browser.open("/together/groups")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("Enter the code or the link that you got.")).to_be_visible()
    page.get_by_label("Invitation code or link").fill("no-such-code")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("This invitation is not valid any more.")).to_be_visible()
    assert axe(page) == []

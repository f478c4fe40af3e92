"""From an invitation to signing out, and by keys alone: where one was is kept, and nothing of who has left."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.browser.requests import unreachable
from tests.browser.site import Person, Site
from tests.browser.tabs import DESKTOP, Device, axe
from tests.browser.test_day_screen import wait_for_log

pytestmark = pytest.mark.processes

STORED = """async () => {
    const kept = await new Promise((resolve) => {
        const opening = indexedDB.open("keyval-store");
        opening.onsuccess = () => {
            const asked = opening.result.transaction("keyval").objectStore("keyval").getAllKeys();
            asked.onsuccess = () => resolve(asked.result);
        };
    });
    return [...kept, ...Object.keys(localStorage), ...Object.keys(sessionStorage)];
}"""
OF_THE_DEVICE = {"habits.language", "habits.left", "react-router-scroll-positions"}


def fill_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(make.PASSWORD)


def mailed_link(person: Person) -> str:
    token = person.site.run(
        "from users import tokens\nfrom users.models import User\n"
        "answer = tokens.sign_in_link.make(User.objects.get(email=email))",
        email=person.email,
    )
    return f"/#/sign-in-link/{token}"


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_addresses_of_mails_open_their_screens_whether_one_is_signed_in_or_not(
    device: Callable[..., Device], alice: Person, signed_in: bool
) -> None:
    phone = device(alice if signed_in else None)
    page = phone.open("/#/forgotten")
    expect(page.get_by_role("heading", name="Forgotten password")).to_be_visible()
    page.get_by_label("E-mail").fill(alice.email)
    assert axe(page) == []
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_text(f"If there is an account for {alice.email}")).to_be_visible()
    page.get_by_role("link", name="Back to Today" if signed_in else "Back to signing in").click()
    expect(page.get_by_role("heading", name="Today" if signed_in else "Sign in")).to_be_visible()

    page = phone.open("/#/profile")
    expect(page.get_by_role("heading", name="Me" if signed_in else "Sign in", exact=True)).to_be_visible()
    assert page.url == f"{alice.site.url}/me"


def test_an_address_of_a_mail_opens_its_screen_in_a_tab_that_shows_the_client(
    device: Callable[..., Device], alice: Person
) -> None:
    page = device(alice).open("/")
    page.evaluate("location.href = '/#/forgotten'")  # loads nothing: only what is behind # differs
    expect(page.get_by_role("heading", name="Forgotten password")).to_be_visible()


def test_a_mailed_link_signs_in_its_own_account_and_says_if_another_is_here(
    device: Callable[..., Device], site: Site, alice: Person
) -> None:
    bob = site.person("bob")
    alice.habit("Read")
    bob.habit("Run")
    phone = device(bob)
    page = phone.open("/")
    expect(page.get_by_role("button", name="Done: Run")).to_be_visible()
    page = phone.open(mailed_link(alice))
    expect(page.get_by_text("Somebody is signed in here already.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Done: Read")).to_be_visible()
    expect(page.get_by_role("button", name="Done: Run")).to_have_count(0)

    page = device().open(mailed_link(bob))
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_text("Somebody is signed in here already.")).to_have_count(0)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("button", name="Done: Run")).to_be_visible()


def test_an_invitation_survives_registering_and_its_mail_and_who_signs_out_leaves_drafts_alone(
    device: Callable[..., Device], site: Site, alice: Person
) -> None:
    group = alice.api("POST", "groups/", {"name": "Early birds"})
    phone = device()
    page = phone.open(f"/together/groups/join/{group['code']}")
    page.get_by_role("link", name="Register").click()
    expect(page.get_by_role("heading", name="Register")).to_be_visible()  # the form before has the same labels
    fill_in(page, "erin@example.org")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", name="Check your mail")).to_be_visible()
    site.confirm("erin@example.org")
    page.close()
    page = phone.open("/")  # where the page behind the mailed link leads
    fill_in(page, "erin@example.org")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", name="Early birds")).to_be_visible()

    erin = Person(site, "erin", "erin@example.org", make.PASSWORD)
    erin.sign_in()
    erin.habit("Read")
    page.goto(f"{site.url}/me/profile")
    page.get_by_label("New address").fill("half a tho")
    page.goto(f"{site.url}/")
    second = phone.open("/")
    expect(second.get_by_role("button", name="Done: Read")).to_be_visible()
    with unreachable(phone, "**/api/tracks/**"):
        page.get_by_role("button", name="Done: Read").click()
        expect(page.get_by_text("1 change waits")).to_be_visible()
        expect(second.get_by_text("1 change waits")).to_be_visible()
        second.get_by_role("link", name="Me").click()
        second.get_by_role("button", name="Sign out").click()
        asked = second.get_by_role("dialog", name="Sign out of this device?")
        expect(asked).to_contain_text("1 change has not been sent yet")  # by the other tab
        assert axe(second) == []
        asked.get_by_role("button", name="Sign out").click()
        for each in (page, second):
            expect(each.get_by_role("heading", name="Sign in")).to_be_visible()
    second.close()  # writes what it would have kept
    page.wait_for_function(f"({STORED})().then((kept) => kept.every((key) => !/answers|queue/.test(key)))")
    kept = set(page.evaluate(STORED)) - OF_THE_DEVICE
    assert len(kept) == 1 and "habits.draft" in kept.pop()  # what was typed is there for the same person


def test_who_signs_in_and_out_on_one_page_can_sign_in_again(device: Callable[..., Device], alice: Person) -> None:
    page = device().open("/me")
    for _ in range(2):
        fill_in(page, alice.email)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("E-mail")).to_be_visible()


def test_keys_find_and_do(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Read")
    alice.habit("Water", daily_amount="8", unit="glasses")
    laptop = device(alice, viewport=DESKTOP)
    page = laptop.open("/")
    page.get_by_role("button", name="Done: Read").wait_for()
    page.keyboard.press("Control+k")
    field = page.get_by_role("textbox", name="Habit, screen, or what to do")
    expect(field).to_be_focused()
    chosen = page.locator("[data-combobox-selected]")
    expect(chosen).to_have_text("Done: Read")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert axe(page) == []
    page.keyboard.type("wat")
    expect(chosen).to_contain_text("Water")
    page.keyboard.press("ArrowDown")
    expect(chosen).to_have_text("Add 1: Water")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    wait_for_log(page, alice, "Water", amount="1.00")
    page.keyboard.press("Control+k")
    expect(field).to_have_value("")
    page.keyboard.type("password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Password and access")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Find a habit or a screen")
    assert axe(page) == []

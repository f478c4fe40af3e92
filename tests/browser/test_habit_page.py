"""A habit's page: its days, notes, reasons, reminders, pauses, archive and deletion."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Person
from tests.browser.tabs import DESKTOP, PHONE, Device, axe
from tests.browser.test_day_screen import TODAY, YESTERDAY, log, track_of, wait_for_log

pytestmark = pytest.mark.processes

SECTIONS = [
    *("The year", "Why is the streak what it is?", "Notes", "Goals", "Reminders", "Pauses", "Schedule history"),
    "Archive or delete",
]


def open_page(device: Device, person: Person, name: str) -> Page:
    return device.open(f"/habits/{track_of(person, name)['id']}")


@pytest.mark.parametrize(
    ("viewport", "scheme", "locale"), [(PHONE, "light", "en-GB"), (DESKTOP, "dark", "ru-RU")], ids=["phone", "desktop"]
)
def test_every_section_is_accessible(
    device: Callable[..., Device], alice: Person, viewport: object, scheme: str, locale: str
) -> None:
    alice.api("PATCH", "users/me/", {"language": locale[:2]})
    alice.habit("Run", daily_amount="5", unit="km")
    path = f"tracks/{track_of(alice, 'Run')['id']}/logs/{YESTERDAY}/"
    alice.api("PUT", path, {"amount": "5", "note": "in the rain"})
    page = open_page(device(alice, viewport=viewport, scheme=scheme, locale=locale), alice, "Run")
    sections = page.locator("main h2 button")
    expect(sections).to_have_count(len(SECTIONS))
    for section in sections.all():
        section.click()
    expect(page.get_by_text("in the rain")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert axe(page) == []


def test_days_are_marked_and_noted_in_the_calendar(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run")
    page = open_page(device(alice), alice, "Run")
    day = YESTERDAY if YESTERDAY.month == TODAY.month else TODAY
    cell = page.get_by_role("button", name=f"{day.day} {day:%B}: ")
    cell.click()
    page.get_by_role("dialog").get_by_label("Note").fill("in the rain")
    page.get_by_role("dialog").get_by_role("button", name="Done").click()
    expect(page.get_by_role("button", name=f"{day.day} {day:%B}: done")).to_be_visible()
    wait_for_log(page, alice, "Run", day, status="completed", note="in the rain")
    cell.click()
    page.get_by_role("button", name="Clear the day").click()
    expect(page.get_by_role("button", name=f"{day.day} {day:%B}: nothing marked")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert log(alice, "Run", day) is None


def test_a_note_of_an_unmarked_day_says_that_it_stays_here_until_the_day_is_marked(
    device: Callable[..., Device], alice: Person
) -> None:
    alice.habit("Run")
    page = open_page(device(alice), alice, "Run")
    cell = page.get_by_role("button", name=f"{TODAY.day} {TODAY:%B}: ")
    cell.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("It stays on this device until you mark the day")).to_be_visible()
    assert axe(page) == []
    dialog.get_by_label("Note").fill("in the rain")
    dialog.get_by_role("button", name="Save").click()
    expect(cell).to_have_text(re.compile("nothing marked, has a note$"))
    cell.click()
    dialog.get_by_role("button", name="Done").click()
    wait_for_log(page, alice, "Run", TODAY, status="completed", note="in the rain")
    expect(cell).to_have_text(re.compile("done, has a note$"))
    cell.click()
    expect(dialog.get_by_label("Note")).to_have_value("in the rain")
    expect(dialog.get_by_text("It stays on this device")).to_have_count(0)


def test_deleting_asks_with_what_is_lost_and_what_is_safe_has_the_focus(
    device: Callable[..., Device], alice: Person
) -> None:
    alice.habit("Run")
    for back in (1, 2):
        path = f"tracks/{track_of(alice, 'Run')['id']}/logs/{TODAY - timedelta(days=back)}/"
        alice.api("PUT", path, {"status": "completed"})
    phone = device(alice)
    phone.allow("status of 404")  # the page may just be asking again for what is gone
    page = open_page(phone, alice, "Run")
    page.get_by_role("button", name="Archive or delete").click()
    page.get_by_role("button", name="Delete the habit").click()
    dialog = page.get_by_role("dialog", name="Delete “Run”?")
    expect(dialog).to_contain_text("2 marked days")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert track_of(alice, "Run")
    page.get_by_role("button", name="Delete the habit").click()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No habits yet.")).to_be_visible()
    assert alice.api("GET", "tracks/")["count"] == 0


def test_an_archived_habit_is_found_and_taken_back(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run")
    page = open_page(device(alice), alice, "Run")
    page.get_by_role("button", name="Archive or delete").click()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_role("button", name="Take it back")).to_be_visible()
    page.get_by_role("link", name="All habits").click()
    expect(page.get_by_text("No habits yet.")).to_be_visible()
    page.get_by_text("Archived", exact=True).click()
    page.get_by_role("link", name="Run").click()
    page.get_by_role("button", name="Archive or delete").click()
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("button", name="Archive", exact=True)).to_be_visible()
    assert alice.api("GET", "tracks/")["count"] == 1


def test_reminders_are_added_turned_off_and_deleted(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run", time="07:30")
    page = open_page(device(alice), alice, "Run")
    page.get_by_role("button", name="Reminders").click()
    page.get_by_label("Another reminder at").fill("18:15")
    page.get_by_role("button", name="Add").click()
    switch = page.get_by_role("switch", name="18:15")
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).not_to_be_checked()
    page.get_by_role("button", name="Delete the reminder: 07:30").click()
    expect(page.get_by_role("switch")).to_have_count(1)
    [left] = alice.api("GET", "reminders/")["results"]
    assert (left["time"], left["is_on"]) == ("18:15", False)


def test_a_habit_is_paused_and_the_pause_deleted(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run")
    phone = device(alice)
    phone.allow("status of 400")
    page = open_page(phone, alice, "Run")
    page.get_by_role("button", name="Pauses").click()
    page.get_by_label("Last day").fill(str(TODAY - timedelta(days=1)))
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("The last day cannot be before the first.")).to_be_visible()
    page.get_by_label("Last day").fill(str(TODAY + timedelta(days=7)))
    page.get_by_role("button", name="Pause", exact=True).click()
    remove = page.get_by_role("button", name="Delete the pause: ")
    expect(remove).to_be_visible()
    assert len(alice.api("GET", "pauses/")["results"]) == 1
    remove.click()
    expect(remove).to_have_count(0)
    assert alice.api("GET", "pauses/")["results"] == []


def test_a_goal_is_set_followed_reached_and_deleted(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Read", daily_amount="20", unit="pages")
    track = track_of(alice, "Read")["id"]
    alice.habit("Run")
    alice.api("POST", "goals/", {"track": track_of(alice, "Run")["id"], "days": 77})
    page = open_page(device(alice), alice, "Read")
    page.get_by_role("button", name="Goals").click()
    expect(page.get_by_role("button", name="Set the goal")).to_be_visible()
    expect(page.get_by_text("77 days")).to_have_count(0)
    page.get_by_label("Days", exact=True).fill("2000")
    page.get_by_role("button", name="Set the goal").click()
    expect(page.get_by_text("Enter a number of days from 1 to 1000.")).to_be_visible()
    page.get_by_label("Days", exact=True).fill("1")
    page.get_by_label("Amount a day, in pages").fill("22,5")
    page.get_by_label("Deadline").fill(str(TODAY + timedelta(days=30)))
    page.get_by_role("button", name="Set the goal").click()
    expect(page.get_by_text("0 days done, by")).to_be_visible()
    assert axe(page) == []
    [goal] = [each for each in alice.api("GET", "goals/")["results"] if each["track"] == track]
    assert (goal["days"], goal["amount"]) == (1, "22.50")
    assert goal["deadline"] == str(TODAY + timedelta(days=30))
    alice.api("PUT", f"tracks/{track}/logs/{TODAY}/", {"amount": "23"})
    page.reload()
    page.get_by_role("button", name="Goals").click()
    expect(page.get_by_text("Reached on")).to_be_visible()
    remove = page.get_by_role("button", name="Delete the goal: 22.5 pages · 1 day")
    remove.click()
    expect(remove).to_have_count(0)
    assert [each["days"] for each in alice.api("GET", "goals/")["results"]] == [77]


def test_a_limit_habit_has_no_goals(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Coffee", goal_type="at_most", limit_per_period="2")
    page = open_page(device(alice), alice, "Coffee")
    expect(page.get_by_role("button", name="Reminders")).to_be_visible()
    expect(page.get_by_role("button", name="Goals")).to_have_count(0)


def test_another_persons_habit_is_not_there(device: Callable[..., Device], alice: Person) -> None:
    bob = alice.site.person("bob")
    bob.habit("Run")
    phone = device(alice)
    phone.allow("status of 404")
    page = open_page(phone, bob, "Run")
    expect(page.get_by_text("There is no such habit, or it was deleted.")).to_be_visible()
    assert axe(page) == []

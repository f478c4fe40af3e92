"""Making and editing habits by the form."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Person, Site
from tests.browser.tabs import Device, axe

pytestmark = pytest.mark.processes


def only_habit(person: Person) -> dict[str, object]:
    (habit,) = person.api("GET", "habits/?kind=useful")["results"]
    return dict(habit)


def send(page: Page) -> None:
    page.get_by_role("button", name="Make the habit").click()


def test_a_daily_habit_of_half_a_unit(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/habits/new")
    page.get_by_label("I will").fill("run in the park")
    page.get_by_label("at", exact=True).fill("07:30")
    page.get_by_label("in", exact=True).fill("the park")
    page.get_by_role("button", name="More").click()
    page.get_by_label("Amount a day").fill("0,5")
    page.get_by_label("Unit").fill("km")
    page.get_by_label("Duration in seconds").fill("90")
    page.get_by_role("button", name="Teal").click()
    page.get_by_label("Icon").fill("🏃")
    tags = page.get_by_role("combobox", name="Tags")
    tags.fill("health")
    tags.press("Enter")
    assert axe(page) == []
    send(page)
    expect(page.get_by_text("Made: run in the park")).to_be_visible()
    habit = only_habit(alice)
    assert habit["sentence"] == "I will run in the park at 07:30 in the park"
    assert (habit["frequency"], habit["daily_amount"], habit["unit"]) == ("daily", "0.50", "km")
    track = alice.api("GET", f"tracks/{habit['track']}/")
    assert (track["colour"], track["icon"], track["tags"]) == ("teal", "🏃", ["health"])


def test_a_weekly_habit_on_chosen_days(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/habits/new")
    page.get_by_label("I will").fill("call a friend")
    page.get_by_label("how often").select_option("weekly")
    page.get_by_role("button", name="More").click()
    page.get_by_role("button", name="Tue: Tuesday").click()
    page.get_by_role("button", name="Fri: Friday").click()
    send(page)
    expect(page.get_by_text("Made: call a friend")).to_be_visible()
    habit = only_habit(alice)
    assert (habit["frequency"], habit["weekdays"], habit["times_per_period"]) == ("weekly", ["tue", "fri"], 2)


def test_a_limit_habit(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/habits/new")
    page.get_by_role("button", name="Do less").click()
    page.get_by_label("I will do less of this").fill("drink coffee")
    page.get_by_label("At most").fill("2,5")
    page.get_by_label("Unit").fill("cups")
    page.get_by_label("counted").select_option("weekly")
    send(page)
    expect(page.get_by_text("Made: drink coffee")).to_be_visible()
    habit = only_habit(alice)
    assert (habit["goal_type"], habit["frequency"], habit["limit_per_period"]) == ("at_most", "weekly", "2.50")


def test_a_template_makes_the_pleasant_habit_that_follows_it(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/habits/templates")
    page.get_by_role("link", name="Use: A glass of water").click()
    expect(page.get_by_label("New pleasant habit")).to_have_value("Look out of the window")
    expect(page.get_by_text("This is stacking")).to_be_visible()
    send(page)
    expect(page.get_by_text("Made: A glass of water")).to_be_visible()
    (pleasant,) = alice.api("GET", "habits/?kind=pleasant")["results"]
    assert only_habit(alice)["linked_habit"] == pleasant["id"]


def test_after_a_habit_and_its_pleasant_habit_are_made_nothing_is_asked(
    device: Callable[..., Device], alice: Person
) -> None:
    page = device(alice).open("/habits/new?template=water")
    send(page)
    expect(page.get_by_role("button", name="Done: A glass of water")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert page.url == f"{alice.site.url}/"
    only_habit(alice)


def test_after_an_edit_that_makes_a_pleasant_habit_nothing_is_asked(
    device: Callable[..., Device], alice: Person
) -> None:
    habit = alice.habit("Read")
    page = device(alice).open(f"/habits/{habit['track']}/edit")
    page.get_by_label("What follows it").select_option("new")
    page.get_by_label("New pleasant habit").fill("Tea")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: Read")).to_be_visible()
    expect(page.get_by_role("heading", name="Read")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert alice.api("GET", "habits/?kind=pleasant")["count"] == 1


def test_a_refused_habit_makes_its_pleasant_habit_once(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("status of 400")
    page = phone.open("/habits/new?template=water")
    page.get_by_label("First day").fill("2026-12-24")
    page.get_by_label("Last day").fill("2026-12-23")
    send(page)
    last = page.get_by_label("Last day")
    expect(page.get_by_text("The end cannot be before the start.")).to_be_visible()
    expect(last).to_have_attribute("aria-invalid", "true")
    expect(last).to_be_focused()
    last.fill("2026-12-25")
    send(page)
    expect(page.get_by_text("Made: A glass of water")).to_be_visible()
    assert alice.api("GET", "habits/?kind=pleasant")["count"] == 1


def test_what_is_wrong_stands_beside_its_field_even_under_more(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/habits/new")
    page.get_by_role("button", name="More").click()
    page.get_by_label("Amount a day").fill("1,000")
    page.get_by_label("Duration in seconds").fill("1000")
    page.get_by_role("button", name="More").click()
    send(page)
    expect(page.get_by_text("Say what you will do.")).to_be_visible()
    expect(page.get_by_text("Write it one of these ways.")).to_be_visible()
    expect(page.get_by_text("Enter a whole number from 1 to 120.")).to_be_visible()
    expect(page.get_by_label("I will")).to_be_focused()


def test_a_changed_schedule_says_from_when_it_holds(device: Callable[..., Device], alice: Person) -> None:
    habit = alice.habit("Read", daily_amount="10", unit="pages")
    page = device(alice).open(f"/habits/{habit['track']}/edit")
    start = date.fromisoformat(alice.api("GET", "today/")[0]["day"]) + timedelta(days=2)
    page.get_by_label("how often").select_option("weekly")
    page.get_by_label("Days a week").fill("3")
    page.get_by_label("The changed schedule holds from").fill(start.isoformat())
    expect(page.get_by_text("what you have done keeps its value")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: Read")).to_be_visible()
    first, second = alice.api("GET", f"habits/{habit['id']}/schedules/")
    assert (first["frequency"], first["daily_amount"]) == ("daily", "10.00")
    assert (second["starts_on"], second["times_per_period"]) == (start.isoformat(), 3)


def test_an_edit_of_texts_leaves_a_planned_schedule(device: Callable[..., Device], alice: Person) -> None:
    habit = alice.habit("Read")
    day = (date.fromisoformat(alice.api("GET", "today/")[0]["day"]) + timedelta(days=3)).isoformat()
    alice.api("PATCH", f"habits/{habit['id']}/", {"frequency": "weekly", "times_per_period": 2, "schedule_from": day})
    page = device(alice).open(f"/habits/{habit['track']}/edit")
    expect(page.get_by_text("Planned from")).to_be_visible()
    page.get_by_label("Description").fill("Paper, not a screen.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: Read")).to_be_visible()
    assert [each["frequency"] for each in alice.api("GET", f"habits/{habit['id']}/schedules/")] == ["daily", "weekly"]


def test_of_a_habit_of_another_only_its_look_is_edited(
    site: Site, device: Callable[..., Device], alice: Person
) -> None:
    bob = site.person("bob")
    habit = bob.habit("Swim", is_published=True)
    track = alice.api("POST", "tracks/", {"habit": habit["id"]})["id"]
    page = device(alice).open(f"/habits/{track}/edit")
    expect(page.get_by_text("decides what it says")).to_be_visible()
    expect(page.get_by_label("I will")).to_have_count(0)
    page.get_by_role("button", name="Sky blue").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: Swim")).to_be_visible()
    assert alice.api("GET", f"tracks/{track}/")["colour"] == "sky"


def test_a_pleasant_habit_is_made_and_edited(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/habits/new?kind=pleasant")
    page.get_by_label("What you enjoy").fill("Play a song")
    send(page)
    expect(page.get_by_text("Made: Play a song")).to_be_visible()
    (pleasant,) = alice.api("GET", "habits/?kind=pleasant")["results"]
    page.goto(page.url.split("/habits")[0] + f"/habits/pleasant/{pleasant['id']}/edit")
    page.get_by_label("What you enjoy").fill("Play two songs")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved: Play two songs")).to_be_visible()


def test_a_draft_survives_reload_and_an_expired_session(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("status of 401")
    page = phone.open("/habits/new")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("I will").fill("write a page")
    page.reload()
    expect(page.get_by_label("I will")).to_have_value("write a page")
    expect(page.get_by_text("This is what you typed earlier.")).to_be_visible()
    page.get_by_label("in", exact=True).fill("the kitchen")
    alice.api("POST", "users/me/sessions/end-others/")
    send(page)
    page.get_by_label("E-mail").fill(alice.email)
    page.get_by_label("Password", exact=True).fill(alice.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("I will")).to_have_value("write a page")
    expect(page.get_by_label("in", exact=True)).to_have_value("the kitchen")
    send(page)
    expect(page.get_by_text("Made: write a page")).to_be_visible()
    page.goto(page.url.rstrip("/") + "/habits/new")
    expect(page.get_by_label("I will")).to_have_value("")


def test_leaving_a_changed_form_asks(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/habits/new")
    page.get_by_label("I will").fill("write")
    page.get_by_role("link", name="Me", exact=True).click()
    expect(page.get_by_role("button", name="Stay here")).to_be_focused()
    page.get_by_role("button", name="Stay here").click()
    expect(page.get_by_label("I will")).to_have_value("write")
    page.get_by_role("link", name="Me", exact=True).click()
    page.get_by_role("button", name="Leave and discard").click()
    expect(page.get_by_role("heading", name="Me", exact=True)).to_be_visible()


def test_the_form_in_russian(site: Site, device: Callable[..., Device]) -> None:
    boris = site.person("boris", language="ru")
    phone = device(boris, locale="ru-RU", scheme="dark")
    phone.allow("status of 400")
    page = phone.open("/habits/new")
    page.get_by_label("Я буду").fill("пить воду")
    page.get_by_role("button", name="Ещё").click()
    page.get_by_label("Количество в день").fill("0,5")
    page.get_by_label("Первый день").fill("2026-12-24")
    page.get_by_label("Последний день").fill("2026-12-23")
    page.get_by_role("button", name="Создать привычку").click()
    expect(page.get_by_label("Последний день")).to_have_attribute("aria-invalid", "true")
    assert axe(page) == []
    page.get_by_label("Последний день").fill("")
    page.get_by_role("button", name="Создать привычку").click()
    expect(page.get_by_text("Создано: пить воду")).to_be_visible()
    assert only_habit(boris)["daily_amount"] == "0.50"

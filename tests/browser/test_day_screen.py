"""The day's list: ticks, amounts, limits, notes, other days, order, timer. Nothing jumps."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.requests import recorded
from tests.browser.site import Person, Site
from tests.browser.tabs import DESKTOP, PHONE, Device, axe, choose

pytestmark = pytest.mark.processes

TODAY = datetime.now(UTC).date()  # as people of these tests have no time zone of their own
YESTERDAY = TODAY - timedelta(days=1)


def track_of(person: Person, name: str) -> Any:
    """Return the person's track of the habit of this name."""
    pages = (person.api("GET", f"tracks/?page_size=100&page={page}")["results"] for page in range(1, 4))
    return next(each for page in pages for each in page if each["habit"]["name"] == name)


def log(person: Person, name: str, day: date = TODAY) -> Any:
    """Return what the day says on the server; None if nothing."""
    found = person.api("GET", f"tracks/{track_of(person, name)['id']}/logs/?from={day}&to={day}")["results"]
    return found[0] if found else None


def wait_for_log(page: Page, person: Person, name: str, day: date = TODAY, **said: Any) -> None:
    """Wait until the server has it."""
    for _ in range(100):
        found = log(person, name, day)
        if found and all(found[field] == value for field, value in said.items()):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the day says {log(person, name, day)}, not {said}")


def test_nothing_jumps_when_a_habit_is_ticked_or_skipped(
    site: Site, device: Callable[..., Device], alice: Person
) -> None:
    site.track(alice, "Habit", number=100, days_ago=30)
    page = device(alice, viewport=PHONE).open("/")
    tick = page.get_by_role("button", name="Done: Habit 070")
    tick.scroll_into_view_if_needed()
    before = tick.bounding_box()
    scrolled = page.evaluate("scrollY")
    assert scrolled > 3000
    tick.click()
    expect(tick).to_have_attribute("aria-pressed", "true")
    wait_for_log(page, alice, "Habit 070", status="completed")
    assert (tick.bounding_box(), page.evaluate("scrollY")) == (before, scrolled)
    expect(tick).to_be_focused()
    choose(page, "More: Habit 071", "Skip this day")
    expect(page.get_by_text("Skipped: Habit 071")).to_be_visible()
    assert (tick.bounding_box(), page.evaluate("scrollY")) == (before, scrolled)


def test_a_message_covers_no_control(device: Callable[..., Device], alice: Person) -> None:
    for index in range(3):
        alice.habit(f"Habit {index}")
    page = device(alice, viewport=PHONE).open("/")
    choose(page, "More: Habit 1", "Skip this day")
    undo = page.get_by_role("button", name="Undo", exact=True)
    expect(undo).to_be_visible()
    bar = page.get_by_role("banner").bounding_box()
    first = page.get_by_role("link", name="Habit 0").bounding_box()
    assert bar and first and bar["y"] + bar["height"] <= first["y"]
    undo.click()
    expect(page.get_by_text("Skipped", exact=True)).to_have_count(0)
    page.wait_for_timeout(300)
    assert log(alice, "Habit 1") is None


def test_a_tick_is_one_request_and_so_is_another_day(site: Site, device: Callable[..., Device], alice: Person) -> None:
    site.track(alice, "Habit", number=100, days_ago=30)
    page = device(alice).open("/")
    tick = page.get_by_role("button", name="Done: Habit 000")
    tick.wait_for()
    page.wait_for_load_state("networkidle")
    with recorded(page) as asked:
        tick.click()
        wait_for_log(page, alice, "Habit 000", status="completed")
    assert [each for each in asked if not each.startswith("GET")] == [
        f"PUT tracks/{track_of(alice, 'Habit 000')['id']}/logs/{TODAY}/"
    ]
    assert len(asked) == 1
    with recorded(page) as asked:
        page.get_by_role("button", name="Previous week").click()
        page.get_by_role("button", name="Done: Habit 000").wait_for()
        page.wait_for_load_state("networkidle")
    days = [each for each in asked if each.startswith("GET days/")]
    assert days == [f"GET days/{TODAY - timedelta(days=7)}/"]
    assert len(asked) == 2  # and the rings of that week


# The tracks of the cards whose elements change.
RECORD_CHANGES = """
    window.changed = new Set();
    new MutationObserver((records) => records.forEach(({target}) => {
      const card = (target.nodeType === 1 ? target : target.parentElement)?.closest("[data-track]");
      changed.add(card ? card.dataset.track : "outside");
    })).observe(document.querySelector("main ul").parentElement, {subtree: true, childList: true, attributes: true, characterData: true});
"""


def test_a_tick_among_300_habits_draws_its_own_card_again_and_no_other(
    site: Site, device: Callable[..., Device], alice: Person
) -> None:
    site.track(alice, "Habit", number=300)
    page = device(alice).open("/")
    tick = page.get_by_role("button", name="Done: Habit 150")
    tick.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate(RECORD_CHANGES)
    tick.click()
    wait_for_log(page, alice, "Habit 150", status="completed")
    expect(page.get_by_text("Streak: 1 day")).to_be_visible()
    assert page.evaluate("[...changed]") == [str(track_of(alice, "Habit 150")["id"])]


def test_a_half_is_written_as_people_write_it_and_what_can_mean_two_numbers_is_refused(
    device: Callable[..., Device], alice: Person
) -> None:
    alice.habit("Walk", daily_amount="5", unit="km")
    page = device(alice).open("/")
    page.get_by_role("button", name="Type the amount: Walk").click()
    field = page.get_by_label("Walk, in km")
    field.fill("1,250")
    field.press("Enter")
    expect(page.get_by_text("can mean 1.25 or 1250")).to_be_visible()
    field.fill("0,5")
    field.press("Enter")
    wait_for_log(page, alice, "Walk", amount="0.50", status="partial")
    expect(page.get_by_role("button", name="Type the amount: Walk, 0.5 km so far")).to_be_focused()


def test_eight_glasses_are_eight_taps(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Water", daily_amount="8", unit="glasses")
    page = device(alice).open("/")
    for number in range(8):
        page.get_by_role("button", name=f"Add 1: Water, {number} glasses so far").click()
    wait_for_log(page, alice, "Water", amount="8.00", status="completed")
    expect(page.get_by_text("1 day")).to_be_visible()


def test_a_limit_is_counted_and_says_when_it_is_over(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Coffee", goal_type="at_most", limit_per_period="2", unit="cups")
    page = device(alice).open("/")
    for number in range(3):
        page.get_by_role("button", name=f"Add 1: Coffee, {number} cups so far").click()
    expect(page.get_by_text("Over the limit: 3 of 2 cups")).to_be_visible()
    wait_for_log(page, alice, "Coffee", amount="3.00", status="counted")


def test_a_note_is_kept_by_a_tick_and_by_taking_it_back(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run")
    page = device(alice).open("/")

    def note() -> Any:
        choose(page, "More: Run", "note")
        return page.get_by_role("textbox")

    note().fill("in the rain")
    page.get_by_role("button", name="Save").click()
    tick = page.get_by_role("button", name="Done: Run")
    tick.click()
    wait_for_log(page, alice, "Run", status="completed", note="in the rain")
    tick.click()
    expect(tick).to_have_attribute("aria-pressed", "false")
    page.wait_for_load_state("networkidle")
    expect(note()).to_have_value("in the rain")
    page.keyboard.press("Escape")
    tick.click()
    wait_for_log(page, alice, "Run", status="completed", note="in the rain")


def test_a_note_that_was_closed_without_saving_is_there_again(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run")
    page = device(alice).open("/")
    for text in ("", "half a tho"):
        choose(page, "More: Run", "Write a note")
        expect(page.get_by_role("textbox")).to_have_value(text)
        page.get_by_role("textbox").fill("half a tho")
        page.keyboard.press("Escape")
        page.reload()


def test_a_week_is_ticked_from_the_strip(device: Callable[..., Device], alice: Person) -> None:
    alice.site.track(alice, "Read", days_ago=30)
    page = device(alice, viewport=DESKTOP).open("/")
    page.get_by_role("navigation", name="Days").get_by_role("link").last.focus()
    for back in range(1, 4):
        page.keyboard.press("ArrowLeft")
        day = TODAY - timedelta(days=back)
        expect(page).to_have_url(f"{alice.site.url}/day/{day}")
        expect(page.get_by_role("navigation", name="Days").locator("[aria-current]")).to_be_focused()
        page.get_by_role("button", name="Done: Read").click()
        wait_for_log(page, alice, "Read", day, status="completed")
        page.get_by_role("navigation", name="Days").locator("[aria-current]").focus()
    page.get_by_role("link", name="Today").click()
    page.get_by_role("button", name="Done: Read").click()
    expect(page.get_by_text("4 days")).to_be_visible()


def test_a_day_in_the_address_is_shown(device: Callable[..., Device], alice: Person) -> None:
    alice.site.track(alice, "Read", days_ago=30)
    page = device(alice).open(f"/day/{YESTERDAY}")
    page.get_by_role("button", name="Done: Read").click()
    wait_for_log(page, alice, "Read", YESTERDAY, status="completed")


def test_a_day_before_the_first_habit_says_so_only_to_who_has_habits(
    device: Callable[..., Device], site: Site, alice: Person
) -> None:
    alice.habit("Read")
    page = device(alice).open(f"/day/{YESTERDAY}")
    expect(page.get_by_text("Nothing was planned for this day.")).to_be_visible()
    expect(page.get_by_text("Begin with one small habit")).to_have_count(0)
    assert axe(page) == []
    page.get_by_role("main").get_by_role("link", name="Habits").click()
    page.get_by_role("link", name="Read").click()
    expect(page.get_by_role("button", name=f"{YESTERDAY.day} {YESTERDAY:%B}: ")).to_be_enabled()
    page = device(site.person("bob")).open(f"/day/{YESTERDAY}")
    expect(page.get_by_text("Begin with one small habit")).to_be_visible()


def test_the_order_is_changed_by_keyboard_and_stays(device: Callable[..., Device], alice: Person) -> None:
    for name in ("Read", "Run", "Row"):
        alice.habit(name)
    page = device(alice).open("/")
    choose(page, "How the list is shown", "Change the order")
    handle = page.get_by_role("button", name="Move: Row")
    handle.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("Row: place 1 of 3")).to_be_attached()
    expect(handle).to_be_focused()
    assert axe(page) == []
    page.get_by_role("button", name="Finish").click()
    page.wait_for_load_state("networkidle")
    page.reload()
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(3)
    names = [each["track"]["habit"]["name"] for each in alice.api("GET", "today/")]
    assert names == ["Row", "Read", "Run"]
    shown = page.get_by_role("main").get_by_role("listitem").get_by_role("link").all_text_contents()
    assert shown == names


def test_the_timer_ticks_the_day_at_its_end(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Breathe", duration=90)
    page = device(alice).open("/")
    page.clock.install()
    choose(page, "More: Breathe", "Start the timer")
    expect(page.get_by_role("timer")).to_have_text("1:30")
    page.clock.run_for(60_000)
    expect(page.get_by_role("timer")).to_have_text("0:30")
    page.clock.run_for(31_000)
    expect(page.get_by_role("button", name="Done: Breathe")).to_have_attribute("aria-pressed", "true")
    page.clock.run_for(1_000)
    wait_for_log(page, alice, "Breathe", status="completed")


def test_a_reward_is_shown_after_the_habit_is_done(device: Callable[..., Device], alice: Person) -> None:
    pleasant = alice.habit("A warm bath", is_pleasant=True)
    alice.habit("Run", reward="a good coffee")
    alice.habit("Swim", linked_habit=pleasant["id"])
    page = device(alice).open("/")
    page.get_by_role("button", name="Done: Run").click()
    expect(page.get_by_text("Now: a good coffee")).to_be_visible()
    page.get_by_role("button", name="Done: Swim").click()
    expect(page.get_by_text("Now: A warm bath")).to_be_visible()


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_controls_have_names_of_their_own_and_are_large_enough(
    device: Callable[..., Device], alice: Person, viewport: Any
) -> None:
    alice.habit("Run")
    alice.habit("Water", daily_amount="8", unit="glasses")
    alice.habit("Coffee", goal_type="at_most", limit_per_period="2", unit="cups")
    page = device(alice, viewport=viewport).open("/")
    page.get_by_role("button", name="Done: Run").click()
    wait_for_log(page, alice, "Run", status="completed")
    names = page.evaluate(
        "[...document.querySelectorAll('main button, main a')].map(each => each.ariaLabel ?? each.innerText)"
    )
    assert len(names) == len(set(names)) > 10
    small = page.evaluate(
        "[...document.querySelectorAll('button, nav a')].filter(each => each.offsetHeight < 44 || each.offsetWidth < 44)"
        ".map(each => each.outerHTML)"
    )
    assert small == []
    assert axe(page) == []


def test_a_swipe_to_the_left_skips(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Run")
    page = device(alice).open("/")
    box = page.get_by_role("main").get_by_role("listitem").bounding_box()
    assert box
    y, right = box["y"] + 5, box["x"] + box["width"] - 80
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": right, "y": y}]})
    for moved in range(10, 160, 10):
        point = {"x": right - moved, "y": y}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_for_log(page, alice, "Run", status="skipped")
    expect(page.get_by_text("Skipped", exact=True)).to_be_visible()

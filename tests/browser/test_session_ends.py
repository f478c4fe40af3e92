"""Sessions in a browser: what is lost when one ends (nothing), lost answers, other tabs, blocked storage."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.requests import unreachable, without_answers
from tests.browser.site import Person, Site
from tests.browser.tabs import Device, axe, choose
from tests.browser.test_day_screen import YESTERDAY, log, track_of, wait_for_log

pytestmark = pytest.mark.processes


def sign_in(page: Page, person: Person) -> None:
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def end_sessions(device: Device, person: Person) -> None:
    """End the sessions of the person's browsers."""
    device.allow("status of 401")
    person.sign_in()
    person.api("POST", "users/me/sessions/end-others/")


def test_a_deep_link_is_opened_after_signing_in(device: Callable[..., Device], alice: Person) -> None:
    alice.site.track(alice, "Read", days_ago=30)
    page = device().open(f"/day/{YESTERDAY}")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert axe(page) == []
    sign_in(page, alice)
    page.get_by_role("button", name="Done: Read").click()
    wait_for_log(page, alice, "Read", YESTERDAY, status="completed")
    assert page.url.endswith(f"/day/{YESTERDAY}")


def test_a_session_that_ends_while_one_types_loses_nothing(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Read")
    phone = device(alice)
    page = phone.open("/")
    choose(page, "More: Read", "Write a note")
    page.get_by_role("textbox").fill("a long thought")
    end_sessions(phone, alice)
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Done: Read").click()
    sign_in(page, alice)
    expect(page.get_by_role("button", name="Done: Read")).to_have_attribute("aria-pressed", "true")
    wait_for_log(page, alice, "Read", status="completed", note="a long thought")


def test_what_is_typed_into_a_form_is_there_after_signing_in_again(
    device: Callable[..., Device], alice: Person
) -> None:
    alice.habit("Read")
    phone = device(alice)
    path = f"/habits/{track_of(alice, 'Read')['id']}"
    page = phone.open(path)
    page.get_by_role("button", name="Pauses").click()
    page.get_by_label("First day").fill("2027-03-01")
    end_sessions(phone, alice)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_text("Your session has ended")).to_contain_text("What you typed into a form is kept")
    assert axe(page) == []
    sign_in(page, alice)
    page.get_by_role("button", name="Pauses").click()
    expect(page.get_by_label("First day")).to_have_value("2027-03-01")
    assert page.url.endswith(path)
    page.get_by_role("link", name="Me", exact=True).click()
    page.get_by_role("button", name="Leave and discard").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_text("Your session has ended")).to_have_count(0)


def test_what_waits_is_sent_for_its_person_alone(device: Callable[..., Device], site: Site, alice: Person) -> None:
    bob = site.person("bob")
    alice.habit("Read")
    bob.habit("Run")
    phone = device(alice)
    page = phone.open("/")
    page.get_by_role("button", name="Done: Read").wait_for()
    page.wait_for_load_state("networkidle")
    end_sessions(phone, alice)
    page.get_by_role("button", name="Done: Read").click()
    sign_in(page, bob)
    page.get_by_role("button", name="Done: Run").wait_for()
    page.wait_for_load_state("networkidle")
    end_sessions(phone, bob)
    page.get_by_role("button", name="Done: Run").click()
    sign_in(page, alice)
    expect(page.get_by_role("button", name="Done: Read")).to_have_attribute("aria-pressed", "true")
    wait_for_log(page, alice, "Read", status="completed")
    assert log(bob, "Run") is None  # waits for bob


def test_leaving_a_changed_form_asks(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Read")
    page = device(alice).open(f"/habits/{track_of(alice, 'Read')['id']}")
    page.get_by_role("button", name="Pauses").click()
    page.get_by_label("First day").fill("2027-03-01")
    page.get_by_role("link", name="Today").click()
    expect(page.get_by_role("dialog", name="Leave without saving?")).to_be_visible()
    expect(page.get_by_role("button", name="Stay here")).to_be_focused()
    assert axe(page) == []
    page.get_by_role("button", name="Stay here").click()
    expect(page.get_by_label("First day")).to_have_value("2027-03-01")
    page.get_by_role("link", name="Today").click()
    page.get_by_role("button", name="Leave and discard").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_leaving_a_form_that_was_sent_does_not_ask(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Read")
    page = device(alice).open(f"/habits/{track_of(alice, 'Read')['id']}")
    page.get_by_role("button", name="Pauses").click()
    page.get_by_label("First day").fill("2027-03-01")
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.get_by_label("First day")).not_to_have_value("2027-03-01")
    page.get_by_role("link", name="Me", exact=True).click()
    expect(page.get_by_role("heading", name="Me", exact=True)).to_be_visible()
    page.goto(f"{alice.site.url}/me/reminders")
    form = page.get_by_role("form", name="Add a reminder")
    form.get_by_label("Time").fill("21:15")
    form.get_by_role("button", name="Add the reminder").click()
    expect(page.get_by_text("Added: Read")).to_be_visible()
    page.get_by_role("link", name="Me", exact=True).click()
    expect(page.get_by_role("heading", name="Me", exact=True)).to_be_visible()


def test_a_lost_answer_signs_nobody_out(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Read")
    phone = device(alice)
    page = phone.open("/")
    page.get_by_role("button", name="Done: Read").wait_for()
    page.wait_for_load_state("networkidle")
    with without_answers(phone, "**/api/token/refresh/"):
        page.reload()
        expect(page.get_by_role("button", name="Done: Read")).to_be_visible()  # from the last visit
        page.get_by_role("button", name="Done: Read").click()
    wait_for_log(page, alice, "Read", status="completed")
    expect(page.get_by_role("heading", name="Sign in")).to_have_count(0)


def test_a_second_tab_shows_what_the_first_does(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Read")
    phone = device(alice)
    first, second = phone.open("/"), phone.open("/")
    first.get_by_role("button", name="Done: Read").click()
    expect(second.get_by_role("button", name="Done: Read")).to_have_attribute("aria-pressed", "true")
    second.get_by_role("link", name="Me").click()
    second.get_by_role("button", name="Sign out").click()
    expect(first.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_offline_day_is_sent_when_the_network_is_back_once_and_in_order(
    device: Callable[..., Device], alice: Person
) -> None:
    for index in range(10):
        alice.habit(f"Habit {index}")
    alice.habit("Water", daily_amount="8", unit="glasses")
    phone = device(alice)
    page = phone.open("/")
    page.get_by_role("button", name="Done: Habit 9").wait_for()
    page.wait_for_load_state("networkidle")
    with unreachable(phone):
        for index in range(10):
            page.get_by_role("button", name=f"Done: Habit {index}").click()
        page.get_by_role("button", name="Add 1: Water").click()
        expect(page.get_by_text("11 changes wait")).to_be_visible()
        page.reload()
        expect(page.get_by_text("11 changes wait")).to_be_visible()
        expect(page.get_by_role("button", name="Done: Habit 9")).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("button", name="Add 1: Water, 1 glasses so far")).to_be_visible()
        assert log(alice, "Habit 0") is None
        assert axe(page) == []
    expect(page.get_by_text("changes wait")).to_have_count(0, timeout=60_000)
    assert [log(alice, f"Habit {index}")["status"] for index in range(10)] == ["completed"] * 10
    assert log(alice, "Water")["amount"] == "1.00"


def test_an_addition_whose_answer_is_lost_counts_once(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Water", daily_amount="8", unit="glasses")
    phone = device(alice)
    page = phone.open("/")
    with without_answers(phone, "**/add/"):
        page.get_by_role("button", name="Add 1: Water").click()
        wait_for_log(page, alice, "Water", amount="1.00")
        expect(page.get_by_text("1 change waits")).to_be_visible()
    expect(page.get_by_text("1 change waits")).to_have_count(0, timeout=60_000)
    assert log(alice, "Water")["amount"] == "1.00"


def test_a_refused_change_is_said_and_taken_back(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Read")
    phone = device(alice)
    phone.allow("status of 400")
    page = phone.open("/")
    tick = page.get_by_role("button", name="Done: Read")
    tick.wait_for()
    page.wait_for_load_state("networkidle")
    # The habit has ended meanwhile.
    habit = track_of(alice, "Read")["habit"]["id"]
    alice.site.run(
        "from habits.models import Habit\nfrom datetime import date, timedelta\n"
        "Habit.objects.filter(pk=habit).update(start_date=date.today() + timedelta(days=3))",
        habit=habit,
    )
    tick.click()
    expect(page.get_by_role("status").get_by_text("The habit starts later than this day.")).to_be_visible()
    expect(page.get_by_role("button", name="Done: Read", pressed=True)).to_have_count(0)


@pytest.mark.parametrize("path", ["/", "/habits"])
def test_where_storage_is_blocked_a_sentence_says_so(site: Site, device: Callable[..., Device], path: str) -> None:
    phone = device()
    phone.context.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    page = phone.context.new_page()
    page.goto(site.url + path)
    expect(page.get_by_role("alert")).to_contain_text("does not let this site store data")


def test_a_browser_that_cannot_run_the_client_shows_a_sentence(site: Site, device: Callable[..., Device]) -> None:
    phone = device()
    page = phone.context.new_page()
    page.route("**/assets/*.js", lambda route: route.fulfill(body="a ??!! b", content_type="text/javascript"))
    page.goto(site.url)
    expect(page.get_by_text("Your browser is too old")).to_be_visible()


def test_a_file_that_is_gone_after_an_upgrade_reloads_the_page_once(
    device: Callable[..., Device], alice: Person
) -> None:
    phone = device(alice)
    phone.allow("status of 404")
    phone.allow("Failed to fetch dynamically imported module")
    page = phone.open("/")
    page.route("**/HabitsScreen-*.js", lambda route: route.fulfill(status=404))
    loads = []
    page.on("load", lambda _: loads.append(page.url))
    page.get_by_role("link", name="Habits").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    assert len(loads) == 1
    page.unroute("**/HabitsScreen-*.js")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Habits", exact=True)).to_be_visible()

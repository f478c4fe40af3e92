"""Statistics in the web client: of a range, over all and of a habit, on paper."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.site import Person, Site
from tests.browser.tabs import DESKTOP, Device, axe

pytestmark = pytest.mark.processes


@pytest.fixture
def today(alice: Person) -> date:
    return date.fromisoformat(alice.api("GET", "summary/")["last"])


def log(person: Person, habit: Any, day: date) -> None:
    body = {"status": "completed", "completed_at": f"{day}T00:10:00Z"}
    person.api("PUT", f"tracks/{habit['track']}/logs/{day}/", body)


def test_without_habits_statistics_say_what_to_do(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/statistics")
    expect(page.get_by_role("link", name="Make a habit")).to_be_visible()
    assert axe(page) == []


def test_a_range_is_chosen_and_compared_with_the_one_before(
    device: Callable[..., Device], alice: Person, today: date
) -> None:
    habit = alice.habit("Push-ups")
    for ago in (1, 2, 3, 8, 9, 40):
        log(alice, habit, today - timedelta(days=ago))
    page = device(alice).open("/statistics")
    completed = page.get_by_role("term").filter(has_text="Completed days").locator("xpath=..")
    expect(completed).to_contain_text("5")
    expect(completed).to_contain_text("+4; before: 1")
    assert axe(page) == []
    page.get_by_role("button", name="Week", exact=True).click()
    expect(completed).to_contain_text("3")
    expect(completed).to_contain_text("+1; before: 2")
    page.get_by_role("button", name="Quarter").click()
    expect(completed).to_contain_text("+6; before: 0")
    page.get_by_role("button", name="Dates").click()
    first, last = page.get_by_label("First day"), page.get_by_label("Last day")
    last.fill((today - timedelta(days=95)).isoformat())
    expect(page.get_by_text("The last day cannot be before the first.")).to_be_visible()
    assert axe(page) == []
    last.fill((today - timedelta(days=2)).isoformat())
    first.fill((today - timedelta(days=3)).isoformat())
    expect(completed).to_contain_text("+2; before: 0")
    page.reload()
    expect(completed).to_contain_text("+2; before: 0")
    first.fill((today - timedelta(days=70)).isoformat())
    last.fill((today - timedelta(days=60)).isoformat())
    expect(page.get_by_text("Nothing was completed in these days.")).to_be_visible()
    assert axe(page) == []


def test_each_chart_is_also_a_table(device: Callable[..., Device], alice: Person, today: date) -> None:
    habit = alice.habit("Push-ups")
    for ago in (0, 7, 14):
        log(alice, habit, today - timedelta(days=ago))
    page = device(alice, viewport=DESKTOP, scheme="dark").open("/statistics?range=quarter")
    for title in ("By week", "By month", "By weekday", "By hour"):
        expect(page.get_by_role("img", name=f"{title}. ").locator("svg.recharts-surface")).to_be_visible()
        page.get_by_role("button", name=f"As a table: {title}", exact=True).click()
    weekdays = page.get_by_role("table", name="By weekday: All habits")
    expect(weekdays.get_by_role("row", name=f"{today:%A} 3")).to_be_visible()
    expect(page.get_by_role("table", name="By hour: All habits").get_by_role("row", name="00:00 3")).to_be_visible()
    assert axe(page) == []


def test_a_habit_has_its_own_statistics_day_by_day(device: Callable[..., Device], site: Site) -> None:
    vera = site.person("vera", language="ru")
    today = date.fromisoformat(vera.api("GET", "summary/")["last"])
    one, two = vera.habit("Push-ups"), vera.habit("Read")
    for ago in (1, 2, 3):
        log(vera, one, today - timedelta(days=ago))
    log(vera, two, today - timedelta(days=5))
    page = device(vera, locale="ru-RU").open("/statistics?range=week")
    page.get_by_role("button", name="Показать: Push-ups").click()
    expect(page.get_by_role("heading", name="Push-ups")).to_be_visible()
    expect(page.get_by_text("Соблюдено: 3, нарушено: 0, не в счёт: 0, идёт: 1").first).to_be_visible()
    page.get_by_role("button", name="Таблица: день за днём").click()
    expect(page.get_by_role("cell", name="Сделано")).to_have_count(3)
    assert axe(page) == []
    page.get_by_label("Какой привычки").select_option(label="Read")
    expect(page.get_by_role("heading", name="Read")).to_be_visible()


def test_on_paper_there_are_tables_and_nothing_to_press(
    device: Callable[..., Device], alice: Person, today: date
) -> None:
    log(alice, alice.habit("Push-ups"), today)
    page = device(alice).open("/statistics")
    table = page.get_by_role("table", name="By weekday: All habits")
    expect(page.get_by_role("button", name="Print")).to_be_visible()
    expect(table).to_be_hidden()
    page.emulate_media(media="print")
    expect(table).to_be_visible()
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_have_count(0)
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_statistics_that_cannot_be_read_offer_to_try_again(device: Callable[..., Device], alice: Person) -> None:
    browser = device(alice)
    browser.allow("status of 500")
    page = browser.open("/together/shares")
    browser.context.route("**/api/summary/**", lambda route: route.fulfill(status=500, body="{}"))
    page.get_by_role("link", name="Statistics").click()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    assert axe(page) == []
    browser.context.unroute("**/api/summary/**")
    again.click()
    expect(page.get_by_text("There is nothing to count yet.")).to_be_visible()

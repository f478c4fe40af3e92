"""What the first page costs: bytes, requests, and answers that have to be waited for."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.requests import API
from tests.browser.site import Person, Site
from tests.browser.tabs import Device
from tests.browser.traffic import DISTANT, Traffic

pytestmark = pytest.mark.processes

MAX_FIRST_BYTES = 212_000  # before the day is shown
MAX_LATER_BYTES = 20_000


def test_the_first_visit_is_small_and_the_next_shows_the_day_before_the_server_answers(
    site: Site, device: Callable[..., Device], alice: Person
) -> None:
    site.track(alice, "Habit", number=7)
    browser = device(alice)
    page = browser.context.new_page()
    traffic = Traffic(page, DISTANT)
    page.goto(site.url)
    habit = page.get_by_role("button", name="Done: Habit 006")
    habit.wait_for()
    paths = [each.path for each in traffic.exchanges]
    assert traffic.size <= MAX_FIRST_BYTES, paths
    assert len(paths) <= 20, paths
    assert traffic.round_trips <= 4, (traffic.round_trips, paths)  # page; scripts; texts and session; profile and day
    page.evaluate("() => new Promise(resolve => requestIdleCallback(resolve))")  # until the answers are kept
    page.close()

    page = browser.context.new_page()
    traffic = Traffic(page)
    page.goto(site.url)
    habit = page.get_by_role("button", name="Done: Habit 006")
    habit.wait_for()
    page.evaluate("() => new Promise(resolve => requestIdleCallback(resolve))")
    assert traffic.size <= MAX_LATER_BYTES
    assert {each.path for each in traffic.exchanges if not each.path.startswith("/api/")} == {"/"}

    page = browser.context.new_page()
    page.route(API, lambda route: None)  # no answer ever comes
    page.goto(site.url)
    expect(page.get_by_role("button", name="Done: Habit 006")).to_be_visible()

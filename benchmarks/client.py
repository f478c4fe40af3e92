"""client_…: what a person with a slow phone network waits for in the web client, in Chromium.

400 ms to and fro and 50 kB a second, as a train in the country has; seven habits, and 300 for scrolling and ticking.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from benchmarks.measures import Options
from benchmarks.world import World
from tests.browser.site import Person, Site, running
from tests.browser.tabs import Device, start_chromium
from tests.browser.traffic import SLOW, Traffic

# Resolves with the longest task, in ms, while the list moves from its top to its end.
SCROLL = """async () => {
  let longest = 0
  const observer = new PerformanceObserver((list) => {
    for (const each of list.getEntries()) longest = Math.max(longest, each.duration)
  })
  observer.observe({ type: "longtask" })
  for (let y = 0; y < document.body.scrollHeight; y += 200) {
    scrollTo(0, y)
    await new Promise(requestAnimationFrame)
  }
  await new Promise((resolve) => setTimeout(resolve, 200))
  observer.disconnect()
  return longest
}"""
# Resolves with the ms from the click to the frame in which the circle says that it is done.
FEEDBACK = """(circle) => new Promise((resolve) => {
  const start = performance.now()
  new MutationObserver(() => requestAnimationFrame(() => resolve(performance.now() - start)))
    .observe(circle, { attributes: true })
  circle.click()
})"""


def first_card(world: World, options: Options) -> Iterator[float]:
    """Yield the seconds to the first habit, of a browser that was never here."""
    with _person() as (site, person, open_device):
        site.track(person, "Habit", number=7)
        for _ in range(options.rounds):
            device = open_device(person)
            yield _shown_after(device.context.new_page(), site.url, "Done: Habit 000")
            device.close()


def first_card_again(world: World, options: Options) -> Iterator[float]:
    """Yield the seconds to the first habit from the second visit on, with the service worker."""
    with _person() as (site, person, open_device):
        site.track(person, "Habit", number=7)
        device = open_device(person, service_workers="allow")
        page = device.open("/")
        page.get_by_role("button", name="Done: Habit 000").wait_for()
        page.evaluate("navigator.serviceWorker.ready.then(() => {})")
        for _ in range(options.rounds):
            yield _shown_after(device.context.new_page(), site.url, "Done: Habit 000")


def bare_page(world: World, options: Options) -> Iterator[float]:
    """Yield the seconds to a line of text from the same server, over the same network."""
    with _person() as (site, person, open_device):
        for _ in range(options.rounds):
            device = open_device(person)
            page = device.context.new_page()
            Traffic(page, SLOW)
            start = time.perf_counter()
            page.goto(f"{site.url}/healthz/")
            yield time.perf_counter() - start
            device.close()


def tick(world: World, options: Options) -> Iterator[float]:
    """Yield the milliseconds from a click to its circle being shown as done, among 300 habits."""
    with _person() as (site, person, open_device):
        site.track(person, "Habit", number=300)
        page = open_device(person).open("/")
        page.get_by_role("button", name="Done: Habit 000").wait_for()
        Traffic(page, SLOW)
        for number in range(options.rounds):
            yield page.get_by_role("button", name=f"Done: Habit {number:03}").evaluate(FEEDBACK)


def scroll(world: World, options: Options) -> Iterator[float]:
    """Yield the longest task in milliseconds while 300 habits are scrolled through; 0 if none took 50."""
    with _person() as (site, person, open_device):
        site.track(person, "Habit", number=300)
        page = open_device(person).open("/")
        page.get_by_role("button", name="Done: Habit 000").wait_for()
        for _ in range(options.rounds):
            yield page.evaluate(SCROLL)


def _shown_after(page: Page, url: str, button: str) -> float:
    Traffic(page, SLOW)
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.get_by_role("button", name=button).wait_for()
    seconds = time.perf_counter() - start
    page.close()
    return seconds


@contextmanager
def _person() -> Iterator[tuple[Site, Person, Callable[..., Device]]]:
    """Yield a site, a person, and how to open a browser of theirs."""
    with TemporaryDirectory() as folder, running(Path(folder)) as site, sync_playwright() as playwright:
        browser = start_chromium(playwright)
        yield site, site.person(), lambda person, **options: Device(browser, site, person, **options)
        browser.close()

"""Fixtures: a site, a browser, and tabs in which no error and no violated content policy goes unnoticed."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from tests.browser.site import Person, Site, running
from tests.browser.tabs import Device, start_chromium


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(tmp_path_factory.mktemp("site")) as found:
        yield found


def _as_long_as_possible(fixture_name: str, config: pytest.Config) -> Literal["session", "module"]:
    """While Playwright runs, its event loop does, and Django would refuse every query of other tests."""
    return "session" if all("browser" in each for each in config.args) else "module"


@pytest.fixture(scope=_as_long_as_possible)
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            started = start_chromium(playwright)
        except Error as error:
            pytest.skip(f"there is no Chromium: {error.message.splitlines()[0]}")
        yield started
        started.close()


@pytest.fixture
def device(browser: Browser, site: Site) -> Iterator[Callable[..., Device]]:
    """Return a function that makes a device of a person (or of nobody). At the end none may have seen an error."""
    made: list[Device] = []

    def make_device(person: Person | None = None, **options: Any) -> Device:
        made.append(Device(browser, site, person, **options))
        return made[-1]

    yield make_device
    for each in made:
        each.close()
    assert [problem for each in made for problem in each.problems] == []


@pytest.fixture
def alice(site: Site) -> Person:
    return site.person("alice")

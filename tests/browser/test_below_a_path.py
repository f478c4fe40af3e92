"""The client below a path of SITE_URL, also one that is like a screen's."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import running
from tests.browser.tabs import Device
from tests.browser.test_day_screen import track_of

pytestmark = pytest.mark.processes


def test_it_works_below_a_path_and_its_addresses_can_be_loaded(browser: Browser, tmp_path: Path) -> None:
    with running(tmp_path, "/habits") as site:
        alice = site.person("alice")
        alice.habit("Read")
        phone = Device(browser, site, alice)
        page = phone.open("/")
        page.get_by_role("button", name="Done: Read").click()
        expect(page.get_by_text("1 day")).to_be_visible()
        page.get_by_role("link", name="Habits").click()
        page.get_by_role("link", name="Read").click()
        expect(page).to_have_url(f"{site.url}/habits/{track_of(alice, 'Read')['id']}")
        page.reload()
        expect(page.get_by_role("button", name="Previous month")).to_be_visible()
        phone.close()
        assert phone.problems == []

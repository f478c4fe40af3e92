"""The client is installed, opens without a network, and shows what is pushed to it."""

import io
import json
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.site import Person, Site
from tests.browser.tabs import Device

READY = """async () => {
    for (let tries = 0; tries < 400 && !navigator.serviceWorker.controller; tries++)
        await new Promise((resolve) => setTimeout(resolve, 50));
    return navigator.serviceWorker.controller !== null;
}"""
IS_SHOWN = """async (body) => {
    const worker = await navigator.serviceWorker.ready;
    for (let tries = 0; tries < 400; tries++) {
        if ((await worker.getNotifications()).some((each) => each.body === body)) return true;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return false;
}"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
    .map(({ title, body, tag, data }) => ({ title, body, tag, data }))"""


@pytest.fixture
def page(device: Callable[..., Device], alice: Person) -> Page:
    """A tab of a device on which the service worker runs."""
    alice.habit("Read")
    own = device(alice, service_workers="allow")
    # A lost network is said by the browser, too.
    own.allow("ERR_INTERNET_DISCONNECTED")
    page = own.open()
    expect(page.get_by_role("button", name="Done: Read")).to_be_visible()
    assert page.evaluate(READY)
    return page


def test_after_one_visit_it_opens_without_a_network(page: Page) -> None:
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("button", name="Done: Read")).to_be_visible()
    page.get_by_role("link", name="Me").click()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_it_answers_for_its_own_screens_only(page: Page, site: Site) -> None:
    page.context.set_offline(True)
    for path in ("/admin/", "/api/limits/", "/healthz/"):
        reached = page.evaluate("path => fetch(path).then(() => true, () => false)", path)
        assert not reached, path


def test_with_a_network_the_page_comes_from_it_so_that_an_upgrade_is_seen_at_once(page: Page, site: Site) -> None:
    nonce = "document.querySelector('meta[property=csp-nonce]').nonce"
    before = page.evaluate(nonce)
    page.reload()
    assert page.evaluate(nonce) != before


def test_the_manifest_can_be_installed(page: Page, site: Site) -> None:
    address = page.locator("link[rel=manifest]").get_attribute("href")
    assert address
    url = urljoin(site.url, address)
    manifest = json.loads(urllib.request.urlopen(url).read())
    for name in ("id", "start_url", "scope"):
        assert urljoin(url, manifest[name]) == f"{site.url}/"
    assert {shortcut["name"] for shortcut in manifest["shortcuts"]} == {"Today", "New habit"}
    for icon in manifest["icons"]:
        content = urllib.request.urlopen(urljoin(url, icon["src"])).read()
        if icon["type"] == "image/png":
            assert "{}x{}".format(*Image.open(io.BytesIO(content)).size) == icon["sizes"]


def push(page: Page, content: dict[str, Any]) -> None:
    """Deliver what a push service would."""
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(each["registrationId"] for each in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    for _ in range(1000):  # the events come while the page answers
        page.evaluate("1")
        if found:
            break
    origin = page.evaluate("location.origin")
    session.send(
        "ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": found[-1], "data": json.dumps(content)}
    )


def test_a_pushed_reminder_is_shown_and_a_later_one_takes_its_place(page: Page) -> None:
    page.context.grant_permissions(["notifications"])
    for body in ("At 20:00", "At 20:30"):
        done = f"{page.evaluate('location.origin')}/t/once/"
        push(
            page,
            {"title": "Read", "body": body, "tag": "t1", "actions": [{"action": "done", "title": "Done", "url": done}]},
        )
        assert page.evaluate(IS_SHOWN, body)
    [shown] = page.evaluate(SHOWN)
    assert (shown["title"], shown["body"], shown["tag"]) == ("Read", "At 20:30", "t1")
    assert shown["data"]["actions"] == {"done": done}

"""Where messages arrive: ntfy by a code, the order by the keyboard, quiet hours, and push messages in this browser."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import fake_ntfy
from tests.browser.requests import without_answers
from tests.browser.site import Person, Site, running
from tests.browser.tabs import DESKTOP, Device, axe
from tests.browser.test_installable import IS_SHOWN, READY, push
from tests.notifications.channels import fake_push
from tests.notifications.channels.conftest import code_in

pytestmark = pytest.mark.processes

# Chromium has no push service here: it gives the subscription that a test has made, and keeps it as long as the real one.
SUBSCRIBING = """(subscription) => {
    const made = () => localStorage.getItem("test.push") && {
        endpoint: subscription.endpoint,
        options: {},
        toJSON: () => subscription,
        unsubscribe: async () => { localStorage.removeItem("test.push"); return true },
    }
    PushManager.prototype.getSubscription = async () => made() || null
    PushManager.prototype.subscribe = async (options) => {
        if (localStorage.getItem("test.refuse")) throw new DOMException("no", localStorage.getItem("test.refuse"))
        localStorage.setItem("test.push", options.applicationServerKey)
        return made()
    }
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that may call servers of this machine."""
    with running(tmp_path_factory.mktemp("site"), WEBHOOK_ALLOWED_NETWORKS="127.0.0.0/8") as found:
        yield found


@pytest.fixture
def ntfy() -> Iterator[fake_ntfy.FakeServer]:
    with fake_ntfy.serving() as fake:
        yield fake


@pytest.fixture
def push_service() -> Iterator[fake_push.FakePush]:
    with fake_push.serving() as fake:
        yield fake


def send(site: Site) -> None:
    """Send what waits, as the worker does."""
    site.run("from notifications.tasks import send_all\nsend_all()")


def channel(person: Person, name: str) -> dict[str, Any]:
    return next(each for each in person.api("GET", "channels/")["channels"] if each["name"] == name)


def test_ntfy_is_connected_by_its_code_put_first_and_says_when_it_is_refused(
    site: Site, device: Callable[..., Device], alice: Person, ntfy: fake_ntfy.FakeServer
) -> None:
    phone = device(alice)
    phone.allow("status of 400")
    page = phone.open("/me/channels")
    page.get_by_role("link", name="ntfy").click()
    page.get_by_label("Topic").fill("no topic")
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_text("Enter a topic, or a web address")).to_be_visible()
    page.get_by_label("Topic").fill(f"{ntfy.url}/habits")
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_text("This is not your current password.")).to_be_visible()
    page.get_by_label("Your password").fill(alice.password)
    with without_answers(phone, "**/connect/"):
        page.get_by_role("button", name="Send the code").click()
        expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    page.reload()  # the server has heard it, so the code is asked for
    expect(page.get_by_text("The message is on its way.")).to_be_visible()
    send(site)
    expect(page.get_by_text("The message was sent at")).to_be_visible()
    page.get_by_label("Code", exact=True).fill("0000 0000")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("This is not the code that was sent.")).to_be_visible()
    code = code_in("\n".join(ntfy.texts))
    page.get_by_label("Code", exact=True).fill(f"{code[:4]} {code[4:]}")
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Connected: 127.0.0.1/habi…")).to_be_visible()
    assert axe(page) == []

    other = phone.open("/me/channels")
    page.get_by_role("link", name="Channels").click()
    handle = page.get_by_role("button", name="Move: ntfy")
    handle.press("ArrowUp")
    handle.press("ArrowDown")
    handle.press("ArrowUp")  # the handle has kept the focus
    for each in (page, other):
        first = each.get_by_role("list", name="Channels in your order").get_by_role("link").first
        expect(first).to_contain_text("ntfy")
    expect(handle).to_be_focused()
    page.get_by_label("ntfy: Weekly summary").click()
    expect(page.get_by_text("Not sent to you.")).to_be_visible()
    page.get_by_label("Keep quiet at night").click()
    page.get_by_label("From").fill("23:00")
    page.get_by_role("button", name="Save the quiet hours").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert axe(page) == []
    chosen = alice.api("GET", "channels/")
    assert chosen["order"][0] == "ntfy"
    assert "ntfy" not in chosen["kinds"]["digest"]
    assert chosen["quiet_hours"] == {"start": "23:00:00", "end": "07:00:00"}

    page.get_by_role("link", name="ntfy").click()
    ntfy.refuse(403)
    page.get_by_role("button", name="Send a test message").click()
    expect(page.get_by_text("The message is on its way.")).to_be_visible()
    send(site)
    expect(page.get_by_text("The message could not be sent: ntfy answered 403.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("The ntfy server refuses our messages.")).to_be_visible()
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Disconnected.")).to_be_visible()
    assert not channel(alice, "ntfy")["connected"]


def test_this_browser_subscribes_receives_and_ends_it_when_one_signs_out(
    site: Site, device: Callable[..., Device], alice: Person, push_service: fake_push.FakePush
) -> None:
    browser = push_service.browser("alice")
    desk = device(alice, viewport=DESKTOP, service_workers="allow", permissions=["notifications"])
    desk.context.add_init_script(f"({SUBSCRIBING})({json.dumps(browser.subscription)})")
    page = desk.open("/me/channels/webpush")
    assert page.evaluate(READY)
    page.evaluate("localStorage.setItem('test.refuse', 'AbortError')")
    page.get_by_role("button", name="Turn on in this browser").click()
    expect(page.get_by_text("The browser could not reach its push service.")).to_be_visible()
    page.evaluate("localStorage.removeItem('test.refuse')")
    page.get_by_role("button", name="Turn on in this browser").click()
    expect(page.get_by_text("This browser shows your messages")).to_be_visible()
    page.reload()
    expect(page.get_by_text("This browser shows your messages")).to_be_visible()
    page.get_by_role("button", name="Send a test message").click()
    expect(page.get_by_text("The message is on its way.")).to_be_visible()
    send(site)
    expect(page.get_by_text("The message was sent at")).to_be_visible()
    [shown] = browser.shown
    push(page, shown)
    assert page.evaluate(IS_SHOWN, shown["body"])
    assert axe(page) == []
    page.goto(f"{site.url}/me")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert alice.api("GET", "push/subscriptions/")["count"] == 0
    assert page.evaluate("localStorage.getItem('test.push')") is None


def test_a_browser_that_refuses_messages_says_what_to_do(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.context.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page: Page = phone.open("/me/channels/webpush")
    expect(page.get_by_text("Allow notifications in its settings for this site")).to_be_visible()
    expect(page.get_by_role("button", name="Turn on in this browser")).to_have_count(0)


def test_who_gives_a_habit_a_time_is_told_if_no_reminder_reaches_them(
    device: Callable[..., Device], alice: Person
) -> None:
    unreached = "No reminder reaches you yet"
    phone = device(alice)
    page = phone.open("/habits/new")
    expect(page.get_by_text("The time is when you are reminded.")).to_be_visible()
    expect(page.get_by_text(unreached)).to_be_hidden()
    page.get_by_label("at", exact=True).fill("07:30")
    expect(page.get_by_text(unreached)).to_be_visible()
    assert axe(page) == []
    page = phone.open("/me/reminders")
    expect(page.get_by_text(unreached)).to_be_visible()
    alice.api("PATCH", "users/me/", {"reminders_by_email": True})
    page.reload()
    expect(page.get_by_role("heading", name="Add a reminder")).to_be_visible()
    expect(page.get_by_text(unreached)).to_be_hidden()

"""What other programs are let do: keys, services, webhooks, devices and rules, action links, the calendar."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.site import Person, Site, send
from tests.browser.tabs import DESKTOP, Device, axe

pytestmark = pytest.mark.processes


def test_a_key_is_made_used_replaced_and_revoked(site: Site, device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("status of 400")
    page = phone.open("/me/keys/new")
    page.get_by_label("Name").fill("Home Assistant")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("Choose at least one thing that it may do.")).to_be_visible()
    page.get_by_label("read habits, tags").check()
    page.get_by_label("It works").select_option(label="for 30 days")
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("This is not your current password.")).to_be_visible()
    page.get_by_label("Your password").fill(alice.password)
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_text("It is shown this once. Copy it now.")).to_be_visible()
    assert axe(page) == []
    key = page.locator("pre").first.inner_text()
    assert send(site.url, "GET", "habits/", access=key)["count"] == 0
    page.get_by_role("link", name="I have copied it").click()
    expect(page.get_by_text("Last used")).to_be_visible()
    expect(page.get_by_text(key)).to_have_count(0)
    page.get_by_role("button", name="Replace: Home Assistant").click()
    page.get_by_label("The old key works").select_option(label="no longer")
    page.get_by_label("Your password").fill(alice.password)
    page.get_by_role("button", name="Make the new key").click()
    expect(page.get_by_text("The new key for Home Assistant")).to_be_visible()
    with pytest.raises(AssertionError, match="401"):
        send(site.url, "GET", "habits/", access=key)
    page.reload()
    page.get_by_role("button", name="Revoke: Home Assistant").first.click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_text("No keys yet.")).to_be_visible()


def test_what_has_access_is_listed_with_where_it_ends(device: Callable[..., Device], alice: Person) -> None:
    alice.api("POST", "keys/", {"name": "Old phone", "scopes": ["logs:read"], "password": alice.password})
    page = device(alice).open("/me/security")
    page.get_by_role("link", name="See and end: Key Old phone").click()
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()


def test_a_webhook_is_made_and_tested(site: Site, device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    phone.allow("status of 400")
    page = phone.open("/me/webhooks/new")
    page.get_by_label("Name").fill("Home server")
    page.get_by_label("Address").fill("http://home.example.org/hook")
    page.get_by_label("a streak ends").check()
    page.get_by_role("button", name="Make the webhook").click()
    expect(page.get_by_text("Enter an address that begins with https://.")).to_be_visible()
    page.get_by_label("Address").fill("https://home.example.org/hook")
    page.get_by_role("button", name="Make the webhook").click()
    expect(page.locator("pre").first).to_contain_text("whsec_")
    page.get_by_role("link", name="Test it").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("A test is on its way.")).to_be_visible()
    (made,) = alice.api("GET", "webhooks/")["results"]
    assert made["events"] == ["log.set", "log.cleared", "streak.lost"]
    site.run(
        "from django.utils import timezone\nfrom integrations.models import WebhookAttempt, WebhookDelivery\n"
        "for each in WebhookDelivery.objects.filter(endpoint_id=hook):\n"
        "    WebhookAttempt.objects.create(delivery=each, endpoint_id=hook, at=timezone.now(), status=500, answer='oops', milliseconds=12)",
        hook=made["id"],
    )
    page.get_by_role("button", name="Look again").click()
    expect(page.get_by_text("webhook.test")).to_be_visible()
    expect(page.get_by_text("oops")).to_be_visible()


def test_a_webhook_that_is_off_says_why_and_is_turned_on(
    site: Site, device: Callable[..., Device], alice: Person
) -> None:
    hook = a_webhook(alice)
    site.run(
        "from django.utils import timezone\nfrom integrations.models import WebhookEndpoint\n"
        "WebhookEndpoint.objects.filter(pk=hook).update(off_at=timezone.now(), off_reason='gone')",
        hook=hook,
    )
    page = device(alice, viewport=DESKTOP).open(f"/me/webhooks/{hook}")
    expect(page.get_by_text("the program answered that it is gone (410)")).to_be_visible()
    page.get_by_role("button", name="Turn on, and send what it missed").click()
    expect(page.get_by_role("button", name="Send a test")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No webhooks yet.")).to_be_visible()


def a_webhook(person: Person) -> Any:
    body = {"name": "Home", "url": "https://home.example.org/hook", "events": ["log.set"]}
    return person.api("POST", "webhooks/", body)["webhook"]["id"]


def test_an_action_link_is_made_and_ticks(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Water", daily_amount="2", unit="l")
    page = device(alice).open("/me/action-links")
    page.get_by_label("The link").select_option("add")
    page.get_by_label("Amount").fill("0,5")
    page.get_by_label("Name").fill("Bottle")
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("Water: adds 0.5 to today")).to_be_visible()
    address = page.locator("pre").first.inner_text()
    page.get_by_label("Opening it acts at once: Bottle").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.context.request.get(address)
    assert alice.api("GET", "today/")[0]["amount"] == "0.50"
    page.get_by_role("button", name="Delete: Bottle").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No links yet.")).to_be_visible()


def test_a_rule_is_made_from_what_was_seen(device: Callable[..., Device], alice: Person) -> None:
    alice.habit("Walk", daily_amount="5", unit="km")
    event = {"type": "distance", "value": 6000, "unit": "m", "start": alice.api("GET", "today/")[0]["day"]}
    alice.api("POST", "events/", {"source": "watch", "events": [{**event, "mode": "total"}]})
    page = device(alice).open("/me/devices")
    expect(page.get_by_text("Last: 6,000 m")).to_be_visible()
    page.get_by_role("button", name="Make a rule: distance from watch").click()
    page.get_by_label("Multiplied by").fill("0,001")
    assert axe(page) == []
    page.get_by_role("button", name="Make the rule", exact=True).click()
    expect(page.get_by_text("the sum of the values, times 0.001")).to_be_visible()
    assert alice.api("GET", "today/")[0]["amount"] == "6.00"
    page.get_by_role("button", name="Events: distance from watch").click()
    expect(page.get_by_text("6,000 m (in all)")).to_be_visible()
    page.get_by_role("button", name="Apply again: distance from watch → Walk").click()
    expect(page.get_by_text("Applied again to")).to_be_visible()
    page.get_by_role("button", name="Delete the rule: distance from watch → Walk").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("No rules yet.")).to_be_visible()


def test_the_calendar_has_an_address_until_it_is_turned_off(device: Callable[..., Device], alice: Person) -> None:
    page = device(alice).open("/me/calendar")
    page.get_by_label("The calendar rings").select_option(label="10 minutes before")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("pre").first).to_contain_text(".ics")
    first = page.locator("pre").first.inner_text()
    page.get_by_role("button", name="New address").click()
    page.get_by_role("dialog").get_by_role("button", name="New address").click()
    expect(page.get_by_text("The address is a new one.")).to_be_visible()
    expect(page.get_by_text(first)).to_have_count(0)
    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("button", name="Turn on")).to_be_visible()


def test_a_service_is_allowed_and_unlinked(site: Site, device: Callable[..., Device], alice: Person) -> None:
    site.run(
        "from django.utils import timezone\nfrom integrations.grants import services\n"
        "from tests import make\n"
        "from users.scopes import Scope\n"
        "partner = make.partner('Employer ' + email)\n"
        "services.ask(partner=partner, email=email, scopes=[Scope.HABITS_READ], now=timezone.now())",
        email=alice.email,
    )
    page = device(alice).open("/me/services")
    expect(page.get_by_text("It wants to: read habits, tags, pauses, goals and reminders.")).to_be_visible()
    page.get_by_label("Your password").fill(alice.password)
    page.get_by_role("button", name="Allow Employer").click()
    page.get_by_role("button", name="Unlink: Employer").click()
    page.get_by_role("button", name="Unlink", exact=True).click()
    expect(page.get_by_text("No service is linked.")).to_be_visible()

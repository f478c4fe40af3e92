"""Passkeys in a real browser, whose authenticator is Chromium's virtual one."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.browser.site import Person
from tests.browser.tabs import Device, axe

pytestmark = pytest.mark.processes

PHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Authenticator:
    """The virtual authenticator of a tab, which says yes by itself while its person is `verified`."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        self._id = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": PHONE})["authenticatorId"]

    def verify(self, verified: bool) -> None:
        """Let the person be recognised or not."""
        self._session.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": verified})

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """The passkeys that it keeps."""
        kept = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})["credentials"]
        return list(kept)


def add(page: Page) -> None:
    """Add a passkey, with the password."""
    page.get_by_role("button", name="Add a passkey").click()
    assert axe(page) == []
    page.get_by_role("textbox", name="Name of the passkey").fill("My phone")
    page.get_by_role("textbox", name="Your password, to add a passkey").fill(make.PASSWORD)
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Added: My phone.")).to_be_visible()


def test_a_passkey_is_added_signs_in_and_is_removed(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    page = phone.open("/me/security")
    authenticator = Authenticator(page)
    add(page)
    expect(page.get_by_text("Never used.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Name of the passkey")).to_have_count(0)
    assert axe(page) == []
    [kept] = authenticator.credentials
    assert (kept["rpId"], kept["isResidentCredential"]) == ("localhost", True)

    page.get_by_role("button", name="Rename the passkey: My phone").click()
    page.get_by_role("textbox", name="Name: My phone").fill("My old phone")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("button", name="Remove the passkey: My old phone")).to_be_visible()

    page.goto(f"{alice.site.url}/me")
    page.get_by_role("button", name="Sign out").click()
    by_passkey = page.get_by_role("button", name="Sign in with a passkey")
    expect(by_passkey).to_be_visible()
    assert axe(page) == []
    authenticator.verify(False)
    by_passkey.click()
    expect(page.get_by_text("No passkey was used.")).to_be_visible()
    assert axe(page) == []
    authenticator.verify(True)
    by_passkey.click()
    expect(page.get_by_role("heading", name="Me", exact=True)).to_be_visible()

    page.goto(f"{alice.site.url}/me/security")
    expect(page.get_by_text("Last used")).to_be_visible()
    page.get_by_role("button", name="Remove the passkey: My old phone").click()
    page.get_by_role("textbox", name="Your password: Remove: My old phone").fill(make.PASSWORD)
    assert axe(page) == []
    page.get_by_role("button", name="Remove this passkey").click()
    expect(page.get_by_text("Removed: My old phone.")).to_be_visible()
    expect(page.get_by_role("button", name="Remove the passkey")).to_have_count(0)

    page.goto(f"{alice.site.url}/me")
    page.get_by_role("button", name="Sign out").click()
    phone.allow("status of 401")
    by_passkey.click()
    expect(page.get_by_text("This passkey signs nobody in here.")).to_be_visible()


def test_who_has_no_password_confirms_by_a_passkey(device: Callable[..., Device], alice: Person) -> None:
    phone = device(alice)
    page = phone.open("/me/security")
    Authenticator(page)
    add(page)
    alice.site.run(
        "from users.models import User\nUser.objects.filter(username=username).update(password='!')",
        username=alice.username,
    )
    page.evaluate("localStorage.clear()")
    phone.allow("status of 401")
    page.goto(f"{alice.site.url}/me/security")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("You have signed in just now.").first).to_be_visible()
    page.reload()
    phone.allow("status of 400")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("button", name="Confirm with a passkey: Your password, to add a passkey").click()
    expect(page.get_by_text("You have signed in just now.").first).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Remove the passkey: My phone").click()
    page.get_by_role("button", name="Remove this passkey").click()
    expect(page.get_by_text("This is your only way to sign in.")).to_be_visible()

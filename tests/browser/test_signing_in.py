"""Signing in by other services: a provider, a proxy, Telegram. The site of this module has all of them."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from tests import make
from tests.browser.site import Person, Site, running, send
from tests.browser.tabs import Device, axe
from tests.users.providers import issuer as fake
from tests.users.providers.issuer import Issuer
from users.mini_app import rules

pytestmark = pytest.mark.processes

BOT = "123456:of-the-bot"  # pragma: allowlist secret
CHAT = 5550001
DARK = {
    "bg_color": "#17212b",
    "text_color": "#f5f5f5",
    "section_bg_color": "#1f2c38",
    "button_color": "#3390ec",
    "button_text_color": "#ffffff",
}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with fake.running() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Site]:
    provider = {
        "name": "home",
        "title": "Home",
        "issuer": issuer.url,
        "client_id": fake.CLIENT_ID,
        "client_secret": fake.CLIENT_SECRET,
        "newcomers": "approved",
    }
    with running(
        tmp_path_factory.mktemp("signing-in"),
        OIDC_PROVIDERS=json.dumps([provider]),
        TELEGRAM_BOT_TOKEN=BOT,
        REGISTRATION="invitation",
    ) as found:
        yield found


def test_a_newcomer_of_a_provider_lives_without_a_password_until_they_want_one(
    device: Callable[..., Device], site: Site, issuer: Issuer
) -> None:
    issuer.person = {"sub": "u-9", "email": "dora@example.org", "email_verified": True}
    phone = device()
    page = phone.open("/habits")
    expect(page.get_by_text("You need an invitation.")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name="Sign in with Home").click()
    expect(page.get_by_role("alert")).to_contain_text("have to let you in first")
    assert axe(page) == []

    site.run(
        "from common import clock\nfrom users.models import User\nfrom users.providers import services\n"
        "dora = User.objects.get(email='dora@example.org')\n"
        "services.approve(user=dora, by=dora, now=clock.now())"
    )
    page.get_by_role("link", name="Sign in with Home").click()
    expect(page.get_by_role("heading", name="Habits", exact=True)).to_be_visible()  # where they were
    page.wait_for_url("**/habits")

    page.goto(f"{site.url}/me/security")
    page.get_by_role("button", name="Remove: Home").click()
    # The page has been loaded again: a fresh sign-in is needed.
    page.get_by_role("link", name="Sign in with Home: Your password: Remove: Home").click()
    page.wait_for_url("**/me/security")
    page.get_by_role("button", name="Remove: Home").click()
    expect(page.get_by_text("You have signed in just now.").first).to_be_visible()
    assert axe(page) == []
    phone.allow("status of 400")
    page.get_by_role("button", name="Remove this way to sign in").click()
    expect(page.get_by_text("This is your only way to sign in.")).to_be_visible()
    page.get_by_role("textbox", name="New password").fill(make.PASSWORD)
    page.get_by_role("button", name="Choose this password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()

    page.goto(f"{site.url}/me/security")
    page.get_by_role("button", name="Remove: Home").click()
    page.get_by_role("textbox", name="Your password: Remove: Home").fill(make.PASSWORD)
    assert axe(page) == []
    page.get_by_role("button", name="Remove this way to sign in").click()
    expect(page.get_by_text("Removed: Home.")).to_be_visible()
    page.get_by_label("Your password, to connect it").fill(make.PASSWORD)
    page.get_by_role("button", name="Connect Home").click()
    expect(page.get_by_text("Connected: Home.")).to_be_visible()
    expect(page.get_by_role("button", name="Remove: Home")).to_be_visible()


def test_where_a_proxy_signs_people_in_there_is_no_form_and_no_way_out(
    device: Callable[..., Device], alice: Person
) -> None:
    phone = device()
    is_known = False

    def limits(route: Route) -> None:
        found = route.fetch().json()
        found["account"]["signed_in_by_proxy"] = True
        route.fulfill(json=found)

    def header(route: Route) -> None:
        if is_known:
            pair = send(alice.site.url, "POST", "token/", {"email": alice.email, "password": alice.password})
            route.fulfill(json={**pair, "proof": "7-proof"})
        else:
            route.fulfill(status=400, json={"errors": [{"code": "no_trusted_header", "attr": None, "detail": ""}]})

    phone.context.route("**/api/limits/", limits)
    phone.context.route("**/api/token/header/", header)
    phone.allow("status of 400")
    page = phone.open("/me")
    expect(page.get_by_text("Open this page through it.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Password")).to_have_count(0)
    assert axe(page) == []
    is_known = True
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Me", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    page.evaluate("localStorage.removeItem('habits.refresh')")
    page.reload()
    expect(page.get_by_role("heading", name="Me", exact=True)).to_be_visible()  # by itself


def init_data(age: timedelta = timedelta(0), bot: str = BOT) -> str:
    user = json.dumps({"id": CHAT, "first_name": "Alice", "language_code": "en"})
    fields = {"auth_date": str(int((timezone.now() - age).timestamp())), "query_id": "AAH", "user": user}
    signed = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    return urlencode({**fields, "hash": rules.sign(signed, bot_token=bot)})


def launch(data: str) -> str:
    """Return the path that Telegram opens."""
    theme = quote(json.dumps(DARK))
    return f"/tg/#tgWebAppData={quote(data)}&tgWebAppVersion=8.0&tgWebAppPlatform=android&tgWebAppThemeParams={theme}"


def in_telegram(phone: Device) -> None:
    """Let pages find Telegram around them; what they tell it is in `told`."""
    phone.context.add_init_script(
        "window.told = []; window.TelegramWebviewProxy = "
        "{postEvent: (name, data) => window.told.push(name + ' ' + (data ?? ''))}"
    )


def told(page: Page, text: str) -> None:
    page.wait_for_function("text => window.told.some(each => each.includes(text))", arg=text)


def test_the_mini_app_signs_in_wears_telegrams_colours_and_uses_its_buttons(
    device: Callable[..., Device], alice: Person
) -> None:
    alice.habit("Read")
    alice.site.run(
        "from common import clock\nfrom notifications.bot import connecting\nfrom users.models import User\n"
        "user = User.objects.get(username=username)\n"
        "token = connecting.make_chat_token(user=user, password=password)\n"
        "connecting.connect_by_token(token=token, chat_id=chat, now=clock.now())",
        username=alice.username,
        password=alice.password,
        chat=CHAT,
    )
    phone = device()
    in_telegram(phone)
    page = phone.open(launch(init_data()))
    page.get_by_role("button", name="Done: Read").click()
    told(page, "web_app_trigger_haptic_feedback")
    told(page, "web_app_ready")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 33, 43)"
    assert axe(page) == []
    page.get_by_role("link", name="Habits").click()
    page.wait_for_url("**/tg/habits")
    told(page, '{"is_visible":true}')
    page.evaluate("Telegram.WebView.receiveEvent('back_button_pressed')")
    expect(page.get_by_role("button", name="Done: Read", pressed=True)).to_be_visible()
    page.reload()  # with the session that is there
    expect(page.get_by_role("button", name="Done: Read", pressed=True)).to_be_visible()
    sessions = alice.api("GET", "users/me/sessions/")["count"]
    assert sessions == 2  # this one, and that of alice.api

    for data, said in (
        (init_data(timedelta(minutes=6)), "opened too long ago"),
        (init_data(bot="654321:of-another-bot"), "opened too long ago"),
        (init_data().replace(str(CHAT), "5550002"), "opened too long ago"),
    ):
        other = device()
        in_telegram(other)
        other.allow("status of 400")
        page = other.open(launch(data))
        expect(page.get_by_text(said)).to_be_visible()
        expect(page.get_by_role("textbox", name="Password")).to_be_visible()
    assert axe(page) == []


def test_outside_of_telegram_the_mini_app_is_the_client(device: Callable[..., Device], alice: Person) -> None:
    page: Any = device(alice).open("/tg/")
    page.wait_for_url(alice.site.url + "/")
    expect(page.get_by_role("heading", name="Today")).to_be_visible()

"""Each screen of settings and of the form of a habit: accessible, as wide as its window, with controls to tell apart.

Each run visits each screen once, in one combination of language, window and colours after the other; `FULL=1` all of them.
"""

import os
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Person, Site
from tests.browser.tabs import DESKTOP, PHONE, Device, axe

pytestmark = pytest.mark.processes

SCREENS = (
    "/habits/new",
    "/habits/new?template=water",
    "/habits/new?kind=pleasant",
    "/habits/templates",
    "/habits/{track}/edit",
    "/me",
    "/me/profile",
    "/me/appearance",
    "/me/reminders",
    "/me/channels",
    "/me/channels/ntfy",
    "/me/channels/apprise",
    "/me/channels/webpush",
    "/me/telegram",
    "/me/notifications",
    "/me/messages",
    "/me/pauses",
    "/me/security",
    "/me/sessions",
    "/me/keys",
    "/me/keys/new",
    "/me/services",
    "/me/webhooks",
    "/me/webhooks/new",
    "/me/webhooks/{hook}",
    "/me/devices",
    "/me/action-links",
    "/me/calendar",
    "/me/data",
    "/me/data/imports/{file}",
    "/me/delete",
)
COMBINATIONS = list(product(("en", "ru"), (PHONE, DESKTOP), ("light", "dark")))

SAME_NAMES = """() => {
  const names = [...document.querySelectorAll("button, a[href], input, select, textarea")]
    .filter((each) => each.offsetParent)
    .map((each) => each.getAttribute("aria-label") ?? (each.labels?.[0] ?? each).textContent.trim())
  return names.filter((name, index) => names.indexOf(name) !== index)
}"""
SMALL = """() => [...document.querySelectorAll("main button, main a[href], main input, main select, main textarea")]
  .filter((each) => each.offsetParent && !each.closest("p"))
  .map((each) => [each, (["checkbox", "radio"].includes(each.type) ? each.labels[0] : each.closest(".mantine-Input-wrapper") ?? each)])
  .filter(([_, target]) => target.offsetHeight && target.offsetHeight < 44)
  .map(([each]) => each.outerHTML.slice(0, 200))"""


def a_full_account(person: Person) -> dict[str, Any]:
    """Give the person one of everything, and return the ids that addresses have."""
    track = person.habit("Push-ups", time="07:30")["track"]
    person.habit("Coffee", goal_type="at_most", frequency="weekly", limit_per_period="3", unit="cups")
    person.api("POST", "keys/", {"name": "Home", "scopes": ["logs:read", "events:write"], "password": person.password})
    hook = {"name": "Home", "url": "https://home.example.org/hook", "events": ["log.set"]}
    made = person.api("POST", "webhooks/", hook)["webhook"]
    person.api("POST", "action-links/", {"track": track, "action": "done", "name": "Bottle"})
    day = person.api("GET", "today/")[0]["day"]
    person.api("POST", "pauses/", {"track": track, "first_day": day})
    person.api("POST", "reminders/", {"track": track, "local_time": "20:00"})
    person.api("PUT", "calendar/", {"alarm_minutes": 10})
    event = {"type": "steps", "value": 8431, "start": day, "mode": "total"}
    person.api("POST", "events/", {"source": "watch", "events": [event]})
    kind = person.api("GET", "events/types/")["results"][0]["id"]
    person.api("POST", "events/rules/", {"event_type": kind, "track": track})
    return {"track": track, "hook": made["id"], "file": a_file_that_asks(person)}


def a_file_that_asks(person: Person) -> int:
    """Send a file whose preview has a question, something left out and columns to choose; return the id of its import."""
    return int(
        person.site.run(
            "import io\nfrom common import clock\nfrom integrations.tasks import run_transfers\n"
            "from integrations.transfer import services\n"
            "from users.models import User\nuser = User.objects.get(username=username)\n"
            "table = io.BytesIO(b'date,habit,value\\n3/4/2025,Read,x\\n4/4/2025,Read,maybe\\n')\n"
            "answer = services.upload(user=user, name='mine.csv', file=table, now=clock.now()).pk\n"
            "run_transfers()",
            username=person.username,
        )
    )


def problems_of(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    found = axe(page) + (["wider than the window"] if wide else [])
    found += [f"a second “{name}”" for name in page.evaluate(SAME_NAMES)]
    return found + [f"less than 44 px: {html}" for html in page.evaluate(SMALL)]


def test_each_screen(site: Site, device: Callable[..., Device]) -> None:
    people = {language: site.person("alice", language=language) for language in ("en", "ru")}
    ids = {language: a_full_account(person) for language, person in people.items()}
    devices = {
        (language, viewport["width"], scheme): device(
            people[language], viewport=viewport, scheme=scheme, locale={"en": "en-GB", "ru": "ru-RU"}[language]
        )
        for language, viewport, scheme in COMBINATIONS
    }
    found: list[str] = []
    for index, path in enumerate(SCREENS):
        for language, viewport, scheme in COMBINATIONS if os.environ.get("FULL") else [COMBINATIONS[index % 8]]:
            page = devices[language, viewport["width"], scheme].open(path.format(**ids[language]))
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            page.wait_for_load_state("networkidle")
            combination = f"{path} {language} {viewport['width']} {scheme}"
            found += [f"{combination}: {problem}" for problem in problems_of(page)]
            page.close()
    assert "\n".join(found) == ""

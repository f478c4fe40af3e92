"""In the language with the longer words and the narrowest window, no word of a screen is broken, cut or beyond it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.site import Site
from tests.browser.tabs import CUT, PHONE, Device

pytestmark = pytest.mark.processes

SCREENS = (
    "/",
    "/habits",
    "/habits/new",
    "/habits/templates",
    "/habits/{track}",
    "/habits/{long}",
    "/habits/{track}/edit",
    "/statistics",
    "/together",
    "/together/groups",
    "/together/groups/{group}",
    "/together/groups/{group}/edit",
    "/together/challenges/new",
    "/together/leaderboards",
    "/together/discover",
    "/together/achievements",
    "/together/shares",
    "/me",
    "/me/security",
)


def test_no_word_is_broken_or_cut(site: Site, device: Callable[..., Device]) -> None:
    alice = site.person("alice", language="ru")
    ids = {
        "track": alice.habit("Кофе", goal_type="at_most", frequency="weekly", limit_per_period="3", unit="чашек")[
            "track"
        ],
        "long": alice.habit("Ш" * 60)["track"],
        "group": alice.api("POST", "groups/", {"name": "Вместе"})["id"],
    }
    phone = device(alice, viewport=PHONE, locale="ru-RU")
    found: list[str] = []
    for path in SCREENS:
        page = phone.open(path.format(**ids))
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        page.wait_for_load_state("networkidle")
        found += [f"{path}: {problem}" for problem in page.evaluate(CUT)]
        page.close()
    assert not found, "\n".join(found)

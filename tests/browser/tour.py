"""The pictures of docs/tour.md, of the demo account in a real browser (`python -m tests.tour`)."""

from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests import make
from tests.browser.site import Person, Site, running
from tests.browser.tabs import Device, start_chromium

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images" / "tour"
WINDOWS = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
COLOURS = 128  # of the palette: a third of the bytes, and no difference that one sees

# Run on the site: the demo account with what its habits alone do not show. `answer`: ids that addresses have.
PREPARE = """
from config.management.commands.demo import DEMO, make_demo
from tracking.models import HabitTrack
from users.models import User
make_demo(password)
user = User.objects.get(email=DEMO)
answer = {track.habit.name: track.pk for track in HabitTrack.objects.filter(user=user)}
"""
LOOKS = {
    "Drink water": ("💧", "blue"),
    "Push-ups": ("💪", "red"),
    "Read": ("📖", "violet"),
    "Run": ("🏃", "orange"),
    "Water the plants": ("🪴", "green"),
    "Coffee": ("☕", "yellow"),
}


@dataclass(frozen=True)
class Stop:
    """A picture: its file's name, the screen's address with ids in braces, and a text to wait for."""

    name: str
    path: str
    shows: str
    scheme: str = "light"


STOPS = (
    Stop("today", "/", "Push-ups"),
    Stop("today-dark", "/", "Push-ups", scheme="dark"),
    Stop("habit", "/habits/{Read}", "Read"),
    Stop("new-habit", "/habits/new", "How often"),
    Stop("templates", "/habits/templates", "glass of water"),
    Stop("statistics", "/statistics", "Push-ups"),
    Stop("challenge", "/together/challenges/{challenge}", "A month of walks"),
    Stop("group", "/together/groups/{group}", "Early birds"),
    Stop("rankings", "/together/leaderboards", "demo (you)"),
    Stop("achievements", "/together/achievements", "7 days in a row"),
    Stop("me", "/me", "Reminders"),
    Stop("data", "/me/data", "Export"),
)


def take() -> list[str]:
    """Write the pictures; return what went wrong in the browser meanwhile."""
    problems: list[str] = []
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder, running(Path(folder)) as site, sync_playwright() as playwright:
        person, ids = prepare(site)
        browser = start_chromium(playwright)
        for window, viewport in WINDOWS.items():
            for scheme in ("light", "dark"):
                device = Device(browser, site, person, viewport=viewport, scheme=scheme)
                for stop in STOPS:
                    if stop.scheme == scheme:
                        page = device.open(stop.path.format(**ids))
                        page.get_by_text(stop.shows).locator("visible=true").first.wait_for()
                        save(page, FOLDER / f"{stop.name}-{window}.png")
                        page.close()
                problems += device.problems
                device.close()
        browser.close()
    return problems


def prepare(site: Site) -> tuple[Person, dict[str, Any]]:
    """Make the demo account, with colours, a group and a challenge of several; return it and the ids in addresses."""
    ids = site.run(PREPARE, password=make.PASSWORD)
    demo = Person(site, "demo", "demo@example.org", make.PASSWORD)
    demo.sign_in()
    for name, (icon, colour) in LOOKS.items():
        demo.api("PATCH", f"tracks/{ids[name]}/", {"icon": icon, "colour": colour})
    day = demo.api("GET", "summary/")["last"]
    demo.api("PUT", f"tracks/{ids['Push-ups']}/logs/{day}/", {"status": "completed"})
    demo.api("PUT", f"tracks/{ids['Drink water']}/logs/{day}/", {"amount": "6"})
    in_a_month = date.fromisoformat(day) + timedelta(days=29)
    group = demo.api("POST", "groups/", {"name": "Early birds"})
    walk = demo.habit("Walk")
    for habit in (walk["id"], demo.habit("Morning pages")["id"]):
        demo.api("POST", f"groups/{group['id']}/habits/", {"habit": habit})
    challenge = demo.api(
        "POST",
        "challenges/",
        {"name": "A month of walks", "habit": walk["id"], "first_day": day, "last_day": f"{in_a_month}"},
    )
    for name in ("early-bird-2", "fresh-air", "slow-but-sure"):
        friend = site.person(name)
        friend.api("POST", "groups/by-code/", {"code": group["code"]})
        friend.api("POST", "challenges/by-code/", {"code": challenge["code"]})
    return demo, ids | {"group": group["id"], "challenge": challenge["id"]}


def save(page: Page, file: Path) -> None:
    """Save what the window shows, once nothing is being loaded, as a PNG of few colours."""
    page.wait_for_load_state("networkidle")
    image = Image.open(BytesIO(page.screenshot(animations="disabled")))
    image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)

"""A device: a browser's storage with its tabs, which record every error."""

import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, expect

from tests.browser.site import Person, Site

AXE = Path(__file__).resolve().parents[2] / "client" / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
# The browser says so of each refusal by the API; whether it is expected is for the test to say.
REFUSED = "Failed to load resource: the server responded with a status of"

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# Words that go on in another line, which no sensible width asks of twenty letters, and texts that end where
# their box does without a mark.
CUT = """() => {
  const found = new Set(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const node = walker.currentNode, box = node.parentElement
    if (!node.data.trim() || box.closest("svg, script, style, .visually-hidden") || !box.checkVisibility()) continue
    const { width, height } = box.getBoundingClientRect()
    if (width <= 1 || height <= 1) continue  // for screen readers only
    for (const part of node.data.matchAll(/\\S+/g)) {
      const word = part[0].replace(/^\\P{L}+|\\P{L}+$/gu, "")
      if (!/^\\p{L}{2,20}$/u.test(word)) continue  // an address, a key, a number
      const start = part.index + part[0].indexOf(word), range = document.createRange()
      range.setStart(node, start)
      range.setEnd(node, start + word.length)
      const lines = new Set([...range.getClientRects()].filter((each) => each.width).map((each) => Math.round(each.top)))
      if (lines.size > 1) found.add(`a broken word: ${word}`)
    }
    const text = document.createRange()
    text.selectNodeContents(node)
    const right = text.getBoundingClientRect().right
    for (let each = box; each !== document.body; each = each.parentElement) {
      const { overflowX, textOverflow } = getComputedStyle(each)
      if (textOverflow === "ellipsis" || ["auto", "scroll"].includes(overflowX)) break
      if (["hidden", "clip"].includes(overflowX) && right > each.getBoundingClientRect().right + 1)
        found.add(`a cut text: ${node.data}`)
    }
    if (right > innerWidth + 1 && document.documentElement.scrollWidth > innerWidth)
      found.add(`a text beyond the window: ${node.data}`)
  }
  return [...found]
}"""

expect.set_options(timeout=20_000)  # no test fails because the machine is busy


def start_chromium(playwright: Playwright) -> Browser:
    """Start Chromium: from PATH, else the one that Playwright has downloaded. Raises playwright's Error without any."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return playwright.chromium.launch(executable_path=found, args=FLAGS)


class Device:
    """One person's browser (nobody's without `person`). `problems` has the errors of all its tabs."""

    def __init__(
        self,
        browser: Browser,
        site: Site,
        person: Person | None = None,
        *,
        viewport: Any = PHONE,
        locale: str = "en-GB",
        scheme: Any = "light",
        service_workers: Any = "block",
        **options: Any,
    ) -> None:
        self.site = site
        self.problems: list[str] = []
        # Without a service worker each answer is the server's; tests/browser/test_installable.py has one.
        self.allowed = ["Service Worker registration blocked by Playwright"]
        self.context = browser.new_context(
            viewport=viewport,
            locale=locale,
            color_scheme=scheme,
            reduced_motion="reduce",
            has_touch=viewport is PHONE,
            service_workers=service_workers,
            **options,
        )
        self.context.set_default_timeout(20_000)
        if person:
            refresh = person.new_refresh_token()
            # Only once, since the token is used once: later pages find what the client has stored.
            self.context.add_init_script(
                "if (!localStorage.getItem('test.signed-in')) {"
                f" localStorage.setItem('habits.refresh', '{refresh}'); localStorage.setItem('test.signed-in', '1') }}"
            )

    def open(self, path: str = "/") -> Page:
        """Open a tab at a path of the site, and wait until the client runs."""
        page = self.context.new_page()
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.site.url + path)
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    def allow(self, text: str) -> None:
        """Expect errors that contain `text`."""
        self.allowed.append(text)

    def close(self) -> None:
        """Close all tabs."""
        self.context.close()

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(text in message.text for text in self.allowed):
            self.problems.append(f"{message.text} ({message.location.get('url')})")


def choose(page: Page, menu: str, item: str) -> None:
    """Open the menu of this name, and click its item of this name.

    The item is scrolled to before it is clicked: a menu turns round when the window moves, so that a click that scrolls
    as well could begin on one item and end on another.
    """
    page.get_by_role("button", name=menu).click()
    found = page.get_by_role("menuitem", name=item)
    found.scroll_into_view_if_needed()
    found.click()


def axe(page: Page) -> list[str]:
    """Return what axe finds wrong on the page: rule, what it asks for, and where; and the words that cannot be read."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    wrong = [
        f"{each['id']}: {each['help']}: {node['html']}: {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]
    return wrong + list(page.evaluate(CUT))

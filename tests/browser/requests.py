"""What a tab asks the API, and a network that loses it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from playwright.sync_api import Error, Page, Request, Route

from tests.browser.tabs import Device

API = "**/api/**"
LOST = "net::ERR_FAILED"  # what the browser says of a request without an answer


@contextmanager
def recorded(page: Page) -> Iterator[list[str]]:
    """Yield the list of requests to the API, each as method and path, that the tab makes during the block."""
    found: list[str] = []

    def record(request: Request) -> None:
        path = urlsplit(request.url).path
        if path.startswith("/api/"):
            found.append(f"{request.method} {path.removeprefix('/api/')}")

    page.on("request", record)
    yield found
    page.remove_listener("request", record)


@contextmanager
def unreachable(device: Device, pattern: str = API) -> Iterator[None]:
    """Lose all requests of the device to addresses of this pattern during the block."""
    device.allow(LOST)

    def lose(route: Route) -> None:
        route.abort()

    device.context.route(pattern, lose)
    yield
    device.context.unroute(pattern, lose)


@contextmanager
def without_answers(device: Device, pattern: str) -> Iterator[None]:
    """Let requests reach the server during the block, and lose its answers."""
    device.allow(LOST)

    def lose(route: Route) -> None:
        with suppress(Error):  # the tab has gone on
            route.fetch()
            route.abort()

    device.context.route(pattern, lose)
    yield
    device.context.unroute(pattern, lose)

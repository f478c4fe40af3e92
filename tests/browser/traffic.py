"""What a tab sends and receives, as the browser's own network log has it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page

SLOW = {"latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}  # ms; bytes a second
# So distant that no pause of a busy machine lets a request that could be sent now wait for another one's answer.
DISTANT = {"latency": 1_000, "downloadThroughput": -1, "uploadThroughput": -1}
WAITED_FOR = {"Document", "Script", "Stylesheet", "Fetch", "XHR"}  # not the icon: nothing waits for it


@dataclass(slots=True)
class Exchange:
    """A request with its answer. `sent`, `ended`: seconds of the browser's clock; `size`: bytes received, headers too."""

    path: str
    sent: float
    is_waited_for: bool
    ended: float | None = None
    size: int = 0


class Traffic:
    """Records a tab's requests from now on, as if over the given network."""

    def __init__(self, page: Page, network: dict[str, int] | None = None) -> None:
        self._exchanges: dict[str, Exchange] = {}
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        if network:
            self._session.send("Network.emulateNetworkConditions", {"offline": False, **network})
        self._session.on("Network.requestWillBeSent", self._on_sent)
        self._session.on("Network.loadingFinished", self._on_ended)

    @property
    def exchanges(self) -> list[Exchange]:
        """The answered requests in the order of their answers, without what the browser had already."""
        answered = [each for each in self._exchanges.values() if each.ended is not None and each.size]
        return sorted(answered, key=lambda each: each.ended or 0)

    @property
    def size(self) -> int:
        """Bytes received."""
        return sum(each.size for each in self.exchanges)

    @property
    def round_trips(self) -> int:
        """How many requests had to wait for each other: the longest chain in which each was sent after an answer."""
        chains: list[tuple[float, int]] = []  # the end of each answer, and the length of the longest chain to it
        for each in sorted((each for each in self.exchanges if each.is_waited_for), key=lambda each: each.sent):
            before = [length for end, length in chains if end <= each.sent]
            chains.append((each.ended or 0, 1 + max(before, default=0)))
        return max((length for _, length in chains), default=0)

    def _on_sent(self, event: dict[str, Any]) -> None:
        path = urlsplit(event["request"]["url"]).path
        self._exchanges[event["requestId"]] = Exchange(path, event["timestamp"], event["type"] in WAITED_FOR)

    def _on_ended(self, event: dict[str, Any]) -> None:
        if exchange := self._exchanges.get(event["requestId"]):
            exchange.ended, exchange.size = event["timestamp"], int(event["encodedDataLength"])

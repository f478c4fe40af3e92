"""What the fake's journal says of reminders: it is the truth about what was accepted, and when."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.faults import Span
from tests.fake_telegram import journal

OPEN_FATES = {"hang", "cut_before", "cut_after", "server_error"}  # the sender cannot know whether it was accepted
CLOCKS_APART = 1.0  # seconds
# A reminder's own words: ids of rows come again after a backup was restored, these do not.
SENTENCE = re.compile(r"do set (\d+) at (\d\d:\d\d)")

Shown = tuple[int, str]  # a track, and the time that the message names


@dataclass
class Accepted:
    """The journal, by the reminder that each message shows."""

    sent: dict[Shown, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    refused_chats: set[int] = field(default_factory=set)
    unanswered: Counter[Shown] = field(default_factory=Counter)  # accepted, and the answer was lost
    open_fates: Counter[Shown] = field(default_factory=Counter)
    waits: list[tuple[Shown, float, float]] = field(default_factory=list)  # when, and retry_after
    calls: dict[Shown, list[float]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, path: Path) -> Accepted:
        told = cls()
        for line in journal.read(path):
            told._take(line)
        return told

    def _take(self, line: dict[str, Any]) -> None:
        is_gone = line["event"] == "status" and line["status"] != "active"  # the bot is told, and asks no more
        if is_gone or (line["event"] == "refused" and line["error"] in (400, 403)):
            self.refused_chats.add(line["chat_id"])
        found = SENTENCE.search(line.get("text") or "")
        if found is None or "⏰" not in line["text"]:
            return
        shown = int(found[1]), found[2]
        if line["event"] == "unanswered":
            self.unanswered[shown] += 1
        if line["event"] == "fault" and line["fault"] in OPEN_FATES:
            self.open_fates[shown] += 1
        if line["event"] == "sent":
            self.sent[shown].append(line)
        if line["event"] == "refused" and line["error"] == 429:
            self.waits.append((shown, line["wall"], line["parameters"]["retry_after"]))
        elif line["event"] in ("sent", "refused"):
            self.calls[shown].append(line["wall"])

    def impatient(self, *, until: float, but_in: Sequence[Span]) -> dict[Shown, float]:
        """Reminders that were sent (before `until`) within a time that Telegram had asked to wait; how early, in s.

        Left out: what waited while the database's clock was off, by which they wait.
        """
        early = {}
        for shown, at, seconds in self.waits:
            end = min(at + seconds - CLOCKS_APART, until)
            if any(span.begun <= end and at <= span.ended for span in but_in):
                continue
            if within := [call for call in self.calls[shown] if at < call < end]:
                early[shown] = at + seconds - within[0]
        return early


def count_sent(path: Path, *, after: int) -> tuple[int, int]:
    """How many reminders were accepted in the journal's bytes from `after` on; and where it ends now."""
    if not path.exists():
        return 0, after
    with path.open("rb") as file:
        file.seek(after)
        new = file.read()
    whole = new[: new.rfind(b"\n") + 1]
    reminders = [line for line in whole.splitlines() if b'"event": "sent"' in line and "⏰".encode() in line]
    return len(reminders), after + len(whole)

"""The reminders in the fake's journal, which is the reference for what was accepted, and when."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.faults import Span
from tests.fake_telegram import journal

UNKNOWN_OUTCOMES = {"hang", "cut_before", "cut_after", "server_error"}  # the sender cannot know whether it was accepted
CLOCK_TOLERANCE = 1.0  # seconds
# The text of a reminder. After restoring a backup, ids of rows are used again, but these texts are not.
SENTENCE = re.compile(r"do set (\d+) at (\d\d:\d\d)")

Shown = tuple[int, str]  # a track, and the time in the message


@dataclass
class Accepted:
    """The journal, grouped by the reminder that each message shows."""

    sent: dict[Shown, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    refused_chats: set[int] = field(default_factory=set)
    unanswered: Counter[Shown] = field(default_factory=Counter)  # accepted, but the response was lost
    unknown_outcomes: Counter[Shown] = field(default_factory=Counter)
    waits: list[tuple[Shown, float, float]] = field(default_factory=list)  # time of a 429, and its retry_after
    calls: dict[Shown, list[float]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, path: Path) -> Accepted:
        accepted = cls()
        for line in journal.read(path):
            accepted._add(line)
        return accepted

    def _add(self, line: dict[str, Any]) -> None:
        is_gone = line["event"] == "status" and line["status"] != "active"  # the bot gets an update and sends no more
        if is_gone or (line["event"] == "refused" and line["error"] in (400, 403)):
            self.refused_chats.add(line["chat_id"])
        found = SENTENCE.search(line.get("text") or "")
        if found is None or "⏰" not in line["text"]:
            return
        shown = int(found[1]), found[2]
        if line["event"] == "unanswered":
            self.unanswered[shown] += 1
        if line["event"] == "fault" and line["fault"] in UNKNOWN_OUTCOMES:
            self.unknown_outcomes[shown] += 1
        if line["event"] == "sent":
            self.sent[shown].append(line)
        if line["event"] == "refused" and line["error"] == 429:
            self.waits.append((shown, line["wall"], line["parameters"]["retry_after"]))
        elif line["event"] in ("sent", "refused"):
            self.calls[shown].append(line["wall"])

    def sent_too_early(self, *, until: float, except_in: Sequence[Span]) -> dict[Shown, float]:
        """Return reminders that were sent before the end of a retry_after and before `until`; by how many seconds.

        Waits that overlap a span of `except_in` are skipped: the database's clock was wrong then.
        """
        early = {}
        for shown, at, seconds in self.waits:
            end = min(at + seconds - CLOCK_TOLERANCE, until)
            if any(span.begun <= end and at <= span.ended for span in except_in):
                continue
            if within := [call for call in self.calls[shown] if at < call < end]:
                early[shown] = at + seconds - within[0]
        return early


def count_sent(path: Path, *, after: int) -> tuple[int, int]:
    """Return the number of reminders accepted in the journal from byte `after` on, and its current end."""
    if not path.exists():
        return 0, after
    with path.open("rb") as file:
        file.seek(after)
        new = file.read()
    complete = new[: new.rfind(b"\n") + 1]
    reminders = [line for line in complete.splitlines() if b'"event": "sent"' in line and "⏰".encode() in line]
    return len(reminders), after + len(complete)

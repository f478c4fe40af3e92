"""Detects stalls: nothing is sent for three minutes although something is due and no fault is active."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.chaos.accepted import count_sent
from tests.chaos.faults import Faults

MAX_SILENCE = 180.0  # seconds
CHECK_EVERY = 5.0
# Reminders and messages that were due a minute ago, by the real time of the database's machine.
OVERDUE = (
    "SELECT (SELECT count(*) FROM notifications_reminder WHERE next_at < {ago}) + "
    "(SELECT count(*) FROM notifications_delivery WHERE state = 'pending' AND available_at < {ago})"
)
AGO = {
    "postgresql": "pg_catalog.now() - interval '60 seconds'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-60 seconds')",
}


@dataclass
class Stalls:
    """Checks every few seconds; `found` has the length of each stall in seconds."""

    faults: Faults
    found: list[float] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)
    _checked_at: float = 0.0
    _position: int = 0
    _is_stalled: bool = False

    def poll(self) -> None:
        """Check if the last check is long enough ago."""
        now = time.monotonic()
        if now - self._checked_at < CHECK_EVERY:
            return
        self._checked_at = now
        fleet = self.faults.fleet
        sent, self._position = count_sent(fleet.journal, after=self._position)
        rows = fleet.database.query(OVERDUE.format(ago=AGO[fleet.kind]))
        if sent or not self.faults.is_undisturbed or not rows or not rows[0][0]:
            self._since, self._is_stalled = now, False
        elif now - self._since > MAX_SILENCE:
            if self._is_stalled:
                self.found.pop()
            self._is_stalled = True
            self.found.append(now - self._since)

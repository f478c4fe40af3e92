"""Whether everything stands still: nothing is sent for three minutes though something is due and nothing is wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from tests.chaos.accepted import count_sent
from tests.chaos.faults import Faults

LONGEST = 180.0  # seconds
LOOK_EVERY = 5.0
# What should have gone a minute ago: in the plans, and in the outbox. By the database's own clock.
BEHIND = (
    "SELECT (SELECT count(*) FROM notifications_reminder WHERE next_at < {ago}) + "
    "(SELECT count(*) FROM notifications_delivery WHERE state = 'pending' AND available_at < {ago})"
)
AGO = {
    "postgresql": "pg_catalog.now() - interval '60 seconds'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-60 seconds')",
}


@dataclass
class Stops:
    """Look every few seconds; `found` has how long each stop lasted, in seconds."""

    faults: Faults
    found: list[float] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)
    _looked: float = 0.0
    _place: int = 0
    _is_stop: bool = False

    def keep(self) -> None:
        """Look, if it is time to."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        fleet = self.faults.fleet
        sent, self._place = count_sent(fleet.journal, after=self._place)
        rows = fleet.database.query(BEHIND.format(ago=AGO[fleet.kind]))
        if sent or not self.faults.is_calm or not rows or not rows[0][0]:
            self._since, self._is_stop = now, False
        elif now - self._since > LONGEST:
            if self._is_stop:
                self.found.pop()
            self._is_stop = True
            self.found.append(now - self._since)

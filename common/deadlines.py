"""The time limit of database statements in this process.

Web requests get 15 s, because people do not wait longer; workers and the bot get a minute. Management commands
(migrate, recounts, backups) have no limit. A process sets its limit before it connects.
"""

WEB = 15.0  # seconds
WORKER = 60.0

COMMANDS = {"alive": WEB, "bot": WORKER, "outbox": WEB, "tick": WORKER}

_limit: float | None = None


def limit_statements(seconds: float | None) -> None:
    """Limit statements to `seconds` on connections opened from now on; None: no limit."""
    global _limit
    _limit = seconds


def statement_limit() -> float | None:
    """Return the limit of a statement in seconds; None: no limit."""
    return _limit

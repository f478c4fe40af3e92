"""How long a database statement may take in this process.

Web answers people, who do not wait longer than 15 s; workers and the bot may take a minute. Commands (migrate,
recounts, backups) have no limit. A process says what it is before it connects.
"""

WEB = 15.0  # seconds
WORKER = 60.0

COMMANDS = {"alive": WEB, "bot": WORKER, "outbox": WEB, "tick": WORKER}

_limit: float | None = None


def limit_statements(seconds: float | None) -> None:
    """Have statements of connections made from now on end after some seconds; None: never."""
    global _limit
    _limit = seconds


def statement_limit() -> float | None:
    """Return how many seconds a statement may take; None: any number."""
    return _limit

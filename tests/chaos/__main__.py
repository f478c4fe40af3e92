"""`python -m tests.chaos --seed 7 --minutes 6`: one fault run with its own processes; exits with 1 if a reminder is lost."""

import argparse
import random
import sys
from importlib import import_module
from pathlib import Path

import django

from tests.chaos.fleet import Fleet, RecordingGuard

SENDERS = 3
FIRST_CHAT = 10_001
SHORT = {"reminders": 400, "faults": 12, "seconds": 12}
PER_MINUTE = {"postgresql": {"reminders": 850, "faults": 15}, "sqlite": {"reminders": 150, "faults": 4}}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--database", choices=list(PER_MINUTE), default="postgresql")
    parser.add_argument("--seed", type=int, default=None, help="of all random choices (a random one, which is printed)")
    parser.add_argument("--minutes", type=int, default=6, help="time in which reminders come due (%(default)s)")
    parser.add_argument("--faults", type=int, help="number of faults (15 per minute; SQLite: 4)")
    parser.add_argument("--reminders", type=int, help="number of reminders (850 per minute; SQLite: 150)")
    parser.add_argument("--short", action="store_true", help="a few faults within seconds, with a shorter lease")
    parser.add_argument("--only", action="append", default=[], help="a kind of fault as in the report; can be repeated")
    parser.add_argument("--keep", type=Path, help="folder in which the logs and the fake's journal are kept")
    given = parser.parse_args()
    seed = random.randrange(10_000) if given.seed is None else given.seed
    per_minute = PER_MINUTE[given.database]
    seconds = SHORT["seconds"] if given.short else given.minutes * 60
    reminders = given.reminders or (SHORT["reminders"] if given.short else given.minutes * per_minute["reminders"])
    faults = given.faults or (SHORT["faults"] if given.short else given.minutes * per_minute["faults"])
    guard = RecordingGuard()
    with guard:
        logs = given.keep or guard.folder(prefix="habits-chaos-logs-")
        logs.mkdir(parents=True, exist_ok=True)
        fleet = Fleet(
            guard,
            logs,
            given.database,
            # The reminders of a minute then take a third of it, so that most faults happen while some are being sent.
            per_second=max(30, reminders * 3 // seconds),
            lease_seconds=6 if given.short else 60,
            timeout_seconds=1 if given.short else 3,
            senders=SENDERS,
            chats=range(FIRST_CHAT, FIRST_CHAT + reminders * 4 // 5 + 20),
            megabytes=256 + reminders // 20,
        )
        fleet.prepare()
        django.setup()
        # Importing this module needs Django to be set up.
        run = import_module("tests.chaos.run")
        options = run.Options(seed, reminders, faults, seconds, by_minute=not given.short, only=tuple(given.only))
        try:
            code: int = run.run(fleet, options)
        finally:
            fleet.keep_logs()
        return code


if __name__ == "__main__":
    sys.exit(main())

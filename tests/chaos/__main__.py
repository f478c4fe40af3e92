"""`python -m tests.chaos --seed 7 --minutes 6`: one fault run on processes of its own; exits 1 if a reminder is missed."""

import argparse
import random
import sys
from importlib import import_module
from pathlib import Path

import django

from tests.chaos.fleet import Fleet, Remembering

SENDERS = 3
FIRST_CHAT = 10_001
SHORT = {"reminders": 400, "faults": 12, "seconds": 12}
A_MINUTE = {"postgresql": {"reminders": 850, "faults": 15}, "sqlite": {"reminders": 150, "faults": 4}}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--database", choices=list(A_MINUTE), default="postgresql")
    parser.add_argument("--seed", type=int, default=None, help="of all choices; else one is drawn and printed")
    parser.add_argument("--minutes", type=int, default=6, help="during which reminders come due (%(default)s)")
    parser.add_argument("--faults", type=int, help="how many (15 a minute; SQLite: 4)")
    parser.add_argument("--reminders", type=int, help="how many come due (850 a minute; SQLite: 150)")
    parser.add_argument("--short", action="store_true", help="a few faults in seconds, with a shorter lease")
    parser.add_argument("--only", action="append", default=[], help="a kind of fault, as the table names it; repeat it")
    parser.add_argument("--keep", type=Path, help="a folder for the logs and the fake's journal")
    given = parser.parse_args()
    seed = random.randrange(10_000) if given.seed is None else given.seed
    a_minute = A_MINUTE[given.database]
    seconds = SHORT["seconds"] if given.short else given.minutes * 60
    reminders = given.reminders or (SHORT["reminders"] if given.short else given.minutes * a_minute["reminders"])
    faults = given.faults or (SHORT["faults"] if given.short else given.minutes * a_minute["faults"])
    guard = Remembering()
    with guard:
        logs = given.keep or guard.folder(prefix="habits-chaos-logs-")
        logs.mkdir(parents=True, exist_ok=True)
        fleet = Fleet(
            guard,
            logs,
            given.database,
            # So that a minute's reminders take a third of it, and most faults find some on their way.
            per_second=max(30, reminders * 3 // seconds),
            lease_seconds=6 if given.short else 60,
            timeout_seconds=1 if given.short else 3,
            senders=SENDERS,
            chats=range(FIRST_CHAT, FIRST_CHAT + reminders * 4 // 5 + 20),
            megabytes=256 + reminders // 20,
        )
        fleet.prepare()
        django.setup()
        # What follows needs Django to be set up.
        run = import_module("tests.chaos.run")
        options = run.Options(seed, reminders, faults, seconds, by_minute=not given.short, only=tuple(given.only))
        try:
            code: int = run.run(fleet, options)
        finally:
            fleet.keep_logs()
        return code


if __name__ == "__main__":
    sys.exit(main())

"""Run measures: `python -m benchmarks [--only claim,send] [--rounds 5]`; exits with 1 if a median misses its target."""

import argparse
import sys
import traceback
from collections.abc import Iterable
from importlib import import_module

from benchmarks.measures import REGISTRY, Measure, Options, Result, UnknownMeasure, chosen
from benchmarks.world import World, world

BASELINE = "baseline"  # a comparison without a target: it runs only when it is named


def main(arguments: list[str] | None = None) -> int:
    """Print one line per measure; return 0 if all medians meet their targets, otherwise 1. Exit with 2 for an unknown one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAMES", help=f"some measures, separated by commas; or {BASELINE}")
    parser.add_argument("--list", action="store_true", help="list the measures and what each compares")
    parser.add_argument("--rounds", type=_positive, default=Options.rounds, help="after the warm-up (%(default)s)")
    parser.add_argument(
        "--reminders", type=_positive, default=Options.reminders, help="claim_growth: number in the large database"
    )
    parser.add_argument("--pace-seconds", type=_positive, default=Options.pace_seconds, help="pace: (%(default)s)")
    parser.add_argument("--load-seconds", type=_positive, default=Options.load_seconds, help="load: (%(default)s)")
    given = parser.parse_args(arguments)
    if given.only == BASELINE:
        return compare()
    try:
        measures = chosen(given.only, REGISTRY)
    except UnknownMeasure as error:
        parser.error(str(error))
    if given.list:
        for measure in measures:
            print(f"{measure.name:20} {measure.target!s:>6}  {measure.about}")
        return 0
    options = Options(
        rounds=given.rounds,
        reminders=given.reminders,
        pace_seconds=given.pace_seconds,
        load_seconds=given.load_seconds,
    )
    with world() as made:
        return run_all(measures, made, options)


def compare() -> int:
    """Print what other ways of serving the same habits cost and lose; return 0."""
    with world() as made:
        for line in import_module(f"benchmarks.{BASELINE}").run(made):
            print(line, flush=True)
    return 0


def run_all(measures: Iterable[Measure], made: World, options: Options) -> int:
    """Run the measures in order; return 1 if a median misses its target or a measure fails, otherwise 0."""
    missed = []
    for measure in measures:
        try:
            result = Result(measure, list(measure.load()(made, options)))
        except Exception:
            traceback.print_exc()
            missed.append(f"{measure.name} (failed)")
            continue
        print(result, flush=True)
        if not result.is_met:
            missed.append(measure.name)
    if missed:
        print(f"Missed: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main())

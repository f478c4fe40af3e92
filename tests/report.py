"""`python -m tests.report`: the outcome of the last test run by area, from its JUnit files and coverage data.

`make test` and `make coverage` leave them in `.report/`, which git ignores, and print the table. Only `make report` writes
it into docs/testing.md, so that an ordinary run changes no file of the repository.
"""

import argparse
import json
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import CoverageException, NoDataError

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".report"
PAGE = ROOT / "docs" / "testing.md"
BEGIN, END = "<!-- outcome: written by `make report` -->", "<!-- /outcome -->"
RUNS = {"postgresql": "on PostgreSQL", "sqlite": "on SQLite", "browser": "in a browser"}


@dataclass(slots=True)
class Counts:
    """How many tests of an area had which outcome in one run."""

    passed: int = 0
    skipped: int = 0
    failed: int = 0


def read_run(file: Path) -> dict[str, Counts]:
    """Return the counts by area of one run. The area is the folder below tests/."""
    found: dict[str, Counts] = defaultdict(Counts)
    for case in ET.parse(file).iter("testcase"):
        parts = case.get("classname", "").split(".")
        counts = found[parts[1] if len(parts) > 2 else "project"]
        outcomes = {child.tag for child in case}
        if outcomes & {"failure", "error"}:
            counts.failed += 1
        elif "skipped" in outcomes:
            counts.skipped += 1
        else:
            counts.passed += 1
    return dict(found)


def read_coverage() -> dict[str, float]:
    """Return the percentage of lines and branches that the last measured runs reached, by app; {} without data."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "coverage.json"
        coverage = Coverage()
        try:
            coverage.load()
            coverage.json_report(outfile=str(out))
        except (CoverageException, NoDataError):
            return {}
        files: dict[str, dict[str, dict[str, int]]] = json.loads(out.read_text())["files"]
    reached: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, file in files.items():
        summary = file["summary"]
        for area in (name.replace("\\", "/").split("/")[0], "all"):
            reached[area][0] += summary["covered_lines"] + summary.get("covered_branches", 0)
            reached[area][1] += summary["num_statements"] + summary.get("num_branches", 0)
    return {area: 100 * got / total for area, (got, total) in reached.items() if total}


def table(runs: Mapping[str, Mapping[str, Counts]], covered: Mapping[str, float], *, day: date) -> str:
    """Return the outcome in Markdown: a row an area, and the sums."""
    areas = sorted({area for run in runs.values() for area in run})
    names = [RUNS.get(run, run) for run in runs]
    head = ["area", *(f"passed {name}" for name in names), "skipped", "failed", "lines and branches reached"]
    rows = [_row(area, [run.get(area, Counts()) for run in runs.values()], covered.get(area)) for area in areas]
    sums = [_sum(run.values()) for run in runs.values()]
    rows.append(_row("**all**", sums, covered.get("all")))
    version = ".".join(map(str, sys.version_info[:2]))
    lines = [f"The run of {day.isoformat()}, with Python {version}:", ""]
    lines += [f"| {' | '.join(cells)} |" for cells in (head, ["---", *["---:"] * (len(head) - 1)], *rows)]
    return "\n".join(lines)


def _row(area: str, counts: Iterable[Counts], percent: float | None) -> list[str]:
    counts = list(counts)
    sums = _sum(counts)
    reached = "" if percent is None else f"{percent:.1f} %"
    return [area, *(str(each.passed) for each in counts), str(sums.skipped), str(sums.failed), reached]


def _sum(counts: Iterable[Counts]) -> Counts:
    total = Counts()
    for each in counts:
        total.passed += each.passed
        total.skipped += each.skipped
        total.failed += each.failed
    return total


def with_outcome(page: str, outcome: str) -> str:
    """Return the page with the outcome between its markers. Raises ValueError if it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"there is no place for the outcome: {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{outcome}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Print the outcome, or write it into docs/testing.md; return the exit code."""
    parser = argparse.ArgumentParser(description="Show the outcome of the last test run by area.")
    parser.add_argument("--write", action="store_true", help="write it into docs/testing.md")
    options = parser.parse_args(arguments)
    runs = {run: read_run(FOLDER / f"{run}.xml") for run in RUNS if (FOLDER / f"{run}.xml").exists()}
    if not runs:
        print(f"There is no run in {FOLDER.name}/: run `make test` first.", file=sys.stderr)
        return 1
    outcome = table(runs, read_coverage(), day=datetime.now(UTC).date())
    print(outcome)
    if options.write:
        PAGE.write_text(with_outcome(PAGE.read_text(encoding="utf-8"), outcome), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

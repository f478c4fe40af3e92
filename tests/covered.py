"""`python -m tests.covered`: what the last measured runs reached, and exit 1 where that is too little.

`make coverage` measures both runs of `make test`. Of the product, 95 % of lines and branches must be reached; of the
pure modules, which import-linter's contract in pyproject.toml names, all of them.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import NoDataError

ROOT = Path(__file__).resolve().parent.parent
PRODUCT_AT_LEAST = 95.0
PURE_AT_LEAST = 100.0


def pure_modules() -> list[str]:
    """The files of the modules that may import no framework; of a package, all of its files."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [pure] = [contract for contract in contracts if contract["name"].startswith("Rules are pure")]
    found: list[Path] = []
    for name in pure["source_modules"]:
        package = ROOT.joinpath(*name.split("."))
        found += sorted(package.rglob("*.py")) if package.is_dir() else [package.with_suffix(".py")]
    return [path.relative_to(ROOT).as_posix() for path in found]


def main() -> int:
    """Print both tables; return the exit code."""
    coverage = Coverage()
    coverage.load()
    failed = []
    for title, include, at_least in (
        ("The product", None, PRODUCT_AT_LEAST),
        ("Pure modules", pure_modules(), PURE_AT_LEAST),
    ):
        print(f"\n{title} (at least {at_least:g} %):\n")
        try:
            reached = coverage.report(include=include, show_missing=True, skip_covered=include is None, precision=2)
        except NoDataError as error:
            print(error)
            reached = 0.0
        if reached < at_least:
            failed.append(f"{title}: {reached:.2f} % are less than {at_least:g} %.")
    print("\n" + "\n".join(failed or ["Enough is covered."]))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())

"""docs/security.md: each row names tests that exist, or says that there is no such feature."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.project.test_docs import all_rows

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
ROWS = list(all_rows(PAGE))
API_RISKS = [f"API{number}" for number in range(1, 11)]
ASVS = ["6.2", "6.3.1", "6.3.8", "6.5", "7.4", "7.5.1", "8.2", "15.3", "15.4.2", "16.2.5"]


@cache
def existing() -> frozenset[str]:
    """Return the names of all tests."""
    texts = (path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    return frozenset(name for text in texts for name in re.findall(r"^\s*def (test_\w+)\(", text, re.MULTILINE))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:50])
def test_each_row_names_tests_that_exist(row: list[str]) -> None:
    assert len(row) == 3 and all(row)
    named = re.findall(r"`(test_\w+)`", row[2])
    assert named or row[2] == "none: there is no such feature yet"
    assert set(named) <= existing()


@pytest.mark.parametrize("item", [*API_RISKS, *ASVS])
def test_no_item_of_the_lists_is_missing(item: str) -> None:
    assert [row for row in ROWS if row[0].startswith(f"{item} ")]

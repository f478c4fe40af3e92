"""docs/testing.md: its areas are the folders of tests, and its outcome is written by a run."""

import re
from datetime import date
from pathlib import Path

import pytest

from tests import report
from tests.report import Counts

ROOT = Path(__file__).resolve().parents[2]
JUNIT = """<testsuites><testsuite>
<testcase classname="tests.tracking.logs.test_logs" name="a"/>
<testcase classname="tests.tracking.goals.test_goals.TestGoals" name="b"><skipped/></testcase>
<testcase classname="tests.users.test_token" name="c"><failure/></testcase>
<testcase classname="tests.users.test_token" name="d"><error/></testcase>
<testcase classname="tests.web.test_web" name="e"/>
</testsuite></testsuites>"""


def test_the_areas_of_the_page_are_the_folders_of_tests() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", report.PAGE.read_text().partition("## Cases by area")[2], re.MULTILINE)
    assert rows == sorted(
        {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/**/test_*.py")}
    )


def test_a_run_is_counted_by_area(tmp_path: Path) -> None:
    (tmp_path / "run.xml").write_text(JUNIT)
    assert report.read_run(tmp_path / "run.xml") == {
        "tracking": Counts(passed=1, skipped=1),
        "users": Counts(failed=2),
        "web": Counts(passed=1),
    }


def test_the_outcome_has_a_row_an_area_and_the_sums() -> None:
    runs = {
        "postgresql": {"web": Counts(passed=2)},
        "sqlite": {"web": Counts(passed=3, skipped=1), "users": Counts(0, 0, 4)},
    }
    shown = report.table(runs, {"users": 97.25, "all": 98}, day=date(2026, 11, 21)).splitlines()
    assert shown[0].startswith("The run of 2026-11-21, with Python 3.")
    assert (
        shown[2] == "| area | passed on PostgreSQL | passed on SQLite | skipped | failed | lines and branches reached |"
    )
    assert shown[4:] == [
        "| users | 0 | 0 | 0 | 4 | 97.2 % |",
        "| web | 2 | 3 | 1 | 0 |  |",
        "| **all** | 2 | 3 | 1 | 4 | 98.0 % |",
    ]


def test_an_outcome_replaces_the_one_before_and_nothing_else() -> None:
    page = report.PAGE.read_text()
    once = report.with_outcome(page, "| first |")
    assert report.with_outcome(once, "| second |") == once.replace("| first |", "| second |")
    assert once.startswith(page.partition(report.BEGIN)[0])
    with pytest.raises(ValueError, match="no place"):
        report.with_outcome("no markers", "| first |")


def test_an_ordinary_run_writes_only_what_git_ignores() -> None:
    assert "\n/.report/\n" in (ROOT / ".gitignore").read_text()
    makefile = (ROOT / "Makefile").read_text()
    assert re.findall(r"tests\.report --write", makefile) == ["tests.report --write"]
    for file in re.findall(r"--junitxml=(\S+)", makefile):
        assert file.startswith(".report/")


def test_without_a_run_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    assert report.main([]) == 1
    assert "make test" in capsys.readouterr().err


def test_a_run_is_printed_and_written_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "testing.md"
    page.write_text(f"# Testing\n{report.BEGIN}\n{report.END}\n")
    (tmp_path / "sqlite.xml").write_text(JUNIT)
    monkeypatch.setattr(report, "FOLDER", tmp_path)
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "read_coverage", dict)
    assert report.main([]) == 0
    assert "| web | 1 | 0 | 0 |  |" in capsys.readouterr().out
    assert "| web |" not in page.read_text()
    assert report.main(["--write"]) == 0
    assert "| web | 1 | 0 | 0 |  |" in page.read_text()

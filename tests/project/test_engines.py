"""Between its two runs `make test` leaves no test out, and says for each that runs once why one engine is enough."""

import re
from itertools import groupby
from pathlib import Path

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from tests import engines
from tests.engines import (
    BOTH,
    NOT_WITH_THEIR_FILE,
    ONE_ENGINE,
    POSTGRESQL,
    SQLITE,
    WITHOUT_DATABASE,
    assigned,
    choose,
)

HERE = Path(__file__).resolve().parents[1]
MAKEFILE = (HERE.parent / "Makefile").read_text()


def test_every_test_runs_on_one_engine_at_least(request: pytest.FixtureRequest) -> None:
    found = request.config.stash[assigned]
    assert request.node.nodeid in found
    assert [test for test, on in found.items() if not on or not on <= BOTH] == []


def test_tests_of_a_file_that_start_processes_run_one_after_another(request: pytest.FixtureRequest) -> None:
    """Those that share a process would start it again each time."""
    files = [item.path if item.get_closest_marker("processes") else None for item in request.session.items]
    runs = [path for path, _ in groupby(files) if path]
    assert len(runs) == len(set(runs))


def test_make_test_runs_the_shares_of_both_engines_and_the_browser() -> None:
    assert re.search(r"^\t\$\(PY\) -m pytest \$\(SHARED\)", MAKEFILE, re.MULTILINE)
    assert re.search(r"^\tTEST_DATABASE_URL=sqlite \$\(PY\) -m pytest \$\(SHARED\)", MAKEFILE, re.MULTILINE)
    assert re.search(r"^\t+TEST_DATABASE_URL=sqlite \$\(PY\) -m pytest tests/browser", MAKEFILE, re.MULTILINE)
    assert re.search(
        r"^test:.*\n\t.*build_client\n\t@\$\(MAKE\) .*\bpostgresql sqlite browser$", MAKEFILE, re.MULTILINE
    )


def test_what_may_depend_on_the_engine_runs_on_both() -> None:
    assert choose(named=[], uses_database=True, file="test_of_tomorrow.py", test="test_x") == BOTH


def test_without_a_database_once_is_enough() -> None:
    assert choose(named=[], uses_database=False, file="test_of_tomorrow.py", test="test_x") == {WITHOUT_DATABASE}


def test_what_python_counts_runs_once() -> None:
    found = choose(named=[], uses_database=True, file="test_of_tomorrow.py", test="test_it_takes_five_queries")
    assert found == {POSTGRESQL}


@pytest.mark.parametrize("engine", [POSTGRESQL, SQLITE])
@pytest.mark.parametrize("uses_database", [True, False])
def test_a_test_that_names_its_engine_runs_there(engine: str, uses_database: bool) -> None:
    found = choose(named=[engine], uses_database=uses_database, file="test_of_tomorrow.py", test="test_queries")
    assert found == {engine}


def test_a_file_of_one_engine_holds_no_test_of_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other run does not read the file."""
    monkeypatch.setitem(ONE_ENGINE, "test_of_tomorrow.py", (SQLITE, "no reason"))
    with pytest.raises(pytest.UsageError):
        choose(named=[POSTGRESQL], uses_database=True, file="test_of_tomorrow.py", test="test_x")


def test_a_test_may_run_on_both_though_its_file_runs_on_one(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setitem(ONE_ENGINE, "test_of_tomorrow.py", (SQLITE, "no reason"))
    monkeypatch.setitem(NOT_WITH_THEIR_FILE, "test_of_tomorrow.py", {"test_x"})

    def chosen(test: str, *named: str) -> frozenset[str]:
        return choose(named=named, uses_database=True, file="test_of_tomorrow.py", test=test)

    assert chosen("test_x") == BOTH
    assert chosen("test_y") == {SQLITE}
    assert chosen("test_x", POSTGRESQL) == {POSTGRESQL}
    # Both runs read such a file.
    monkeypatch.setattr(request.config.option, "shared", True)
    for vendor in BOTH:
        monkeypatch.setattr(connections[DEFAULT_DB_ALIAS], "vendor", vendor)
        assert engines.pytest_ignore_collect(Path("test_of_tomorrow.py"), request.config) is None


@pytest.mark.parametrize("file", NOT_WITH_THEIR_FILE)
def test_each_exception_of_an_exception_is_a_test(file: str) -> None:
    assert file in ONE_ENGINE
    [found] = HERE.rglob(file)
    assert [test for test in NOT_WITH_THEIR_FILE[file] if f"def {test}(" not in found.read_text()] == []


@pytest.mark.parametrize("named", [[POSTGRESQL, SQLITE], ["mysql"]])
def test_a_test_that_no_run_would_hold_is_refused(named: list[str]) -> None:
    with pytest.raises(pytest.UsageError):
        choose(named=named, uses_database=True, file="test_of_tomorrow.py", test="test_x")


@pytest.mark.parametrize("file", ONE_ENGINE)
def test_each_exception_is_a_file_with_a_reason(file: str) -> None:
    engine, reason = ONE_ENGINE[file]
    name, _, test = file.partition("::")
    [found] = HERE.rglob(name)
    assert f"def {test}" in found.read_text()
    assert engine in BOTH
    assert len(reason.split()) > 3


def test_engines_are_chosen_in_one_place() -> None:
    """A condition at a test could leave it out of both runs unseen."""
    own = re.compile(r"skip(if)?\(.*(vendor|sqlite|postgres)|vendor.*\n\s+pytest\.skip")
    others = [path for path in sorted(HERE.rglob("test_*.py")) if path.name != Path(__file__).name]
    assert [path.name for path in others if own.search(path.read_text())] == []

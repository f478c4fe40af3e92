"""The benchmark runner: its list of measures, their output and the exit code. Nothing is timed."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from benchmarks import measures, timing
from benchmarks.__main__ import run_all
from benchmarks.measures import REGISTRY, Measure, Options, Result, Target, UnknownMeasure, chosen
from benchmarks.world import World

ROOT = Path(__file__).resolve().parents[2]
NO_WORLD = cast(World, None)  # stubs need no servers

AT_LEAST = Measure("speed", "stub", Target(0.5), "a stub")
INFORMATION = Measure("share", "stub", Target(None), "a stub")
AT_MOST = Measure("growth", "stub", Target(1.2, is_minimum=False), "a stub")


def ratios_are(monkeypatch: pytest.MonkeyPatch, *ratios: float) -> None:
    """Make every measure yield these ratios."""

    def run(world: World, options: Options) -> Iterator[float]:
        yield from ratios

    monkeypatch.setattr(Measure, "load", lambda self: run)


def test_all_required_measures_exist() -> None:
    names = {"claim", "claim_growth", "send_0ms", "send_50ms", "pace", "check_off", "history_growth", "memory"}
    assert names <= REGISTRY.keys()
    assert all(name == measure.name for name, measure in REGISTRY.items())


@pytest.mark.parametrize("measure", REGISTRY.values(), ids=lambda measure: str(measure.name))
def test_the_function_of_each_measure_exists(measure: Measure) -> None:
    assert callable(measure.load())


def test_only_selects_measures_by_their_name_module_or_package() -> None:
    assert [measure.name for measure in chosen("claim, send")] == ["claim", "send_0ms", "send_50ms"]
    assert [measure.name for measure in chosen("send_50ms")] == ["send_50ms"]
    assert {measure.name for measure in chosen("plain.reads")} < {measure.name for measure in chosen("plain")}
    assert chosen(None) == list(REGISTRY.values())


def test_the_measures_against_the_plain_application_are_a_group_with_the_goals_of_everyday_requests() -> None:
    assert {measure.name: str(measure.target) for measure in chosen("plain")} == {
        "plain_check_off_10": "≤1.6",
        "plain_check_off_365": "≤1.6",
        "plain_check_off_3650": "≤1.1",
        "plain_clients": "≥0.6",
        "plain_today_5": "≤1.2",
        "plain_today_20": "≤0.8",
        "plain_today_100": "≤0.5",
        "plain_summary": "≤3",
        "plain_resting_memory": "≤300",
        "plain_progress": "≤45",
        "plain_standings": "≤1.5",
    }


def test_ratios_against_the_same_statements_without_the_product_have_no_target() -> None:
    assert [each.name for each in REGISTRY.values() if each.target.value is None] == [
        "check_off",
        "today",
        "progress",
        "summary",
    ]


def test_an_unknown_measure_is_an_error_that_names_it() -> None:
    with pytest.raises(UnknownMeasure, match="clam"):
        chosen("clam,send")


def test_a_result_is_one_line_with_its_median_its_worst_and_its_target() -> None:
    assert str(Result(AT_LEAST, [0.6, 0.4, 0.5])) == "speed median=0.500 worst=0.400 target=≥0.5"
    assert str(Result(AT_MOST, [1.0, 1.3, 1.1])) == "growth median=1.100 worst=1.300 target=≤1.2"


@pytest.mark.parametrize(
    ("measure", "ratios", "code"),
    [
        (AT_LEAST, (0.5, 0.5, 0.1), 0),  # the worst round does not decide
        (AT_LEAST, (0.49, 0.49, 0.9), 1),
        (AT_MOST, (1.2, 1.2, 3.0), 0),
        (AT_MOST, (1.21, 1.21, 1.0), 1),
        (INFORMATION, (0.1, 0.1, 9.0), 0),
    ],
)
def test_the_median_decides_the_exit_code(
    measure: Measure,
    ratios: tuple[float, ...],
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ratios_are(monkeypatch, *ratios)
    assert run_all([measure], NO_WORLD, Options()) == code
    shown = capsys.readouterr()
    assert re.fullmatch(r"\w+ median=\d+\.\d{3} worst=\d+\.\d{3} target=([≥≤][\d.]+|none)\n", shown.out)
    assert (f"Missed: {measure.name}" in shown.err) == bool(code)


def test_a_failing_measure_counts_as_missed_and_the_others_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load(measure: Measure) -> measures.Run:
        if measure is AT_MOST:
            raise ZeroDivisionError
        return lambda world, options: [1.0]

    monkeypatch.setattr(Measure, "load", load)
    assert run_all([AT_MOST, AT_LEAST], NO_WORLD, Options()) == 1
    shown = capsys.readouterr()
    assert shown.out == "speed median=1.000 worst=1.000 target=≥0.5\n"
    assert "growth (failed)" in shown.err


def test_rounds_alternate_after_one_warm_up() -> None:
    order: list[str] = []

    def timed(name: str, taken: float) -> timing.Timed:
        def run() -> float:
            order.append(name)
            return taken

        return run

    found = list(timing.ratios(2, over=timed("over", 3.0), under=timed("under", 2.0), turns=2))
    assert found == [1.5] * 2
    assert order == ["over", "under"] + 2 * ["over", "under", "under", "over"]


@pytest.mark.processes
def test_the_list_needs_no_servers_and_an_unknown_name_is_an_error() -> None:
    command = [sys.executable, "-m", "benchmarks"]
    listed = subprocess.run([*command, "--list", "--only", "send"], cwd=ROOT, capture_output=True, text=True)
    assert listed.returncode == 0, listed.stderr
    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["send_0ms", "send_50ms"]
    refused = subprocess.run([*command, "--only", "clam"], cwd=ROOT, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "no measure clam" in refused.stderr

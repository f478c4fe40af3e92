"""The registry of measures, and the line that each prints."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from benchmarks.world import World


@dataclass(frozen=True)
class Options:
    """The size of a run: rounds after the warm-up, reminders in the large database, seconds of the measures pace and load."""

    rounds: int = 5
    reminders: int = 1_000_000
    pace_seconds: int = 20
    load_seconds: int = 600


Run = Callable[["World", Options], Iterable[float]]


@dataclass(frozen=True, slots=True)
class Target:
    """The value that the median must reach (`is_minimum`) or must not exceed; None: it is shown as information."""

    value: float | None
    is_minimum: bool = True

    def is_met_by(self, ratio: float) -> bool:
        if self.value is None:
            return True
        return ratio >= self.value if self.is_minimum else ratio <= self.value

    def worst(self, ratios: Sequence[float]) -> float:
        return min(ratios) if self.is_minimum else max(ratios)

    def __str__(self) -> str:
        return "none" if self.value is None else f"{'≥' if self.is_minimum else '≤'}{self.value:g}"


@dataclass(frozen=True, slots=True)
class Measure:
    """A named value, nearly always a ratio; `function` of benchmarks.`module` yields one per round."""

    name: str
    module: str
    target: Target
    about: str
    function: str = "run"

    def load(self) -> Run:
        """Return its function. Importing the module needs Django to be set up."""
        return cast(Run, getattr(import_module(f"benchmarks.{self.module}"), self.function))

    @property
    def names(self) -> set[str]:
        """Return the names by which it is chosen: its own, that of its module, and that of its package."""
        return {self.name, self.module, self.module.partition(".")[0]}


@dataclass(frozen=True, slots=True)
class Result:
    """The ratios of all rounds of one measure."""

    measure: Measure
    ratios: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def is_met(self) -> bool:
        return self.measure.target.is_met_by(self.median)

    def __str__(self) -> str:
        target = self.measure.target
        return f"{self.measure.name} median={self.median:.3f} worst={target.worst(self.ratios):.3f} target={target}"


INFORMATION = Target(None)


def _at_most(value: float) -> Target:
    return Target(value, is_minimum=False)


def _registry(*measures: Measure) -> dict[str, Measure]:
    return {measure.name: measure for measure in measures}


REGISTRY = _registry(
    Measure("claim", "claim", Target(0.3), "raw SQL with the same writes ÷ one tick of due reminders"),
    Measure(
        "claim_growth", "claim_growth", Target(1.2, is_minimum=False), "one tick with 1,000,000 reminders ÷ with 10,000"
    ),
    Measure("send_0ms", "send", Target(0.8), "a bare client ÷ the sender, no latency", "without_latency"),
    Measure("send_50ms", "send", Target(0.8), "a bare client ÷ the sender, 50 ms latency", "with_latency"),
    Measure("pace", "pace", Target(1.0), "messages per second of several senders ÷ 28.5; 0 after any 429"),
    Measure(
        "latency_1",
        "latency",
        Target(1.0, is_minimum=False),
        "p99 from the full minute to acceptance, 1 due ÷ 2 s",
        "one",
    ),
    Measure("latency_100", "latency", Target(1.0, is_minimum=False), "100 due: the last ÷ (2 s + 100 ÷ 29)", "some"),
    Measure("latency_2000", "latency", Target(1.1, is_minimum=False), "2,000 due: the last ÷ (2,000 ÷ 29)", "many"),
    Measure("check_off", "check_off", INFORMATION, "a bare view with the same statements ÷ PUT of a day's log"),
    Measure("partner_check_off", "partner", Target(0.5), "a person's own PUT of a day ÷ the same by a partner"),
    Measure("events", "events", _at_most(3), "a batch of 1,000 events ÷ 1,000 plain upserts of the same rows"),
    Measure("webhook_sending", "webhook_sending", _at_most(10), "sending webhooks ÷ a bare loop of the same calls"),
    Measure(
        "key_authentication", "key_authentication", _at_most(1.2), "a small read with a key ÷ with an access token"
    ),
    Measure(
        "history_growth", "history_growth", Target(1.2, is_minimum=False), "setting today: 10,000 days of logs ÷ 10"
    ),
    Measure(
        "history_growth_1000", "history_growth", Target(1.2, is_minimum=False), "the same: 1,000 days ÷ 10", "shorter"
    ),
    Measure(
        "history_rows", "history_growth", Target(1.2, is_minimum=False), "rows read by it: 10,000 days ÷ 1,000", "rows"
    ),
    Measure("today", "insights", INFORMATION, "a bare view with the same statements ÷ today/ of 100 habits", "today"),
    Measure("progress", "insights", INFORMATION, "the same ÷ progress/ of a month and 100 habits", "progress"),
    Measure("summary", "insights", INFORMATION, "the same ÷ summary/ of a month and 100 habits", "summary"),
    Measure(
        "today_growth",
        "insights",
        Target(20, is_minimum=False),
        "today/ of 100 habits ÷ of 5, same queries",
        "today_growth",
    ),
    Measure(
        "progress_growth",
        "insights",
        Target(20, is_minimum=False),
        "progress/ of 100 habits ÷ of 5, same queries",
        "progress_growth",
    ),
    Measure(
        "summary_growth",
        "insights",
        Target(20, is_minimum=False),
        "summary/ of 100 habits ÷ of 5, same queries",
        "summary_growth",
    ),
    Measure(
        "leaderboard_growth",
        "leaderboards",
        Target(2.0, is_minimum=False),
        "top 100, own rank and neighbours: 1,000,000 tracks ÷ 10,000",
    ),
    Measure("challenge", "challenge", Target(0.3), "a bare view reading the same ÷ scores of 10,000 members"),
    Measure(
        "challenge_growth",
        "challenge",
        Target(2, is_minimum=False),
        "a page of scores: 10,000 members ÷ 100",
        "growth",
    ),
    Measure("plain_check_off_10", "plain.check_off", _at_most(1.6), "PUT of a day ÷ plain, 10 days of logs", "days_10"),
    Measure("plain_check_off_365", "plain.check_off", _at_most(1.6), "the same, 365 days", "days_365"),
    Measure("plain_check_off_3650", "plain.check_off", _at_most(1.1), "the same, 3,650 days", "days_3650"),
    Measure("plain_clients", "plain.check_off", Target(0.6), "4 clients: days set a second ÷ plain", "four_clients"),
    Measure("plain_today_5", "plain.reads", _at_most(1.2), "today/ ÷ plain, 5 habits and a year of logs", "today_5"),
    Measure("plain_today_20", "plain.reads", _at_most(0.8), "the same, 20 habits", "today_20"),
    Measure("plain_today_100", "plain.reads", _at_most(0.5), "the same, 100 habits", "today_100"),
    Measure(
        "plain_summary",
        "plain.reads",
        _at_most(3),
        "summary/ of a year, 20 habits ÷ plain with four figures",
        "summary",
    ),
    Measure("plain_progress", "plain.reads", _at_most(45), "progress/ of a month, 100 habits: ms of CPU", "progress"),
    Measure(
        "plain_resting_memory",
        "plain.resting_memory",
        _at_most(300),
        "MB of all processes of make run at rest (PSS; Linux)",
    ),
    Measure("plain_standings", "plain.reads", _at_most(1.5), "a page of scores: 10,000 members ÷ 100", "standings"),
    Measure(
        "load", "load", _at_most(1.05), "web memory after ten minutes of 8 clients ÷ after three; fails on any error"
    ),
    Measure("memory", "memory", Target(1.02, is_minimum=False), "a worker's memory after 20,000 sends ÷ after 10,000"),
    Measure("client_bare_page", "client", _at_most(1), "seconds to a line of text, at 400 ms and 50 kB/s", "bare_page"),
    Measure("client_first_card", "client", _at_most(7), "seconds to the first habit, of a first visit", "first_card"),
    Measure("client_first_card_again", "client", _at_most(1), "the same, from the second visit on", "first_card_again"),
    Measure("client_tick", "client", _at_most(100), "ms from a click to the circle done, among 300 habits", "tick"),
    Measure("client_scroll", "client", _at_most(50), "ms of the longest task while 300 habits move by", "scroll"),
)


class UnknownMeasure(ValueError):
    """There is no measure or module of this name."""


def chosen(only: str | None, registry: dict[str, Measure] = REGISTRY) -> list[Measure]:
    """Return the measures in the comma-separated `only`: their names, or those of modules or packages for all in these.

    None: all measures. Raise UnknownMeasure.
    """
    if only is None:
        return list(registry.values())
    names = [name.strip() for name in only.split(",") if name.strip()]
    known = {name for measure in registry.values() for name in measure.names}
    if unknown := [name for name in names if name not in known]:
        raise UnknownMeasure(f"no measure {', '.join(unknown)}; the measures are {', '.join(registry)}")
    return [measure for measure in registry.values() if not measure.names.isdisjoint(names)]

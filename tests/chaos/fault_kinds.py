"""The kinds of faults: name, weight and function of each."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tests.chaos.faults import Faults
from tests.chaos.fleet import BEATS, WORKERS

HOUR, YEAR = 3_600.0, 365 * 86_400.0
LONG_WAIT = (60, 240)  # seconds of a long retry_after
HOURS = (3_600, 10_800)
MAX_DRAWS = 200  # attempts to find a kind that can be played now
ANY, POSTGRESQL, SQLITE = ("postgresql", "sqlite"), ("postgresql",), ("sqlite",)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault; `short`: also for short runs."""

    name: str
    weight: float
    play: Callable[[Faults], bool]
    databases: tuple[str, ...] = ANY
    short: bool = True
    disk: str = ""  # the small disk that it needs


def play_one(run: Faults, *, chats: list[int]) -> None:
    """Play a random kind that is possible now (a program that is down cannot be killed)."""
    possible = kinds(run, chats)
    for _ in range(MAX_DRAWS):
        kind = run.rng.choices(possible, [kind.weight for kind in possible])[0]
        if kind.play(run):
            run.counts[kind.name] += 1
            run.fleet.note(kind.name)
            return


def not_played(run: Faults) -> list[str]:
    """Return lines about kinds that this machine cannot play."""
    if missing := [kind.name for kind in all_kinds([]) if kind.disk and kind.disk not in run.fleet.disks]:
        return [f"not played: {', '.join(missing)} (small disks are mounted by root, on Linux)"]
    return []


def kinds(run: Faults, chats: list[int]) -> list[Kind]:
    """Return the kinds that this run can play; `chats` will still get reminders."""
    return [
        kind
        for kind in all_kinds(chats)
        if run.fleet.kind in kind.databases
        and (not run.only or kind.name in run.only)
        and (kind.short or not run.is_short)
        and (not kind.disk or kind.disk in run.fleet.disks)
    ]


def all_kinds(chats: list[int]) -> list[Kind]:
    """Return all kinds."""
    return [*_of_processes(), *_of_the_database(), *_of_clocks_and_disks(), *_of_telegram(chats), *_of_webhooks()]


def _of_processes() -> list[Kind]:
    return [
        Kind("worker killed", 4, lambda run: run.kill(run.rng.choice(WORKERS))),
        Kind("process of a worker killed", 4, lambda run: run.kill_child(run.rng.choice(WORKERS))),
        Kind("sender stopped past its lease", 1, lambda run: run.freeze_child(run.rng.choice(WORKERS))),
        Kind("SIGTERM to a worker in a backlog", 3, lambda run: run.terminate_in_backlog(run.rng.choice(WORKERS))),
        Kind("beat killed", 2, lambda run: run.kill(run.rng.choice(BEATS))),
        Kind("beats down for two minutes", 1, lambda run: run.stop_beats((70, 150)), short=False),
        Kind("no ticks for seconds", 1, lambda run: run.stop_beats((4, 6))),
        Kind("web killed", 2, lambda run: run.kill("web")),
        Kind("bot killed", 1, lambda run: run.kill("bot")),
        Kind("bot switched between webhook and polling", 1, lambda run: run.switch_bot_mode()),
        Kind("Redis killed", 2, lambda run: run.kill("redis")),
        Kind("FLUSHALL", 2, lambda run: run.fleet.flush_redis()),
        Kind("Redis full", 1.5, lambda run: run.fill_redis(lasting=_seconds(run, 3, 15))),
    ]


def _of_the_database() -> list[Kind]:
    return [
        Kind("PostgreSQL killed", 1.5, lambda run: run.kill("postgres"), POSTGRESQL),
        Kind("PostgreSQL stopped (immediate)", 1.5, lambda run: run.kill("postgres", how=signal.SIGQUIT), POSTGRESQL),
        Kind("PostgreSQL stopped (fast)", 1.5, lambda run: run.kill("postgres", how=signal.SIGINT), POSTGRESQL),
        Kind("PostgreSQL connection's process killed", 1, lambda run: run.kill_backend(), POSTGRESQL),
        Kind("connections to PostgreSQL dead", 2.5, lambda run: run.kill_connections(), POSTGRESQL, short=False),
        Kind("backup taken", 2, lambda run: run.back_up(), short=False),
        Kind("older backup restored", 3, lambda run: run.restore(max_age=150), short=False),
        Kind("power cut", 3, lambda run: run.cut_power(), SQLITE),
    ]


def _of_clocks_and_disks() -> list[Kind]:
    return [
        Kind("workers' clocks wrong", 2, lambda run: _wrong_clocks(run, WORKERS)),
        Kind("beats' clocks wrong", 2, lambda run: _wrong_clocks(run, BEATS)),
        Kind("database's clock wrong", 2, _wrong_database_clock, POSTGRESQL, short=False),
        Kind(
            "disk full: database",
            1,
            lambda run: run.fill_disk("database", lasting=_seconds(run, 2, 10)),
            disk="database",
        ),
        Kind("disk full: Redis", 0.5, lambda run: run.fill_disk("redis", lasting=_seconds(run, 2, 15)), disk="redis"),
        Kind("disk full: logs", 0.5, lambda run: run.fill_disk("logs", lasting=_seconds(run, 2, 15)), disk="logs"),
    ]


def _of_telegram(chats: list[int]) -> list[Kind]:
    return [
        Kind("Bot API killed", 2, lambda run: run.kill("telegram")),
        Kind("429, 1 to 5 s", 3, lambda run: _flood(run, (1, 5))),
        Kind("429, 1 to 4 min", 2, lambda run: _flood_of_chats(run, chats, LONG_WAIT)),
        Kind("429, 1 to 3 h", 1, lambda run: _flood_of_chats(run, chats, HOURS)),
        Kind("5xx before accepting", 3, lambda run: _server_error(run, after=False)),
        Kind("5xx after accepting", 4, lambda run: _server_error(run, after=True)),
        Kind("hang before accepting", 2, lambda run: run.telegram("hang", times=_some(run, 3))),
        Kind("hang after accepting", 2, lambda run: run.telegram("hang", times=_some(run, 3), after=True)),
        Kind("connection cut before accepting", 3, lambda run: run.telegram("cut_before", times=_some(run, 5))),
        Kind("connection cut after accepting", 3, lambda run: run.telegram("cut_after", times=_some(run, 5))),
        Kind("slow responses", 1, lambda run: run.telegram("latency", times=_some(run, 30), seconds=run.slow)),
        Kind("chats block the bot", 1.5, lambda run: run.refuse_chats("blocked")),
        Kind("accounts deactivated", 0.5, lambda run: run.refuse_chats("deactivated")),
        Kind("chats gone", 0.5, lambda run: run.refuse_chats("gone")),
        Kind("updates that cannot be parsed", 2, lambda run: run.send_invalid_updates()),
    ]


def _of_webhooks() -> list[Kind]:
    modes = {
        "webhooks: slow": "slow",
        "webhooks: no answer": "hang",
        "webhooks: 302": "redirect",
        "webhooks: 410": "gone",
        "webhooks: 429": "busy",
        "webhooks: 500": "error",
        "webhooks: garbage after accepting": "garbage",
        "webhooks: cut after accepting": "cut",
    }
    return [
        Kind("webhook receiver killed", 2, lambda run: run.kill("receiver")),
        *(Kind(name, 1.5, partial(_receiver, mode=mode)) for name, mode in modes.items()),
    ]


def _receiver(run: Faults, *, mode: str) -> bool:
    return run.set_receiver(mode, lasting=_seconds(run, 1, 3) if run.is_short else _seconds(run, 5, 30))


def _some(run: Faults, maximum: int) -> int:
    return run.rng.randint(1, maximum)


def _seconds(run: Faults, minimum: float, maximum: float) -> float:
    return run.rng.uniform(minimum, maximum)


def _flood(run: Faults, span: tuple[int, int]) -> bool:
    """Refuse the next reminders of any chat."""
    return run.telegram("flood", times=_some(run, 5), retry_after=run.rng.randint(*span))


def _flood_of_chats(run: Faults, chats: list[int], span: tuple[int, int]) -> bool:
    """Refuse reminders of five chats, each with its own wait."""
    chosen = run.rng.sample(chats, min(5, len(chats)))
    return bool(chosen) and all(
        run.telegram("flood", times=1, retry_after=run.rng.randint(*span), chat_id=chat_id) for chat_id in chosen
    )


def _server_error(run: Faults, *, after: bool) -> bool:
    """Answer 5xx as a proxy's page or as JSON."""
    status, html = run.rng.choice([(504, True), (502, True), (500, False), (502, False)])
    return run.telegram("server_error", times=_some(run, 8), status=status, html=html, after=after)


def _wrong_clocks(run: Faults, names: tuple[str, ...]) -> bool:
    """Change the clock of one or both programs, by 90 s to a year, for up to four minutes."""
    offset = run.rng.choice([90.0, 3 * HOUR, YEAR]) * run.rng.choice([1, -1])
    chosen = names if run.rng.random() < 0.5 else (run.rng.choice(names),)
    lasting = _seconds(run, 2, 5) if run.is_short else _seconds(run, 10, 240)
    return run.set_clock_offsets(chosen, offset, lasting=lasting)


def _wrong_database_clock(run: Faults) -> bool:
    """Change the database's clock by up to two minutes."""
    offset = _seconds(run, 20, 120) * run.rng.choice([1, -1])
    return run.set_database_offset(offset, lasting=_seconds(run, 10, 40))

"""The kinds of faults: each with its name, how often it is drawn, and how it is played."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.faults import Faults
from tests.chaos.fleet import BEATS, WORKERS

HOUR, YEAR = 3_600.0, 365 * 86_400.0
LONG_WAIT = (60, 240)  # seconds that a long 429 asks for
HOURS = (3_600, 10_800)
MAX_DRAWS = 200  # of kinds of which none can be played
ANY, POSTGRESQL, SQLITE = ("postgresql", "sqlite"), ("postgresql",), ("sqlite",)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault; `short`: also played in runs of seconds."""

    name: str
    weight: float
    play: Callable[[Faults], bool]
    databases: tuple[str, ...] = ANY
    short: bool = True
    disk: str = ""  # that it needs


def play_one(run: Faults, *, chats: list[int]) -> None:
    """Draw kinds until one can be played now: what is down cannot be killed."""
    possible = kinds(run, chats)
    for _ in range(MAX_DRAWS):
        kind = run.draw.choices(possible, [kind.weight for kind in possible])[0]
        if kind.play(run):
            run.counts[kind.name] += 1
            run.fleet.note(kind.name)
            return


def not_played(run: Faults) -> list[str]:
    """What this machine cannot play, in a sentence each."""
    if missing := [kind.name for kind in all_kinds([]) if kind.disk and kind.disk not in run.fleet.disks]:
        return [f"not played: {', '.join(missing)} (small disks are mounted by root, on Linux)"]
    return []


def kinds(run: Faults, chats: list[int]) -> list[Kind]:
    """Those that this run can play; `chats` are still to be reminded."""
    return [
        kind
        for kind in all_kinds(chats)
        if run.fleet.kind in kind.databases
        and (not run.only or kind.name in run.only)
        and (kind.short or not run.is_short)
        and (not kind.disk or kind.disk in run.fleet.disks)
    ]


def all_kinds(chats: list[int]) -> list[Kind]:
    """All that there are."""
    return [*_of_processes(), *_of_the_database(), *_of_clocks_and_disks(), *_of_telegram(chats)]


def _of_processes() -> list[Kind]:
    return [
        Kind("worker killed", 4, lambda run: run.kill(run.draw.choice(WORKERS))),
        Kind("process of a worker killed", 4, lambda run: run.kill_child(run.draw.choice(WORKERS))),
        Kind("sender stopped past its lease", 1, lambda run: run.stand_still(run.draw.choice(WORKERS))),
        Kind("SIGTERM to a worker in a backlog", 3, lambda run: run.ask_to_end(run.draw.choice(WORKERS))),
        Kind("beat killed", 2, lambda run: run.kill(run.draw.choice(BEATS))),
        Kind("beats away for two minutes", 1, lambda run: run.without_beat((70, 150)), short=False),
        Kind("ticks away for seconds", 1, lambda run: run.without_beat((4, 6))),
        Kind("web killed", 2, lambda run: run.kill("web")),
        Kind("bot killed", 1, lambda run: run.kill("bot")),
        Kind("bot by webhook, or by polling again", 1, lambda run: run.change_bots_mode()),
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
        Kind("lines to PostgreSQL lost", 2.5, lambda run: run.lose_lines(), POSTGRESQL, short=False),
        Kind("backup taken", 2, lambda run: run.back_up(), short=False),
        Kind("older backup restored", 3, lambda run: run.restore(oldest=150), short=False),
        Kind("power cut", 3, lambda run: run.cut_power(), SQLITE),
    ]


def _of_clocks_and_disks() -> list[Kind]:
    return [
        Kind("workers' clocks off", 2, lambda run: _clocks_off(run, WORKERS)),
        Kind("beats' clocks off", 2, lambda run: _clocks_off(run, BEATS)),
        Kind("database's clock off", 2, _database_off, POSTGRESQL, short=False),
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
        Kind("line cut before accepting", 3, lambda run: run.telegram("cut_before", times=_some(run, 5))),
        Kind("line cut after accepting", 3, lambda run: run.telegram("cut_after", times=_some(run, 5))),
        Kind("slow answers", 1, lambda run: run.telegram("latency", times=_some(run, 30), seconds=run.slow)),
        Kind("chats block the bot", 1.5, lambda run: run.refuse_chats("blocked")),
        Kind("accounts deactivated", 0.5, lambda run: run.refuse_chats("deactivated")),
        Kind("chats gone", 0.5, lambda run: run.refuse_chats("gone")),
        Kind("updates that nobody can parse", 2, lambda run: run.send_nonsense()),
    ]


def _some(run: Faults, most: int) -> int:
    return run.draw.randint(1, most)


def _seconds(run: Faults, least: float, most: float) -> float:
    return run.draw.uniform(least, most)


def _flood(run: Faults, span: tuple[int, int]) -> bool:
    """On whatever comes next."""
    return run.telegram("flood", times=_some(run, 5), retry_after=run.draw.randint(*span))


def _flood_of_chats(run: Faults, chats: list[int], span: tuple[int, int]) -> bool:
    """In five chats, each for a time of its own."""
    chosen = run.draw.sample(chats, min(5, len(chats)))
    return bool(chosen) and all(
        run.telegram("flood", times=1, retry_after=run.draw.randint(*span), chat_id=chat_id) for chat_id in chosen
    )


def _server_error(run: Faults, *, after: bool) -> bool:
    """As a proxy's page or as JSON."""
    status, html = run.draw.choice([(504, True), (502, True), (500, False), (502, False)])
    return run.telegram("server_error", times=_some(run, 8), status=status, html=html, after=after)


def _clocks_off(run: Faults, names: tuple[str, ...]) -> bool:
    """Of one or both, by a minute and a half up to a year, for up to four minutes."""
    off = run.draw.choice([90.0, 3 * HOUR, YEAR]) * run.draw.choice([1, -1])
    chosen = names if run.draw.random() < 0.5 else (run.draw.choice(names),)
    lasting = _seconds(run, 2, 5) if run.is_short else _seconds(run, 10, 240)
    return run.set_clocks_off(chosen, off, lasting=lasting)


def _database_off(run: Faults) -> bool:
    """By up to two minutes: all that is due by it is sent by it."""
    off = _seconds(run, 20, 120) * run.draw.choice([1, -1])
    return run.set_database_off(off, lasting=_seconds(run, 10, 40))

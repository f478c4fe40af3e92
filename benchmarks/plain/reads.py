"""plain_today, plain_summary, plain_progress, plain_standings: what is read most, of the product and the plain application."""

import gc
import time
from collections.abc import Iterator
from datetime import timedelta
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone

from benchmarks import challenge
from benchmarks.check_off import call, environ
from benchmarks.measures import Options
from benchmarks.plain.people import bring_to_life, plain_handler, plain_token_of, today_of, token_of
from benchmarks.timing import Timed, ratios, seconds
from benchmarks.world import World
from users.models import User

YEAR, MONTH = 365, 30  # days
CALLS = 5  # per turn
TURNS = 4
MILLISECONDS = 1_000


def today_5(world: World, options: Options) -> Iterator[float]:
    return _compare(world, options, "today", habits=5, days=YEAR)


def today_20(world: World, options: Options) -> Iterator[float]:
    return _compare(world, options, "today", habits=20, days=YEAR)


def today_100(world: World, options: Options) -> Iterator[float]:
    return _compare(world, options, "today", habits=100, days=YEAR)


def summary(world: World, options: Options) -> Iterator[float]:
    """Yield product ÷ plain for each round, of a year up to today."""
    return _compare(world, options, "summary", habits=20, days=YEAR)


def progress(world: World, options: Options) -> Iterator[float]:
    """Yield the milliseconds of CPU that a month of 100 habits takes, for each round after a warm-up."""
    ours, _ = _requests(world, "progress", habits=100, days=YEAR, range_days=MONTH)
    handler = WSGIHandler()
    call(handler, ours)
    gc.collect()
    gc.freeze()  # as config.wsgi does in a web process
    for _ in range(options.rounds):
        started = time.process_time()
        for _ in range(CALLS):
            call(handler, ours)
        yield (time.process_time() - started) / CALLS * MILLISECONDS


def standings(world: World, options: Options) -> Iterator[float]:
    """Yield a page of a challenge of 10,000 members ÷ of one of 100 for each round."""
    return challenge.growth(world, options)


def _compare(world: World, options: Options, name: str, *, habits: int, days: int) -> Iterator[float]:
    """Yield product ÷ plain for each round."""
    ours, plain = _requests(world, name, habits=habits, days=days, range_days=YEAR)

    def timed(handler: WSGIHandler, request: WSGIEnvironment) -> Timed:
        def once() -> float:
            world.reset()  # computing time is limited
            return seconds(lambda: [call(handler, request) for _ in range(CALLS)])

        return once

    yield from ratios(options.rounds, over=timed(WSGIHandler(), ours), under=timed(plain_handler(), plain), turns=TURNS)


def _requests(
    world: World, name: str, *, habits: int, days: int, range_days: int
) -> tuple[WSGIEnvironment, WSGIEnvironment]:
    """Create a database of one user; return the request to the product and that to the plain application."""
    bring_to_life(world, f"plain_{name}", users=1, habits=habits, days=days)
    user = User.objects.get()
    last = today_of(user, timezone.now())
    first = last - timedelta(days=range_days - 1)
    ours = environ(f"/api/{name}/", token_of(user)) | {"REQUEST_METHOD": "GET"}
    plain = environ(f"/habits/{name}/", plain_token_of(user.pk)) | {"REQUEST_METHOD": "GET"}
    if name == "today":
        return ours, plain
    page = "&page_size=100" if name == "progress" else ""
    return (
        ours | {"QUERY_STRING": f"from={first}&to={last}{page}"},
        plain | {"QUERY_STRING": f"first={first}&last={last}"},
    )

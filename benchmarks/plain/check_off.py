"""plain_check_off, plain_clients: PUT of today's log, of the product and of the plain application.

Each person sets today of one habit, whose logs go back to yesterday. After each turn today is cleared again, which is
not timed.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from benchmarks.check_off import call, environ
from benchmarks.measures import Options
from benchmarks.people import tidy
from benchmarks.plain.models import PlainLog
from benchmarks.plain.people import bring_to_life, plain_handler, plain_token_of, today_of, token_of
from benchmarks.timing import Timed, ratios, seconds
from benchmarks.world import World
from tracking.logs.services import clear_day
from tracking.models import HabitLog, HabitTrack

PEOPLE = 20
CLIENTS = 4
TURNS = 4


@dataclass(frozen=True)
class Side:
    """One of the two applications: its handler, a request of each person, and how to clear today again."""

    handler: WSGIHandler
    puts: Sequence[WSGIEnvironment]
    clear: Callable[[], None]

    def timed(self, run: Callable[[WSGIHandler, Sequence[WSGIEnvironment]], object]) -> Timed:
        """Return a function that clears today and returns the seconds of a run of all requests."""

        def once() -> float:
            self.clear()
            return seconds(lambda: run(self.handler, self.puts))

        return once


def days_10(world: World, options: Options) -> Iterator[float]:
    return _one_after_the_other(world, options, days=10)


def days_365(world: World, options: Options) -> Iterator[float]:
    return _one_after_the_other(world, options, days=365)


def days_3650(world: World, options: Options) -> Iterator[float]:
    return _one_after_the_other(world, options, days=3650)


def four_clients(world: World, options: Options) -> Iterator[float]:
    """Yield requests a second of the product ÷ of the plain application, of four threads in this process."""
    product, plain = _sides(world, days=365)
    with ThreadPoolExecutor(CLIENTS, initializer=_connect, initargs=(connections["default"],)) as pool:

        def all_at_once(handler: WSGIHandler, puts: Sequence[WSGIEnvironment]) -> None:
            list(pool.map(lambda put: call(handler, put), puts))

        # The same number of requests on both sides, so the ratio of rates is that of the times, upside down.
        yield from ratios(options.rounds, over=plain.timed(all_at_once), under=product.timed(all_at_once), turns=TURNS)


def _connect(of_measure: BaseDatabaseWrapper) -> None:
    """Give the thread its own connection to the database of the measure."""
    connections["default"] = type(of_measure)(of_measure.settings_dict, "default")


def _one_after_the_other(world: World, options: Options, *, days: int) -> Iterator[float]:
    """Yield product ÷ plain for each round."""
    product, plain = _sides(world, days=days)

    def all_in_turn(handler: WSGIHandler, puts: Sequence[WSGIEnvironment]) -> None:
        for put in puts:
            call(handler, put)

    yield from ratios(options.rounds, over=product.timed(all_in_turn), under=plain.timed(all_in_turn), turns=TURNS)


def _sides(world: World, *, days: int) -> tuple[Side, Side]:
    """Create a database with both applications; return the product and the plain application."""
    bring_to_life(world, "plain_check_off", users=PEOPLE, habits=1, days=days)
    now = timezone.now()
    tracks = list(HabitTrack.objects.select_related("user").order_by("pk"))
    todays = {track.pk: today_of(track.user, now) for track in tracks}

    def clear_ours() -> None:
        for track in tracks:
            clear_day(user=track.user, track_id=track.pk, day=todays[track.pk], now=timezone.now())
        tidy(HabitLog, HabitTrack)

    def clear_plain() -> None:
        for pk, day in todays.items():
            PlainLog.objects.filter(habit=pk, day=day).delete()
        tidy(PlainLog)

    ours = [environ(f"/api/tracks/{track.pk}/logs/{todays[track.pk]}/", token_of(track.user)) for track in tracks]
    plains = [environ(f"/habits/{pk}/logs/{day}/", plain_token_of(pk)) for pk, day in todays.items()]
    return Side(WSGIHandler(), ours, clear_ours), Side(plain_handler(), plains, clear_plain)

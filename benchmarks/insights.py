"""today, progress, summary: the requests of one user with 5 and with 100 habits, each with a year of history.

Through Django's WSGI handler, with a month as the range of progress and summary and all habits on one page. The stored
streak stats are from yesterday, as in the first request of a day.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone

from benchmarks.check_off import call, environ
from benchmarks.measures import Options
from benchmarks.people import populate, tidy
from benchmarks.timing import Timed, ratios, seconds
from benchmarks.world import World
from config import urls
from habits.rules import FIRST_DAY
from tracking.models import HabitTrack
from tracking.streaks import services as streak_stats
from tracking.tracks.queries import locked
from users import sessions
from users.devices import Device
from users.models import User
from users.timing import DAY

MANY, FEW = 100, 5
HISTORY_DAYS = 365
QUERIES = {"today": "", "progress": "range=last_month&page_size=100", "summary": "range=last_month"}
CALLS = 3  # of an endpoint per turn
TURNS = 4


@dataclass(frozen=True, slots=True)
class Captured:
    """The statements and the response of the endpoint."""

    statements: list[str]
    response: Any


captured: list[Captured] = []


def bare(request: HttpRequest) -> JsonResponse:
    """Execute the captured statements and return the captured response."""
    [known] = captured
    with connection.cursor() as cursor:
        for statement in known.statements:
            cursor.execute(statement)
            cursor.fetchall()
    return JsonResponse(known.response, safe=False)


urlpatterns = [path("bare/", bare), *urls.urlpatterns]


def today(world: World, options: Options) -> Iterator[float]:
    return _compare_with_bare_view(world, options, "today")


def progress(world: World, options: Options) -> Iterator[float]:
    return _compare_with_bare_view(world, options, "progress")


def summary(world: World, options: Options) -> Iterator[float]:
    return _compare_with_bare_view(world, options, "summary")


def today_growth(world: World, options: Options) -> Iterator[float]:
    return _growth(world, options, "today")


def progress_growth(world: World, options: Options) -> Iterator[float]:
    return _growth(world, options, "progress")


def summary_growth(world: World, options: Options) -> Iterator[float]:
    return _growth(world, options, "summary")


def _compare_with_bare_view(world: World, options: Options, name: str) -> Iterator[float]:
    """Yield bare view ÷ endpoint with 100 habits for each round."""
    world.reset()
    request = _populated(world, MANY, name)
    with override_settings(ROOT_URLCONF="benchmarks.insights"):
        handler = WSGIHandler()
        captured[:] = [_captured(handler, request)]
        bare_request = request | {"PATH_INFO": "/bare/", "QUERY_STRING": ""}

        def timed(which: WSGIEnvironment) -> Timed:
            return lambda: seconds(lambda: [call(handler, which) for _ in range(CALLS)])

        yield from ratios(options.rounds, over=timed(bare_request), under=timed(request), turns=TURNS)


def _growth(world: World, options: Options, name: str) -> Iterator[float]:
    """Yield the time of 100 habits ÷ of 5 for each round; both execute the same number of statements."""
    world.reset()
    handler = WSGIHandler()
    statements = set()

    def of(habits: int) -> Timed:
        request = _populated(world, habits, name)
        database = connection.settings_dict["NAME"]
        statements.add(len(_captured(handler, request).statements))

        def timed() -> float:
            world.use_database(database)
            return seconds(lambda: [call(handler, request) for _ in range(CALLS)])

        return timed

    many, few = of(MANY), of(FEW)
    assert len(statements) == 1, statements
    yield from ratios(options.rounds, over=many, under=few, turns=TURNS)


def _captured(handler: WSGIHandler, request: WSGIEnvironment) -> Captured:
    call(handler, request)
    with CaptureQueriesContext(connection) as queries:
        response = call(handler, request)
    return Captured([query["sql"] for query in queries.captured_queries], json.loads(response))


def _populated(world: World, habits: int, name: str) -> WSGIEnvironment:
    """Create a database with one user and `habits` habits; return that user's request."""
    world.fresh_database(f"{name}_{habits}_{len(world._connections)}")
    now = timezone.now()
    populate(tracks=habits, users=1, at=now.replace(second=0, microsecond=0), history_days=HISTORY_DAYS)
    with transaction.atomic():
        for track in locked(HabitTrack.objects.all()):
            streak_stats.refresh_streak_stats(track=track, since=FIRST_DAY, now=now - DAY)
    tidy()
    token = f"Bearer {sessions.start(user=User.objects.get(), device=Device(), now=timezone.now())['access']}"
    request = environ(f"/api/{name}/", token)
    return request | {"REQUEST_METHOD": "GET", "QUERY_STRING": QUERIES[name]}

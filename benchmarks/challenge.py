"""challenge: a page of a challenge's scores, from the middle of 10,000 members."""

import json
from collections.abc import Iterator
from typing import Any
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone

from benchmarks.check_off import call, environ
from benchmarks.measures import Options
from benchmarks.people import fill, populate, tidy
from benchmarks.timing import Timed, ratios, seconds
from benchmarks.world import World
from community.challenges.rules import ends_at
from community.models import Challenge, ChallengeMember
from config import urls
from tracking.models import HabitTrack
from users import sessions
from users.devices import Device
from users.models import User
from users.timing import DAY

MANY, FEW = 10_000, 100
DAYS = 31
PAGE_SIZE = 20
CALLS = 20  # of the page per turn
TURNS = 4

statements: list[str] = []
responses: list[dict[str, Any]] = []


def bare(request: HttpRequest) -> JsonResponse:
    """Execute the captured statements and return the captured response."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            cursor.fetchall()
    return JsonResponse(responses[0])


urlpatterns = [path("bare/", bare), *urls.urlpatterns]


def run(world: World, options: Options) -> Iterator[float]:
    """Yield bare view ÷ page for each round."""
    world.reset()
    page = populated(world, MANY)
    with override_settings(ROOT_URLCONF="benchmarks.challenge"):
        handler = WSGIHandler()
        call(handler, page)
        with CaptureQueriesContext(connection) as queries:
            response = call(handler, page)
        statements[:] = [query["sql"] for query in queries.captured_queries]
        responses[:] = [json.loads(response)]
        assert responses[0]["count"] == MANY
        bare_page = page | {"PATH_INFO": "/bare/", "QUERY_STRING": ""}

        def timed(request: WSGIEnvironment) -> Timed:
            return lambda: seconds(lambda: [call(handler, request) for _ in range(CALLS)])

        yield from ratios(options.rounds, over=timed(bare_page), under=timed(page), turns=TURNS)


def growth(world: World, options: Options) -> Iterator[float]:
    """Yield the page of 10,000 members ÷ of 100 for each round."""
    world.reset()
    handler = WSGIHandler()

    def with_members(members: int) -> Timed:
        page = populated(world, members)
        database = connection.settings_dict["NAME"]

        def timed() -> float:
            world.use_database(database)
            return seconds(lambda: [call(handler, page) for _ in range(CALLS)])

        return timed

    yield from ratios(options.rounds, over=with_members(MANY), under=with_members(FEW), turns=TURNS)


def populated(world: World, members: int) -> WSGIEnvironment:
    """Create a database with a challenge of `members` members; return a request for the page in the middle."""
    world.fresh_database(f"challenge_{members}_{len(world._connections)}")
    now = timezone.now()
    populate(tracks=1, users=members, at=now.replace(second=0, microsecond=0))
    fill(HabitTrack, members - 1, id="i + 1", user_id="i + 1", habit_id="1", started_on="now()::date - 30")
    first = now.date() - 10 * DAY
    last = first + (DAYS - 1) * DAY
    Challenge.objects.create(
        pk=1, creator_id=1, habit_id=1, name="May", first_day=first, last_day=last, code="code", ends_at=ends_at(last)
    )
    fill(
        ChallengeMember,
        members,
        challenge_id="1",
        user_id="i",
        track_id="i",
        joined_at="now()",
        completed=f"mod(i::bigint * 7919, {DAYS})",
        strength="round(mod(i::bigint * 104729, 1000003) / 1000003.0, 6)",
    )
    tidy()
    token = f"Bearer {sessions.start(user=User.objects.get(pk=1), device=Device(), now=timezone.now())['access']}"
    page = members // PAGE_SIZE // 2
    request = environ("/api/challenges/1/standings/", token)
    return request | {"REQUEST_METHOD": "GET", "QUERY_STRING": f"page_size={PAGE_SIZE}&page={page}"}

"""check_off: PUT of today's log through Django's WSGI handler, compared with a bare view with the same SQL statements.

The statements of the endpoint are captured once per track, including transaction and savepoints; the bare view executes
them and returns the captured response. Both use the same handler and middleware. The difference is authentication,
parsing, rules and serializers.
"""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIEnvironment
from wsgiref.util import setup_testing_defaults

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from benchmarks.measures import Options
from benchmarks.people import populate, tidy
from benchmarks.timing import ratios, seconds
from benchmarks.world import World
from config import urls
from tracking.models import HabitLog, HabitTrack
from users import sessions
from users.devices import Device

TRACKS = 100
HISTORY_DAYS = 30
BODY = json.dumps({"status": "completed"}).encode()


@dataclass(frozen=True, slots=True)
class Captured:
    """The statements and the response of the endpoint for one track."""

    statements: list[str]
    response: dict[str, Any]


captured: dict[int, Captured] = {}


@csrf_exempt
def bare(request: HttpRequest, track_id: int) -> JsonResponse:
    """Execute the captured statements and return the captured response."""
    json.loads(request.body)
    known = captured[track_id]
    with connection.cursor() as cursor:
        for statement in known.statements:
            cursor.execute(statement)
            if cursor.description:
                cursor.fetchall()
    return JsonResponse(known.response)


urlpatterns = [path("bare/<int:track_id>/", bare), *urls.urlpatterns]


def run(world: World, options: Options) -> Iterator[float]:
    """Yield bare view ÷ endpoint for each round."""
    world.fresh_database("check_off")
    world.reset()
    now = timezone.now()
    populate(tracks=TRACKS, users=TRACKS, at=now.replace(second=0, microsecond=0), history_days=HISTORY_DAYS)
    tracks = list(HabitTrack.objects.select_related("user").order_by("pk"))
    puts, bares = [], []
    for track in tracks:
        token = f"Bearer {sessions.start(user=track.user, device=Device(), now=timezone.now())['access']}"
        day = track.user.clock.day_of(now)
        puts.append(environ(f"/api/tracks/{track.pk}/logs/{day}/", token))
        bares.append(environ(f"/bare/{track.pk}/", token))
    with override_settings(ROOT_URLCONF="benchmarks.check_off"):
        handler = WSGIHandler()

        def delete_todays_logs() -> None:
            HabitLog.objects.filter(pk__gt=TRACKS * HISTORY_DAYS).delete()
            tidy(HabitLog, HabitTrack)

        for put in puts:
            call(handler, put)  # the first call of a month also stores a checkpoint of the streak
        delete_todays_logs()
        for track, put in zip(tracks, puts, strict=True):
            with CaptureQueriesContext(connection) as queries:
                response = call(handler, put)
            captured[track.pk] = Captured([query["sql"] for query in queries.captured_queries], json.loads(response))

        def timed(requests: list[WSGIEnvironment]) -> float:
            delete_todays_logs()
            taken = seconds(lambda: [call(handler, each) for each in requests])
            assert HabitLog.objects.count() == TRACKS * (HISTORY_DAYS + 1)
            return taken

        yield from ratios(options.rounds, over=lambda: timed(bares), under=lambda: timed(puts))


def environ(path: str, token: str, *, method: str = "PUT", body: bytes = BODY) -> WSGIEnvironment:
    """Return the WSGI environment of a request, without its body."""
    made: WSGIEnvironment = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_AUTHORIZATION": token,
    }
    setup_testing_defaults(made)
    return made


def call(handler: WSGIHandler, request: WSGIEnvironment, body: bytes = BODY) -> bytes:
    """Make one request, which must succeed, and return the body of the response."""
    statuses: list[str] = []

    def start_response(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return io.BytesIO().write

    response = handler(request | {"wsgi.input": io.BytesIO(body)}, start_response)
    answer = b"".join(response)
    response.close()
    assert statuses == ["200 OK"], (statuses, answer)
    return answer

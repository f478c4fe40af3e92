"""key_authentication: a small read with a key ÷ the same with an access token, through Django's WSGI handler.

The read is `GET /api/tags/` of a user without tags, so that little else is in it. The key's own limit is counted.
"""

import io
from collections.abc import Callable, Iterator
from wsgiref.types import WSGIEnvironment
from wsgiref.util import setup_testing_defaults

from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone

from benchmarks.measures import Options
from benchmarks.people import populate
from benchmarks.timing import ratios, seconds
from benchmarks.world import World
from common.redis import connection
from integrations.keys import rules
from integrations.models import ApiKey
from users import sessions
from users.devices import Device
from users.models import User
from users.scopes import Scope

REQUESTS = 200


def run(world: World, options: Options) -> Iterator[float]:
    """Yield the time with a key ÷ that with a token, for each round."""
    world.fresh_database("key_authentication")
    world.reset()
    now = timezone.now()
    populate(tracks=1, users=1, at=now.replace(second=0, microsecond=0))
    user = User.objects.get()
    text = rules.key_text(rules.PERSON, public_id="Benchmrk", secret=bytes(range(rules.SECRET_BYTES)))
    ApiKey.objects.create(
        user=user,
        name="benchmark",
        prefix=rules.prefix_of(text),
        secret_hash=rules.hash_of(text),
        scopes=[Scope.HABITS_READ.value],
        created_at=now,
    )
    token = sessions.start(user=user, device=Device(), now=now)["access"]
    handler = WSGIHandler()

    def timed(credential: str) -> float:
        connection().flushdb()  # a limit that a long run would reach costs more the fuller it is
        request = environ(credential)

        def read() -> None:
            for _ in range(REQUESTS):
                call(handler, request)

        return seconds(read)

    yield from ratios(options.rounds, over=lambda: timed(text), under=lambda: timed(token), turns=2)


def environ(credential: str) -> WSGIEnvironment:
    """Return the WSGI environment of the read."""
    made: WSGIEnvironment = {"PATH_INFO": "/api/tags/", "HTTP_AUTHORIZATION": f"Bearer {credential}"}
    setup_testing_defaults(made)
    return made


def call(handler: WSGIHandler, request: WSGIEnvironment) -> None:
    """Make one request, which must succeed."""
    statuses: list[str] = []

    def start_response(status: str, headers: object, exc_info: object = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return io.BytesIO().write

    response = handler(request | {"wsgi.input": io.BytesIO()}, start_response)
    body = b"".join(response)
    response.close()
    assert statuses == ["200 OK"], (statuses, body)

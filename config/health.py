"""What monitoring asks: whether this process lives, whether it can serve, and whether the whole service works.

These answers come before every other middleware: any Host is answered, no session is read, and what is broken
further down cannot break them.
"""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.cache import add_never_cache_headers
from django.views.defaults import server_error as page_server_error
from redis.exceptions import RedisError

from common import clock
from common.cached import Cached
from common.exception_handler import error_response
from common.redis import connection as redis_connection
from common.redis import key
from config import metrics
from notifications import heartbeats, liveness

PROBE = "status:probe"
STOPPED = {
    heartbeats.TICK: "Something is due and no tick did its work for three minutes: see that beat and a worker run.",
    heartbeats.SEND: "Something is due and nothing was sent for three minutes: see what the workers log.",
}


class Reason(NamedTuple):
    """Why the service does not work: a code for programs, a sentence for operators."""

    code: str
    detail: str


class HealthMiddleware:
    """Answers /healthz/, /readyz/, /statusz/ and /metrics, with or without a slash at the end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = PATHS.get(request.path_info.rstrip("/"))
        if view is None:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = view(request)
        add_never_cache_headers(response)
        return response


def healthz(request: HttpRequest) -> HttpResponse:
    """200 "ok": this process lives. Asks nothing of anything else."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 while this process can serve: the database answers and has this code's tables. Else 503."""
    reason = readiness.missing()
    return _unavailable(reason) if reason else JsonResponse({"status": "ok"})


def statusz(request: HttpRequest) -> HttpResponse:
    """200 while the whole service works, else 503; with the metrics token also why."""
    reasons = status.get(clock.now())
    body: dict[str, object] = {"status": "failing" if reasons else "ok"}
    if has_token(request):
        body["reasons"] = [reason._asdict() for reason in reasons]
    return JsonResponse(body, status=HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK)


def metrics_page(request: HttpRequest) -> HttpResponse:
    """The figures for Prometheus; 404 where no METRICS_TOKEN is set, 401 without it."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("Not found.", status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    if not has_token(request):
        refusal = HttpResponse("Unauthorized.", status=HTTPStatus.UNAUTHORIZED, content_type="text/plain")
        refusal.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refusal
    text, content_type = metrics.page(now=clock.now(), accept=request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=content_type)


def has_token(request: HttpRequest) -> bool:
    """Return whether the request carries METRICS_TOKEN; never where none is set."""
    given = request.headers.get("Authorization", "").encode()
    wanted = f"Bearer {settings.METRICS_TOKEN}".encode()
    return hmac.compare_digest(given, wanted) and bool(settings.METRICS_TOKEN)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours: in the error shape below /api/, a plain page elsewhere."""
    if request.path.startswith("/api/"):
        return error_response(request, 500, "error", "Server Error (500)")
    return page_server_error(request)


class Readiness:
    """Whether the database answers and its migrations are applied; the latter is looked up until it is once true."""

    def __init__(self) -> None:
        self.is_migrated = False

    def missing(self) -> Reason | None:
        """Return what keeps this process from serving."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            if not self.is_migrated:
                executor = MigrationExecutor(connection)
                self.is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return Reason("database", "The database does not answer.")
        return None if self.is_migrated else Reason("migrations", "Migrations are to be applied: manage.py migrate.")


def why_failing(now: datetime) -> list[Reason]:
    """Return why the service does not work as a whole; nothing where it does."""
    reasons = []
    try:
        # A full Redis answers a ping and takes no work, so something is written.
        redis_connection().set(key(PROBE), 1, ex=60)
    except RedisError as error:
        reasons.append(Reason("redis", f"Redis takes no work ({type(error).__name__}): nothing is sent."))
    if missing := readiness.missing():
        return [*reasons, missing]
    try:
        reasons += [Reason(name, STOPPED[name]) for name in liveness.stalled(now=now)]
    except DatabaseError:
        reasons.append(Reason("database", "The database does not answer."))
    return reasons


def _unavailable(reason: Reason) -> HttpResponse:
    return JsonResponse({"status": "unavailable", "reason": reason.code}, status=HTTPStatus.SERVICE_UNAVAILABLE)


readiness = Readiness()
status = Cached(why_failing, ttl=timedelta(seconds=5))

PATHS = {"/healthz": healthz, "/readyz": readyz, "/statusz": statusz, "/metrics": metrics_page}

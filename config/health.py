"""Health checks for monitoring: is this process alive, can it serve requests, does the whole service work.

They run before every other middleware: any Host is accepted, no session is read, and errors in other middleware cannot
break them.
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
from notifications.monitoring import heartbeats, liveness

PROBE = "status:probe"
STOPPED_DETAILS = {
    heartbeats.TICK: "Something is due, but no tick has run for three minutes: check that beat and a worker are running.",
    heartbeats.SEND: "Something is due, but nothing was sent for three minutes: check the workers' logs.",
    "webhooks": "Programs wait to be told, but no webhooks were sent for three minutes: check the workers' logs.",
}


class Reason(NamedTuple):
    """A reason why the service does not work: a code for programs, a sentence for operators."""

    code: str
    detail: str


class HealthMiddleware:
    """Answers /healthz/, /readyz/, /statusz/, /metrics and /heartbeat/, with or without a trailing slash."""

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
    """Answer 200 "ok": this process is alive. Uses neither the database nor Redis."""
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database responds and all migrations are applied, otherwise 503."""
    reason = readiness.problem()
    return _unavailable(reason) if reason else JsonResponse({"status": "ok"})


def statusz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the whole service works, otherwise 503; with the metrics token also the reasons."""
    reasons = status.get(clock.now())
    body: dict[str, object] = {"status": "failing" if reasons else "ok"}
    if has_token(request):
        body["reasons"] = [reason._asdict() for reason in reasons]
    return JsonResponse(body, status=HTTPStatus.SERVICE_UNAVAILABLE if reasons else HTTPStatus.OK)


def metrics_page(request: HttpRequest) -> HttpResponse:
    """Answer the metrics for Prometheus; 404 if no METRICS_TOKEN is set, 401 without it."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("Not found.", status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    if not has_token(request):
        response = HttpResponse("Unauthorized.", status=HTTPStatus.UNAUTHORIZED, content_type="text/plain")
        response.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return response
    text, content_type = metrics.page(now=clock.now(), accept=request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=content_type)


def heartbeat(request: HttpRequest) -> HttpResponse:
    """Answer the supervisor of this machine whether a child, by role and pid, has a heartbeat of the last minute.

    503 while the database does not respond or cannot be written to, since then a missing heartbeat proves nothing. 404
    for anybody else.
    """
    role, pid = request.GET.get("role", ""), request.GET.get("pid", "")
    if not has_token(request, settings.SUPERVISOR_TOKEN) or not pid.isdecimal():
        return HttpResponse("Not found.", status=HTTPStatus.NOT_FOUND, content_type="text/plain")
    now = clock.now()
    try:
        at = heartbeats.last_at(heartbeats.process_name(role, int(pid)))
        is_alive = at is not None and now - at < heartbeats.RECENT
        if not is_alive:
            heartbeats.record(heartbeats.process_name(heartbeats.SUPERVISOR), now=now)
    except DatabaseError:
        return _unavailable(Reason("database", "The database does not respond."))
    return JsonResponse({"is_alive": is_alive})


def has_token(request: HttpRequest, expected: str | None = None) -> bool:
    """Return whether the request carries the token, by default METRICS_TOKEN; False if that is not set."""
    expected = settings.METRICS_TOKEN if expected is None else expected
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    is_equal = hmac.compare_digest(token.encode(), expected.encode())
    return scheme.lower() == "bearer" and is_equal and bool(expected)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500: in the API's error format below /api/, a plain page elsewhere."""
    if request.path_info.startswith("/api/"):
        return error_response(request, 500, "error", "Server Error (500)")
    return page_server_error(request)


class Readiness:
    """Whether the database responds and all migrations are applied; the latter is checked until it is true once."""

    def __init__(self) -> None:
        self.is_migrated = False

    def problem(self) -> Reason | None:
        """Return why this process cannot serve requests; None if it can."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            if not self.is_migrated:
                executor = MigrationExecutor(connection)
                self.is_migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError:
            return Reason("database", "The database does not respond.")
        return (
            None
            if self.is_migrated
            else Reason("migrations", "Some migrations are not applied: run manage.py migrate.")
        )


def failure_reasons(now: datetime) -> list[Reason]:
    """Return why the whole service does not work; an empty list if it does."""
    reasons = []
    try:
        # A full Redis still answers a ping but accepts no messages, so test a write.
        redis_connection().set(key(PROBE), 1, ex=60)
    except RedisError as error:
        reasons.append(Reason("redis", f"Redis accepts no writes ({type(error).__name__}): nothing is sent."))
    if problem := readiness.problem():
        return [*reasons, problem]
    try:
        reasons += [Reason(name, STOPPED_DETAILS[name]) for name in liveness.stalled(now=now)]
    except DatabaseError:
        reasons.append(Reason("database", "The database does not respond."))
    return reasons


def _unavailable(reason: Reason) -> HttpResponse:
    return JsonResponse({"status": "unavailable", "reason": reason.code}, status=HTTPStatus.SERVICE_UNAVAILABLE)


readiness = Readiness()
status = Cached(failure_reasons, ttl=timedelta(seconds=5))

PATHS = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/statusz": statusz,
    "/metrics": metrics_page,
    "/heartbeat": heartbeat,
}

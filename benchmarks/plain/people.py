"""The same people, habits and logs for the product and for the plain application, and a handler for the latter."""

from collections.abc import Callable
from datetime import date, datetime

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.db.models import Min, Model
from django.http import HttpRequest, HttpResponseBase
from django.test import override_settings
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken

from achievements.awards import awarding
from benchmarks.people import ZONES, fill, populate, tidy
from benchmarks.plain.models import PlainHabit, PlainLog, PlainUser
from benchmarks.world import World
from habits.rules import FIRST_DAY
from tracking.models import HabitLog, HabitTrack
from tracking.streaks import services as streak_stats
from tracking.tracks.queries import locked
from users import sessions
from users.devices import Device
from users.models import User
from users.timing import DAY

# What `django-admin startproject` gives a project, and CORS headers.
MIDDLEWARE = [
    "benchmarks.plain.people.with_plain_routes",
    "django.middleware.security.SecurityMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]


def with_plain_routes(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Route requests to the plain application."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        request.urlconf = "benchmarks.plain.urls"
        return get_response(request)

    return respond


def plain_handler() -> WSGIHandler:
    """Return a handler with the middleware and the routes of the plain application."""
    with override_settings(MIDDLEWARE=MIDDLEWARE):
        return WSGIHandler()


def bring_to_life(world: World, name: str, *, users: int, habits: int, days: int) -> None:
    """Create a database in which each user has logged `habits` daily habits on `days` days up to yesterday.

    The product has counted and awarded yesterday, as if it had been logged then.
    """
    world.reset()
    world.fresh_database(f"{name}_{users}_{habits}_{days}_{len(world._connections)}")
    now = timezone.now()
    populate(tracks=users * habits, users=users, at=now.replace(second=0, microsecond=0), history_days=days)
    for pk, first in HabitTrack.objects.annotate(first=Min("logs__day")).values_list("pk", "first"):
        HabitTrack.objects.filter(pk=pk).update(started_on=first, first_log_on=first, windows_from=first)
    for pk in HabitTrack.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            track = locked(HabitTrack.objects.filter(pk=pk)).get()
            yesterday = now - DAY
            streak_stats.refresh_streak_stats(track=track, since=FIRST_DAY, now=yesterday)
            awarding.update_for_days(track=track, days=[track.user.clock.day_of(yesterday)], recent=None, now=yesterday)
    _copy_to_plain()
    tidy()


def _copy_to_plain() -> None:
    """Create the tables of the plain application, with the same people, habits and logs."""
    with connection.schema_editor() as editor:
        for model in (PlainUser, PlainHabit, PlainLog):
            editor.create_model(model)
    zones = ", ".join(f"'{zone}'" for zone in ZONES)
    fill(
        PlainUser,
        User.objects.count(),
        id="i",
        email="'person' || i || '@example.org'",
        password="'!'",
        time_zone=f"(ARRAY[{zones}])[1 + mod(i, {len(ZONES)})]",
    )
    copies: dict[type[Model], tuple[str, str]] = {
        PlainHabit: (
            "id, user_id, name, action, place, time, weekdays, target, unit, is_public, started_on, created_at",
            "SELECT t.id, t.user_id, h.name, h.action, h.place, h.time, '[]', 1, '', false, t.started_on, now() "
            f"FROM {HabitTrack._meta.db_table} t JOIN habits_habit h ON h.id = t.habit_id",
        ),
        PlainLog: (
            "habit_id, day, status, amount, note, created_at, updated_at",
            f"SELECT track_id, day, status, amount, note, now(), now() FROM {HabitLog._meta.db_table} ORDER BY id",
        ),
    }
    with connection.cursor() as cursor:
        for copy, (columns, rows) in copies.items():
            cursor.execute(f"INSERT INTO {copy._meta.db_table} ({columns}) {rows}")


def token_of(user: User) -> str:
    """Return the Authorization header of a user of the product."""
    return f"Bearer {sessions.start(user=user, device=Device(), now=timezone.now())['access']}"


def plain_token_of(user_id: int) -> str:
    """Return the Authorization header of a user of the plain application."""
    return f"Bearer {AccessToken.for_user(PlainUser._default_manager.get(pk=user_id))}"


def today_of(user: User, now: datetime) -> date:
    """Return the user's local day, which both applications agree on."""
    today = user.clock.day_of(now)
    assert today == PlainUser._default_manager.get(pk=user.pk).day_of(now)
    return today

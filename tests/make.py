"""Create test data through the services: users with roles, their habits, tracks and logs.

alice is the owner, bob another user (follower or teammate), charlie a user without access.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from threading import Barrier
from typing import Any

import jwt
import pytest
from django.apps import apps
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.state import token_backend

from common.edits import field_names
from habits.models import Habit
from habits.recurrence import Frequency
from habits.services import create_habit
from integrations.keys import services as keys
from integrations.keys.services import NewKey
from integrations.models import Partner, PartnerPerson
from integrations.partners import people
from integrations.partners import services as partners
from integrations.partners.rules import OF_KEYS
from notifications.channels.telegram.chats import connect_chat
from notifications.models import Delivery
from notifications.tasks import send_all
from tracking.logs.services import set_day
from tracking.models import HabitLog, HabitTrack
from tracking.tracks.services import follow
from users import sessions, tokens
from users.devices import Device
from users.models import Address, User
from users.scopes import Scope
from users.services import Preferences, confirm, edit_profile, register

needs_postgres = pytest.mark.engine("postgresql", reason="threads cannot share SQLite in memory")

PASSWORD = "correct horse battery"
# The empty forms of the rows on the admin page of a user.
NO_ROWS = {
    f"{rows}-{name}_FORMS": 0
    for rows in ("addresses", "identities", "passkeys", "sessions")
    for name in ("TOTAL", "INITIAL")
}
CHATS = {"alice": 1001, "bob": 1002, "charlie": 1003}


def person(name: str = "alice", *, chat: bool = False, **profile: Any) -> User:
    """Return a confirmed user. `chat`: with a connected Telegram chat."""
    now = timezone.now()
    later: dict[str, Any] = {name: profile.pop(name) for name in profile.keys() - field_names(Preferences)}
    user = register(email=f"{name}@example.org", password=PASSWORD, username=name, now=now, **profile)
    user = confirm(token=tokens.confirmation.make(user), password=PASSWORD, now=now)
    if later:
        user = edit_profile(user=user, now=now, **later)
    if chat:
        user = connect(user, CHATS[name])
    return user


def connect(user: User, chat_id: int) -> User:
    """Connect a chat that has confirmed, and return the user. The mail about it is left out."""
    user = connect_chat(user=user, chat_id=chat_id, confirmed=True, now=timezone.now())
    Delivery.objects.filter(user=user, kind=Delivery.Kind.CHAT_CONNECTED).delete()
    return user


def chat(user: User) -> Address:
    """Return the user's Telegram chat as it is stored now."""
    return Address.objects.get(user=user, channel="telegram")


def client(user: User | None = None) -> APIClient:
    """Return an API client, signed in if a user is given. The token is valid for years, because tests move the clock."""
    api = APIClient()
    if user is not None:
        api.credentials(HTTP_AUTHORIZATION=f"Bearer {lasting(sign_in(user)['access'])}")
    return api


def key(user: User, *scopes: Scope, name: str = "A program", expires_at: datetime | None = None) -> NewKey:
    """Make a key of the user. The mail about it is left out."""
    made = keys.create(
        user=User.objects.get(pk=user.pk),
        password=PASSWORD,
        name=name,
        scopes=scopes or list(Scope),
        expires_at=expires_at,
        now=timezone.now(),
    )
    Delivery.objects.filter(kind=Delivery.Kind.KEY_CREATED, subject_id=made.key.pk).delete()
    return made


def partner(name: str = "Walking Club", **fields: Any) -> Partner:
    """Return a partner, as staff make one."""
    return partners.create(name=name, now=timezone.now(), **fields)


def partner_key(of: Partner, *scopes: Scope, expires_at: datetime | None = None) -> NewKey:
    """Make a key of the partner, with all scopes that a partner's key can have by default."""
    now = timezone.now()
    return keys.create_for_partner(partner=of, name="Server", scopes=scopes or OF_KEYS, expires_at=expires_at, now=now)


def service(of: Partner, *scopes: Scope) -> APIClient:
    """Return an API client that sends a key of the partner."""
    return program(partner_key(of, *scopes).text)


def managed(of: Partner, external_id: str = "u-1", **fields: Any) -> PartnerPerson:
    """Return a managed person of the partner."""
    return people.put(partner=of, external_id=external_id, now=timezone.now(), **fields)[0].row


def program(text: str) -> APIClient:
    """Return an API client that sends the key."""
    api = APIClient()
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return api


def sign_in(user: User, **device: Any) -> dict[str, str]:
    """Start a session of the user, by default on the device that an APIClient is, and return its tokens."""
    device = {"network_address": "127.0.0.1"} | device
    return sessions.start(user=User.objects.get(pk=user.pk), device=Device(**device), now=timezone.now())


def lasting(access: str) -> str:
    """Return an access token that is valid for years, before and after: its holder does not refresh it."""
    found, years = claims(access), 3650 * 86400
    return signed(found | {"iat": found["iat"] - years, "exp": found["exp"] + years})


def claims(token: str) -> dict[str, Any]:
    """Return what a token says, unchecked."""
    return dict(jwt.decode(token, options={"verify_signature": False}))


def signed(claims: dict[str, Any]) -> str:
    """Return a token with these claims, signed by the service's key."""
    return str(token_backend.encode(claims))


def habit(owner: User, *, schedule: dict[str, Any] | None = None, **fields: Any) -> Habit:
    """Create a habit of the owner, daily by default."""
    fields.setdefault("name", "Push-ups")
    fields.setdefault("action", "do ten push-ups")
    if isinstance(fields.get("time"), str):
        fields["time"] = time.fromisoformat(fields["time"])
    schedule = {"frequency": "daily"} | (schedule or {})
    schedule["frequency"] = Frequency(schedule["frequency"])
    return create_habit(owner=owner, schedule=schedule, now=timezone.now(), **fields)


def track(owner: User, **options: Any) -> HabitTrack:
    """Create a habit and return the owner's track of it."""
    return HabitTrack.objects.get(habit=habit(owner, **options), user=owner)


def limit(owner: User, limit: int, frequency: str = "weekly", *, unit: str = "", **options: Any) -> HabitTrack:
    """Create a limit habit, at most `limit` in each period, and return the owner's track of it."""
    schedule = {"frequency": frequency, "limit_per_period": limit, "unit": unit}
    return track(owner, **{"name": "Coffee", "action": "", "goal_type": "at_most", "schedule": schedule} | options)


def follower(user: User, of: Habit) -> HabitTrack:
    """Follow a published habit and return the user's track."""
    return follow(user=user, habit_id=of.pk, now=timezone.now())[0]


def log(of: HabitTrack, day: date | str, status: str = "completed", **fields: Any) -> HabitLog:
    """Log a day of the track."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    now = timezone.now()
    return set_day(user=of.user, track_id=of.pk, day=day, status=status, source="api", now=now, **fields).log


def utc(text: str) -> datetime:
    """Return a time in UTC: utc("2026-11-21 06:30")."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def refused(response: Any, status: int = 400) -> list[tuple[str, str | None]]:
    """Check that a response is an error in the API's format, and return the (code, attr) of each error."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body.keys() == {"type", "errors"}, body
    assert body["type"] in {"validation_error", "client_error", "server_error"}, body
    assert body["errors"], body
    for error in body["errors"]:
        assert error.keys() == {"code", "detail", "attr"}, body
        assert error["code"] and error["detail"] and isinstance(error["detail"], str), body
    return [(error["code"], error["attr"]) for error in body["errors"]]


def everything() -> dict[str, list[dict[str, Any]]]:
    """Return all rows of all tables except heartbeats, to check that a request changed nothing.

    As the database has them: a test asks twice, and to build a query and its values for each table costs more than all
    that most tests do.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if not model._meta.managed or model._meta.label == "notifications.Heartbeat":
                continue
            pk = model._meta.pk
            assert pk is not None
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}" ORDER BY "{pk.column}"')
            columns = [column[0] for column in cursor.description]
            found[model._meta.label] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return found


def mails() -> list[EmailMessage]:
    """Send what is queued, and return all mails sent so far."""
    send_all()
    return list(mail.outbox)


def mailed_token(address: str) -> str:
    """Return the token of the link in the last mail to the address."""
    text = str([each.body for each in mails() if each.to == [address]][-1])
    found = re.search(r"/(?:confirm|reset)/([^/\s]+)/", text)
    assert found, text
    return found[1]


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the calls at the same time, each in its own thread, and return their results.

    The test needs real transactions.
    """
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@contextmanager
def meanwhile(call: Callable[[], Any]) -> Iterator[None]:
    """Run the call between the end of the block and its commit, until it is done or waits for a lock of the block.

    The test needs real transactions, on PostgreSQL.
    """

    def run() -> None:
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            yield
            running = pool.submit(run)
            with connection.cursor() as cursor:
                while not running.done():
                    cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
                    if cursor.rowcount:
                        break
        running.result()

"""Fill a database with users, habits and reminders in SQL: a million in a minute."""

from datetime import datetime

from django.db import connection, models

from habits.models import Habit, HabitSchedule
from notifications.models import Delivery, Reminder
from tracking.models import HabitLog, HabitTrack
from users.models import Address, User

FIRST_CHAT = 10_000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo", "Asia/Kolkata")


def fill(model: type[models.Model], rows: int, **columns: str) -> None:
    """Insert rows. `columns` are SQL expressions of i = 1..rows; other columns get their field's default."""
    expressions, given = dict(columns), []
    for column in model._meta.concrete_fields:
        if column.attname in columns or column.primary_key:
            continue
        if getattr(column, "auto_now_add", False) or getattr(column, "auto_now", False):
            expressions[column.attname] = "now()"
        elif not column.null or column.has_default():
            expressions[column.attname] = "%s"
            given.append(column.get_db_prep_save(column.get_default(), connection))
    names = ", ".join(f'"{name}"' for name in expressions)
    with connection.cursor() as cursor:
        # Skips the checks of foreign keys, which would take too long for millions of rows.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) '
            f"SELECT {', '.join(expressions.values())} FROM generate_series(1, {rows}) AS i",
            given,
        )
        cursor.execute("SET session_replication_role = DEFAULT")


def populate(*, tracks: int, users: int, at: datetime, due_every: int = 1, history_days: int = 0) -> None:
    """Create users with a chat and daily habits in several time zones, and a reminder for each track.

    Every `due_every`-th reminder is due at `at`, the others within the next day. Each track gets `history_days` completed
    days before today.
    """
    owner = f"(1 + mod(i - 1, {users}))"
    zones = ", ".join(f"'{zone}'" for zone in ZONES)
    due = f"'{at.isoformat()}'::timestamptz"
    later = f"{due} + interval '1 hour' + mod(i::bigint * 7919, 1320) * interval '1 minute'"
    planned = f"(CASE WHEN mod(i, {due_every}) = 0 THEN {due} ELSE {later} END)"
    wall = f"({planned} AT TIME ZONE (ARRAY[{zones}])[1 + mod({owner}, {len(ZONES)})])"
    fill(
        User,
        users,
        id="i",
        email="'person' || i || '@example.org'",
        username="'person' || i",
        email_key="'person' || i || '@example.org'",
        username_key="'person' || i",
        password="'!'",
        time_zone=f"(ARRAY[{zones}])[1 + mod(i, {len(ZONES)})]",
        is_active="true",
        confirmed_at="now()",
    )
    fill(
        Address,
        users,
        user_id="i",
        channel="'telegram'",
        address=f"({FIRST_CHAT} + i)::text",
        confirmed="true",
        connected_at="now()",
    )
    fill(
        Habit,
        tracks,
        id="i",
        owner_id=owner,
        name="'Habit ' || i",
        action="'do ten push-ups'",
        place="'the living room'",
        time=f"{wall}::time",
        created_on=f"({due} - interval '40 days')::date",
    )
    fill(HabitSchedule, tracks, habit_id="i", frequency="'daily'")
    began = f"{wall}::date - {max(history_days, 30)}"
    fill(HabitTrack, tracks, id="i", user_id=owner, habit_id="i", started_on=began)
    fill(Reminder, tracks, id="i", track_id="i", next_at=planned, next_day=f"{wall}::date")
    if history_days:
        track = f"(1 + (i - 1) / {history_days})"
        today = f"(SELECT next_day FROM notifications_reminder WHERE track_id = {track})"
        fill(
            HabitLog,
            tracks * history_days,
            track_id=track,
            day=f"{today} - (1 + mod(i - 1, {history_days}))",
            status="'completed'",
            amount="1",
            completed_at="now()",
            source="'api'",
        )
    tidy()


def queue(*, tracks: int, at: datetime) -> None:
    """Empty the outbox and queue one reminder for each track, as the tick would have done at `at`."""
    due = f"'{at.isoformat()}'::timestamptz"
    day = "(SELECT next_day FROM notifications_reminder WHERE track_id = i)"
    empty(Delivery)
    fill(
        Delivery,
        tracks,
        id="i",
        key="i || ':due'",
        kind="'reminder'",
        channel="'telegram'",
        user_id="(SELECT user_id FROM tracking_habittrack WHERE id = i)",
        track_id="i",
        reminder_id="i",
        day=day,
        due_at=due,
        available_at=due,
        expires_at=f"{due} + interval '12 hours'",
    )
    tidy(Delivery)


def empty(model: type[models.Model]) -> None:
    """Delete all rows with TRUNCATE, which leaves no dead rows."""
    with connection.cursor() as cursor:
        cursor.execute(f'TRUNCATE "{model._meta.db_table}"')


def tidy(*tables: type[models.Model]) -> None:
    """Vacuum and analyze these tables, or all, so that dead rows of one round do not slow down the next."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) " + ", ".join(f'"{model._meta.db_table}"' for model in tables))

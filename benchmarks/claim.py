"""claim: one tick over due reminders, compared with raw SQL that writes the same rows from prepared values.

The raw SQL claims, moves and inserts in the same batches on the same connection. The difference is the service's own
work: loading tracks and schedules, computing occurrences in each user's zone, waking senders.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from psycopg2.extras import execute_values

from benchmarks.measures import Options
from benchmarks.people import empty, populate, tidy
from benchmarks.timing import ratios, seconds
from benchmarks.world import World
from notifications.models import Delivery, Reminder
from notifications.reminders.services import BATCH, queue_due

DUE = 3_000
COLUMNS = [field.attname for field in Delivery._meta.concrete_fields if not field.primary_key]
CLAIM = """
UPDATE notifications_reminder AS reminder
SET next_at = %s, next_day = %s, planned_at = %s, retry_at = NULL, failures = 0, last_error = ''
FROM (
    SELECT id FROM notifications_reminder WHERE next_at <= %s ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED
) AS due
WHERE reminder.id = due.id
RETURNING reminder.id
"""
INSERT = f"INSERT INTO notifications_delivery ({', '.join(COLUMNS)}) VALUES %s ON CONFLICT DO NOTHING"


def run(world: World, options: Options) -> Iterator[float]:
    """Yield raw SQL ÷ tick for each round."""
    world.fresh_database("claim")
    world.reset()
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=DUE, users=DUE // 2, at=at)
    tick(at)
    planned = plans()
    rows = prepared_rows()

    def subject() -> float:
        rewind(at)
        taken = seconds(lambda: tick(at))
        assert plans() == planned
        return taken

    def baseline() -> float:
        rewind(at)
        taken = seconds(lambda: raw(at, rows))
        assert Delivery.objects.count() == DUE
        return taken

    yield from ratios(options.rounds, over=baseline, under=subject)


def tick(at: datetime) -> None:
    """Queue due reminders batch by batch, as a tick does, until none is due."""
    while queue_due(now=at):
        pass


def raw(at: datetime, rows: dict[int, tuple[Any, ...]]) -> None:
    """Do the same writes in raw SQL."""
    tomorrow = at + timedelta(days=1)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM, [tomorrow, tomorrow.date(), at, at, BATCH])
            taken = [rows[pk] for (pk,) in cursor.fetchall()]
            if not taken:
                return
            execute_values(cursor.cursor, INSERT, taken, page_size=BATCH)


def prepared_rows() -> dict[int, tuple[Any, ...]]:
    """Return the deliveries that a tick created as rows for the raw SQL, by the id of their reminder."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT reminder_id, {', '.join(COLUMNS)} FROM notifications_delivery")
        return {row[0]: row[1:] for row in cursor.fetchall()}


def plans() -> list[tuple[int, datetime | None]]:
    """Return the planned times of all reminders."""
    return list(Reminder.objects.order_by("pk").values_list("pk", "next_at"))


def rewind(at: datetime, *, every: int = 1) -> None:
    """Make the same reminders due again on their old day, and empty the outbox."""
    empty(Delivery)
    day = "(%s AT TIME ZONE (SELECT time_zone FROM users_user WHERE id = track.user_id))::date"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE notifications_reminder AS reminder SET next_at = %s, next_day = {day} "
            "FROM tracking_habittrack AS track WHERE track.id = reminder.track_id AND mod(reminder.id, %s) = 0",
            [at, at, every],
        )
    tidy(Reminder, Delivery)

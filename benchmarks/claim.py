"""claim: one tick over due reminders, against raw SQL that makes the same writes with ready-made values.

The floor claims, moves and inserts in the same batches on the same connection; all that the service adds
(loading tracks and schedules, computing occurrences in each person's zone, hints) is what is measured.
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
from notifications.reminders import BATCH, queue_due

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
    """Floor ÷ subject, one a round."""
    world.fresh_database("claim")
    world.forget()
    at = timezone.now().replace(second=0, microsecond=0)
    populate(tracks=DUE, users=DUE // 2, at=at)
    tick(at)
    planned = plans()
    rows = ready_made()

    def subject() -> float:
        rewind(at)
        taken = seconds(lambda: tick(at))
        assert plans() == planned
        return taken

    def floor() -> float:
        rewind(at)
        taken = seconds(lambda: raw(at, rows))
        assert Delivery.objects.count() == DUE
        return taken

    yield from ratios(options.rounds, over=floor, under=subject)


def tick(at: datetime) -> None:
    """One tick: batch by batch, until nothing is due."""
    while queue_due(now=at):
        pass


def raw(at: datetime, rows: dict[int, tuple[Any, ...]]) -> None:
    """The same writes."""
    tomorrow = at + timedelta(days=1)
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(CLAIM, [tomorrow, tomorrow.date(), at, at, BATCH])
            taken = [rows[pk] for (pk,) in cursor.fetchall()]
            if not taken:
                return
            execute_values(cursor.cursor, INSERT, taken, page_size=BATCH)


def ready_made() -> dict[int, tuple[Any, ...]]:
    """The deliveries that a tick made, as rows for the floor, by their reminder's id."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT reminder_id, {', '.join(COLUMNS)} FROM notifications_delivery")
        return {row[0]: row[1:] for row in cursor.fetchall()}


def plans() -> list[tuple[int, datetime | None]]:
    """What is planned."""
    return list(Reminder.objects.order_by("pk").values_list("pk", "next_at"))


def rewind(at: datetime, *, every: int = 1) -> None:
    """Makes the same reminders due again, on their old day, with an empty outbox."""
    empty(Delivery)
    day = "(%s AT TIME ZONE (SELECT time_zone FROM users_user WHERE id = track.user_id))::date"
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE notifications_reminder AS reminder SET next_at = %s, next_day = {day} "
            "FROM tracking_habittrack AS track WHERE track.id = reminder.track_id AND mod(reminder.id, %s) = 0",
            [at, at, every],
        )
    tidy(Reminder, Delivery)

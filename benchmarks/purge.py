"""How long moving messages into the archive takes, and dropping a month of it: `python -m benchmarks.purge --rows 1000000`.

With `--events`, how long a night's deletion of raw events takes, which are deleted row by row, among those that are kept.
Prints times, not ratios, for the arithmetic in docs/scaling.md. Messages are spread over four months; PostgreSQL writes to
disk as an ordinary server does, except that it does not wait for the disk.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from benchmarks.world import world

MONTHS, TRACKS, USERS = 4, 100_000, 25_000
TYPES_OF_A_USER = 10  # of events; every second one has a rule
MILLION = 1_000_000


def main() -> None:
    """Fill an outbox, purge it, and print what each step took."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.purge", description=__doc__)
    parser.add_argument("--rows", type=int, default=MILLION)
    parser.add_argument("--events", action="store_true", help="raw events instead of messages")
    given = parser.parse_args()
    with world() as made:
        made.fresh_database("purge")
        (measure_events if given.events else measure)(given.rows)


def measure(rows: int) -> None:
    """Print the times for this number of messages."""
    # Only a world has settings with which these can be loaded.
    from django.utils import timezone

    from benchmarks.people import fill, populate, tidy
    from notifications.models import ArchivedDelivery, Delivery
    from notifications.outbox import archive
    from notifications.outbox.services import PurgeStep

    now = timezone.now()
    first = now - timedelta(days=4 + 30 * MONTHS)
    populate(tracks=TRACKS, users=USERS, at=now.replace(second=0, microsecond=0))
    at = f"'{first.isoformat()}'::timestamptz + i * interval '{30 * MONTHS * 86_400 / rows} seconds'"
    taken(
        "fill the outbox",
        rows,
        lambda: fill(
            Delivery,
            rows,
            key="(1 + mod(i, 100000)) || ':2026-11-21:' || i",
            token="'abcdefgh'",
            kind="'reminder'",
            channel="'telegram'",
            user_id=f"1 + mod(i, {USERS})",
            track_id=f"1 + mod(i, {TRACKS})",
            day=f"({at})::date",
            state="'sent'",
            due_at=at,
            available_at=at,
            expires_at=f"{at} + interval '2 hours'",
            sent_at=f"{at} + interval '1 second'",
            message_id="i",
            sent_to="(700000000 + mod(i, 25000))::text",
            text="'⏰ I will do ten push-ups at 07:30 in the living room'",
            created_at=at,
        ),
    )
    tidy(Delivery)
    print(f"the outbox: {size(Delivery._meta.db_table) / rows:.0f} bytes a row", flush=True)
    month = first
    while month < now:
        archive.ARCHIVE.maintain(now=month, drop_before=first - timedelta(days=366))
        month += timedelta(days=28)

    def move() -> None:
        step = PurgeStep(0, 0, is_last=False)
        while not step.is_last:
            step = archive.archive(before=now - archive.AFTER, after_id=step.last_id)

    taken("move to the archive", rows, move)
    assert not Delivery.objects.exists()
    partitions = [name for name in archive.ARCHIVE.partitions() if not name.endswith("_default")]
    archived = sum(size(name) for name in archive.ARCHIVE.partitions())
    print(f"the archive: {archived / rows:.0f} bytes a row", flush=True)
    assert archive.ARCHIVE.count_outside() == 0
    whole = next(name for name in partitions[1:] if count(name))
    in_month, year, number = count(whole), *map(int, whole.split("_")[-2:])
    end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=now.tzinfo)
    before = ArchivedDelivery.objects.count()
    with connection.cursor() as cursor:  # the months before are not measured
        for name in partitions[: partitions.index(whole)]:
            cursor.execute(f"DROP TABLE {name}")
    taken(f"drop {whole}", in_month, lambda: archive.ARCHIVE.maintain(now=now, drop_before=end))
    assert whole not in archive.ARCHIVE.partitions() and ArchivedDelivery.objects.count() < before - in_month + 1
    some = list(ArchivedDelivery.objects.order_by("pk").values_list("pk", flat=True)[:100_000])

    def delete() -> None:
        for start in range(0, len(some), 1000):
            ArchivedDelivery.objects.filter(pk__in=some[start : start + 1000]).delete()

    taken("delete row by row, instead", len(some), delete)


def measure_events(rows: int) -> None:
    """Print how long a night takes that deletes a day of events with a rule, and a day of others, among this number."""
    from django.utils import timezone

    from benchmarks.people import fill, populate, tidy
    from integrations.events import rules, services
    from integrations.models import EventRule, EventType, RawEvent

    now = timezone.now()
    kept = {0: rules.KEPT_DAYS + 1, 1: rules.KEPT_DAYS_WITHOUT_RULE}  # by whether a type is odd, and has no rule
    a_day = rows // sum(kept.values())
    users = max(1, a_day // TYPES_OF_A_USER)
    populate(tracks=users, users=users, at=now.replace(second=0, microsecond=0))
    types = users * TYPES_OF_A_USER
    fill(
        EventType,
        types,
        user_id=f"1 + mod(i, {users})",
        source="'phone'",
        name="'type ' || i",
        last_value="1",
        last_at="now()",
    )
    fill(
        EventRule,
        types // 2,
        user_id=f"1 + mod(2 * i, {users})",
        event_type_id="2 * i",
        track_id=f"1 + mod(2 * i, {users})",
        since="'2025-01-01'",
        created_at="now()",
    )
    for odd, days in kept.items():
        fill(
            RawEvent,
            a_day * (days + 1),
            event_type_id=f"2 * (1 + mod(i, {types // 2})) - {odd}",
            identity=f"'{odd}-{'x' * 26}' || i",
            day=f"'{now.date()}'::date - mod(i, {days + 1}) - 1",
            mode="'total'",
            value="mod(i, 10000)",
            peak="mod(i, 10000)",
            moment="now()",
            received_at="now()",
        )
    tidy(EventType, EventRule, RawEvent)
    print(f"events: {size(RawEvent._meta.db_table) / RawEvent.objects.count():.0f} bytes a row", flush=True)
    before = RawEvent.objects.count()

    def purge() -> None:
        while services.purge(now=now):
            pass
        after: int | None = 0
        while after is not None:
            after = services.purge_without_rule(now=now, after_type=after)

    taken(f"delete what is over of {before} events", 2 * a_day, purge)
    assert before - RawEvent.objects.count() == 2 * a_day


def taken(what: str, rows: int, run: Callable[[], object]) -> None:
    """Run something and print what it took."""
    begun, cpu = time.perf_counter(), os.times()
    run()
    seconds = time.perf_counter() - begun
    own = os.times().user + os.times().system - cpu.user - cpu.system
    print(
        f"{what}: {seconds:.2f} s for {rows} rows, {seconds * MILLION / rows:.2f} s a million ({own:.1f} s of it Python)",
        flush=True,
    )


def size(table: str) -> int:
    """Return the bytes of a table with its indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [table])
        return int(cursor.fetchone()[0])


def count(table: str) -> int:
    """Return the number of a table's rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


if __name__ == "__main__":
    main()

"""events: a batch of 1,000 events from a device, compared with 1,000 plain upserts of the same rows in one transaction.

The batch goes through Django's WSGI handler and sets 25 days of a track by a rule. Each round says something else of each
event, so that every row changes. The difference is reading, the rule, and days with their streaks.
"""

import itertools
import json
from collections.abc import Iterator

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.utils import timezone

from benchmarks.check_off import call, environ
from benchmarks.measures import Options
from benchmarks.people import populate, tidy
from benchmarks.timing import ratios, seconds
from benchmarks.world import World
from integrations.events import mapping
from integrations.models import EventType, RawEvent
from tracking.models import HabitLog, HabitTrack
from users import sessions
from users.devices import Device
from users.timing import DAY

EVENTS, DAYS = 1000, 25
COLUMNS = (
    "event_type_id",
    "identity",
    "day",
    "mode",
    "value",
    "peak",
    "unit",
    "kind",
    "start",
    "end",
    "moment",
    "received_at",
)
UPSERT = f"""
INSERT INTO integrations_rawevent ({", ".join(f'"{name}"' for name in COLUMNS)})
VALUES ({", ".join(["%s"] * len(COLUMNS))})
ON CONFLICT (event_type_id, identity) DO UPDATE
SET {", ".join(f'"{name}" = excluded."{name}"' for name in COLUMNS[2:])}
"""


def run(world: World, options: Options) -> Iterator[float]:
    """Yield the batch ÷ the upserts for each round."""
    world.fresh_database("events")
    world.reset()
    now = timezone.now()
    populate(tracks=1, users=1, at=now.replace(second=0, microsecond=0), history_days=0)
    track = HabitTrack.objects.select_related("user").get()
    token = f"Bearer {sessions.start(user=track.user, device=Device(), now=now)['access']}"
    handler, values = WSGIHandler(), itertools.count(1)

    def send() -> float:
        value = next(values)
        items = [
            {
                "id": f"e-{number}",
                "type": "steps",
                "value": value + number,
                "mode": "delta",
                "start": str((now - (1 + number % DAYS) * DAY).date()),
            }
            for number in range(EVENTS)
        ]
        body = json.dumps({"source": "watch", "events": items}).encode()
        tidy(HabitLog, HabitTrack, RawEvent)
        request = environ("/api/events/", token, method="POST", body=body)
        return seconds(lambda: call(handler, request, body))

    send()
    known = EventType.objects.get()
    mapping.create(user=track.user, event_type=known.pk, track=track.pk, now=now, aggregation="sum")
    rows = [list(row) for row in RawEvent.objects.order_by("pk").values_list(*COLUMNS)]
    assert len(rows) == EVENTS

    def upsert() -> float:
        tidy(HabitLog, HabitTrack, RawEvent)

        value = next(values)

        def write() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                for number, row in enumerate(rows):
                    cursor.execute(UPSERT, [*row[:4], value + number, value + number, *row[6:]])

        return seconds(write)

    yield from ratios(options.rounds, over=send, under=upsert)
    assert HabitLog.objects.filter(track=track).count() == DAYS

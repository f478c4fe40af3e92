"""Health Connect webhooks (Android): a list of records under the name of each type, in UTC, without ids. Pure.

Windows overlap and are sent at least once: a record adds once for its start and end.
"""

from collections.abc import Iterator

from common.parts import Part, parts_of
from integrations.events.adapters.parts import Item, first_of, is_number, minutes_of, seconds_before

SOURCE = "health-connect"
TIMES = ("start_time", "end_time", "time", "timestamp", "session_end_time", "session_start_time")


def items_of(body: object) -> list[Item]:
    """Return the events of a body. A type that is not known is read by its first number."""
    if not isinstance(body, dict):
        return []
    return [item for name in body for record in parts_of(body, name) for item in _of_record(name, record)]


def _of_record(name: str, record: Part) -> Iterator[Item]:
    start, end = first_of(record, "start_time", "time", "timestamp"), record.get("end_time")
    if name == "sleep":
        end = first_of(record, "session_end_time", "end_time")
        seconds = record.get("duration_seconds")
        start = first_of(record, "session_start_time", "start_time") or seconds_before(end, seconds)
        yield _item(name, minutes_of(seconds), "min", start, end)
    elif name == "exercise":
        kind = record.get("type")
        yield _item(name, minutes_of(record.get("duration_seconds")), "min", start, end) | {"kind": kind}
        if is_number(record.get("distance_meters")):
            yield _item("exercise_distance", record["distance_meters"], "m", start, end) | {"kind": kind}
    else:
        measured = next(
            ((unit, value) for unit, value in record.items() if unit not in TIMES and is_number(value)), None
        )
        if measured and start:
            unit, value = measured
            yield _item(name, value, "" if unit in {"count", "value"} else unit, start, end)


def _item(name: str, value: object, unit: str, start: object, end: object) -> Item:
    return {"type": name, "value": value, "unit": unit, "start": start, "end": end, "mode": "delta"}

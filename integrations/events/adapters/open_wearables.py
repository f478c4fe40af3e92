"""Open Wearables: `{"type": "workout.created", "data": {…}}`, signed. Pure.

A night is sent again when it is final, under the id that it had: the later end counts.
"""

from collections.abc import Iterator

from common.parts import Part, parts_of
from integrations.events.adapters.parts import Item, first_of, is_number, minutes_of

SOURCE = "open-wearables"


def items_of(body: object, *, wearer: str = "") -> list[Item]:
    """Return the events of a body. `wearer`: only those of this user of the sender; empty: all."""
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(data, dict) or wearer not in {"", str(data.get("user_id"))}:
        return []
    name = str(body.get("type")).rpartition(".")[0].removeprefix("series.")
    return list(_of(name, data)) if name else []


def _of(name: str, data: Part) -> Iterator[Item]:
    start = first_of(data, "start_time", "start_datetime", "timestamp", "recorded_at")
    item: Item = {"id": data.get("id"), "start": start, "mode": "delta"}
    item["end"] = first_of(data, "end_time", "end_datetime")
    samples = list(parts_of(data, "samples"))
    if samples:
        series = str(data.get("series_type") or name)
        for each in samples:
            at = first_of(each, "timestamp", "start_time", "recorded_at")
            sample: Item = {"type": series, "value": each.get("value"), "unit": each.get("unit"), "mode": "delta"}
            yield sample | {"start": at, "end": each.get("end_time")}
    elif name == "sleep":
        seconds = first_of(data, "sleep_duration_seconds", "duration_seconds")
        yield item | {"type": name, "value": minutes_of(seconds), "unit": "min"}
    elif name == "workout":
        item["kind"] = data.get("type")
        yield item | {"type": name, "value": minutes_of(data.get("duration_seconds")), "unit": "min"}
        if is_number(data.get("distance_meters")):
            yield item | {"type": "workout_distance", "value": data["distance_meters"], "unit": "m"}
    elif (value := first_of(data, "value", "count", "qty")) is not None:
        yield item | {"type": name, "value": value, "unit": data.get("unit")}

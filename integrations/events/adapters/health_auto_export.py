"""Health Auto Export (iOS): `{"data": {"metrics": […], "workouts": […]}}`. Pure.

It sends whole windows again, several times a day. A point of a metric adds once for its time: sent again with a greater
value, such as a day that is not over, the greater one counts.
"""

from collections.abc import Iterator

from common.parts import Part, parts_of
from integrations.events.adapters.parts import Item, first_of, is_number, minutes_of

SOURCE = "health-auto-export"
AWAKE = {"in bed", "inbed", "awake"}  # parts of a night that are no sleep


def items_of(body: object) -> list[Item]:
    """Return the events of a body."""
    data = body.get("data") if isinstance(body, dict) else None
    found = [item for metric in parts_of(data, "metrics") for item in _of_metric(metric)]
    return found + [item for workout in parts_of(data, "workouts") for item in _of_workout(workout)]


def _of_metric(metric: Part) -> Iterator[Item]:
    name, unit = metric.get("name"), metric.get("units")
    for point in parts_of(metric, "data"):
        if name == "sleep_analysis":
            yield from _of_sleep(point, unit)
            continue
        value = first_of(point, "qty", "Avg")
        if value is not None:
            yield {"type": name, "value": value, "unit": unit, "start": point.get("date"), "mode": "delta"}


def _of_sleep(point: Part, unit: object) -> Iterator[Item]:
    """Yield a night: one total for its day, or its stages one by one, as the app is set."""
    asleep = next(
        (point[name] for name in ("totalSleep", "asleep") if is_number(point.get(name)) and point[name]), None
    )
    item: Item = {"type": "sleep_analysis", "unit": unit or "hr"}
    if asleep is not None:
        start = first_of(point, "sleepStart", "inBedStart", "date")
        end = first_of(point, "sleepEnd", "inBedEnd")
        yield item | {"value": asleep, "start": start, "end": end, "mode": "total"}
    elif is_number(point.get("qty")) and str(point.get("value")).casefold() not in AWAKE:
        start, end = first_of(point, "startDate", "date"), point.get("endDate")
        yield item | {"value": point["qty"], "kind": point.get("value"), "start": start, "end": end, "mode": "delta"}


def _of_workout(workout: Part) -> Iterator[Item]:
    """Yield the minutes of a workout, and its distance if it has one."""
    start, end = workout.get("start"), workout.get("end")
    item: Item = {"kind": workout.get("name"), "start": start, "end": end, "mode": "delta", "id": workout.get("id")}
    yield item | {"type": "workout", "value": minutes_of(workout.get("duration")), "unit": "min"}
    distance = workout.get("distance")
    if isinstance(distance, dict) and is_number(distance.get("qty")):
        yield item | {"type": "workout_distance", "value": distance["qty"], "unit": distance.get("units")}

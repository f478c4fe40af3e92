"""What the API's document says of each type of change: when it happens, the schema of its data, and an example. Pure."""

from collections.abc import Mapping
from typing import Any

from common.webhook_events import WebhookEvent
from integrations.changes.rules import ChangeType, scope_of

Schema = dict[str, Any]

COMPONENT = "Change"  # the schema of what is around the data

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer"}
_YES_OR_NO: Schema = {"type": "boolean"}
_DATE: Schema = {"type": "string", "format": "date"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _object(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": {**required, **optional}}


def _component(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_NAMED = _object({"id": _NUMBER, "name": _TEXT})
_HABIT = _object(
    {
        "id": _NUMBER,
        "name": _TEXT,
        "frequency": _TEXT,
        "interval": _NUMBER,
        "weekdays": {"type": "array", "items": _TEXT},
        "times_per_period": _NUMBER,
        "daily_amount": _TEXT,
        "unit": _TEXT,
    }
)
_TRACK = _object(
    {
        "habit": _NAMED,
        "started_on": _DATE,
        "left": _YES_OR_NO,
        "current_streak": _or_null(_NUMBER),
        "longest_streak": _or_null(_NUMBER),
        "streak_unit": _or_null(_TEXT),
        "lapses_at": _or_null(_INSTANT),
    },
    id={**_NUMBER, "description": "Not told to partners."},
    archived={**_YES_OR_NO, "description": "Not told to partners."},
)
_GOAL = _object(
    {
        "id": _NUMBER,
        "amount": _TEXT,
        "days": _NUMBER,
        "first_day": _DATE,
        "deadline": _or_null(_DATE),
        "reached_on": _or_null(_DATE),
        "reached_at": _or_null(_INSTANT),
    }
)
_ACHIEVEMENT = _object(
    {
        "id": _NUMBER,
        "name": _TEXT,
        "description": _TEXT,
        "picture": _TEXT,
        "kind": _TEXT,
        "target": _NUMBER,
    }
)
_AWARD = _object(
    {
        "id": _NUMBER,
        "achievement": _ACHIEVEMENT,
        "habit": _or_null(_NAMED),
        "day": _DATE,
        "awarded_at": _INSTANT,
        "revoked_at": _or_null(_INSTANT),
    }
)
_CHALLENGE = _object({"id": _NUMBER, "name": _TEXT, "first_day": _DATE, "last_day": _DATE, "cancelled": _YES_OR_NO})
_PERSON = _object(
    {"external_id": _TEXT, "kind": {"type": "string", "enum": ["managed", "linked"]}},
    scopes={"type": "array", "items": _TEXT},
)
_WHO = {**_PERSON, "description": "The person that it is about. Told to partners alone."}

_PUSH_UPS = {"id": 12, "name": "Push-ups"}
TRACK_EXAMPLE: dict[str, object] = {
    "id": 34,
    "habit": _PUSH_UPS,
    "started_on": "2026-11-01",
    "archived": False,
    "left": False,
    "current_streak": 3,
    "longest_streak": 8,
    "streak_unit": "day",
    "lapses_at": "2026-11-22T23:00:00Z",
}
_LOST_EXAMPLE = {**TRACK_EXAMPLE, "current_streak": 0, "lapses_at": None}
_HABIT_EXAMPLE = {
    **_PUSH_UPS,
    "frequency": "daily",
    "interval": 1,
    "weekdays": [],
    "times_per_period": 1,
    "daily_amount": "10.00",
    "unit": "push-ups",
}
_LOG_EXAMPLE = {
    "day": "2026-11-21",
    "status": "completed",
    "amount": "10.00",
    "note": "",
    "completed_at": "2026-11-21T06:31:00Z",
    "source": "api",
    "created_at": "2026-11-21T06:31:02Z",
    "updated_at": "2026-11-21T06:31:02Z",
}
_PAUSE_EXAMPLE = {"id": 3, "track": None, "first_day": "2026-12-24", "last_day": "2027-01-02", "reason": "manual"}
_GOAL_EXAMPLE = {
    "id": 5,
    "amount": "0.00",
    "days": 30,
    "first_day": "2026-11-01",
    "deadline": None,
    "reached_on": "2026-11-30",
    "reached_at": "2026-11-30T18:02:11Z",
}
_AWARD_EXAMPLE = {
    "id": 9,
    "achievement": {
        "id": 4,
        "name": "A week",
        "description": "Seven days in a row",
        "picture": "🔥",
        "kind": "streak",
        "target": 7,
    },
    "habit": _PUSH_UPS,
    "day": "2026-11-21",
    "awarded_at": "2026-11-21T06:31:02Z",
    "revoked_at": None,
}
_LINKED_EXAMPLE = {"external_id": "u-1042", "kind": "linked"}

# For each type: when it is told, the schema of its data, an example of it.
DATA: Mapping[ChangeType, tuple[str, Schema, dict[str, Any]]] = {
    ChangeType.HABIT_CREATED: ("A habit was created", _object({"habit": _HABIT}), {"habit": _HABIT_EXAMPLE}),
    ChangeType.HABIT_CHANGED: ("A habit was changed", _object({"habit": _HABIT}), {"habit": _HABIT_EXAMPLE}),
    ChangeType.HABIT_DELETED: ("A habit was deleted", _object({"habit": _NAMED}), {"habit": _PUSH_UPS}),
    ChangeType.TRACK_STARTED: (
        "A habit was started, or is followed again",
        _object({"track": _TRACK}),
        {"track": TRACK_EXAMPLE | {"current_streak": 0, "lapses_at": None}},
    ),
    ChangeType.TRACK_LEFT: (
        "A habit was left, or deleted with its history",
        _object({"track": _TRACK, "deleted": _YES_OR_NO}),
        {"track": TRACK_EXAMPLE | {"left": True}, "deleted": False},
    ),
    ChangeType.PAUSE_STARTED: (
        "Days were paused, or a pause was changed",
        _object({"pause": _component("Pause")}),
        {"pause": _PAUSE_EXAMPLE},
    ),
    ChangeType.PAUSE_ENDED: (
        "A pause was ended or deleted",
        _object({"pause": _component("Pause")}),
        {"pause": _PAUSE_EXAMPLE},
    ),
    ChangeType.LOG_SET: (
        "A day was logged, or its log was changed",
        _object({"log": _component("Log"), "track": _TRACK}),
        {"log": _LOG_EXAMPLE, "track": TRACK_EXAMPLE},
    ),
    ChangeType.LOG_CLEARED: (
        "The log of a day was deleted",
        _object({"day": _DATE, "track": _TRACK}),
        {"day": "2026-11-21", "track": TRACK_EXAMPLE | {"current_streak": 2}},
    ),
    ChangeType.STREAK_EXTENDED: (
        "A streak has grown",
        _object({"track": _TRACK, "streak_before": _NUMBER}),
        {"track": TRACK_EXAMPLE, "streak_before": 2},
    ),
    ChangeType.STREAK_LOST: (
        "A streak was lost: by a log, a pause, a schedule, or because nothing was done",
        _object({"track": _TRACK, "streak_before": _NUMBER}),
        {"track": _LOST_EXAMPLE, "streak_before": 3},
    ),
    ChangeType.GOAL_REACHED: (
        "A goal was reached",
        _object({"goal": _GOAL, "track": _TRACK}),
        {"goal": _GOAL_EXAMPLE, "track": TRACK_EXAMPLE},
    ),
    ChangeType.ACHIEVEMENT_AWARDED: ("An achievement was earned", _AWARD, _AWARD_EXAMPLE),
    ChangeType.ACHIEVEMENT_WITHDRAWN: (
        "An achievement was withdrawn, because its reason is gone",
        _AWARD,
        _AWARD_EXAMPLE | {"revoked_at": "2026-11-21T07:00:00Z"},
    ),
    ChangeType.CHALLENGE_ENDED: (
        "A challenge is over, or was cancelled",
        _object({"challenge": _CHALLENGE, "completed": _or_null(_NUMBER), "rank": _or_null(_NUMBER)}),
        {
            "challenge": {
                "id": 7,
                "name": "November",
                "first_day": "2026-11-01",
                "last_day": "2026-11-30",
                "cancelled": False,
            },
            "completed": 28,
            "rank": 2,
        },
    ),
    ChangeType.PERSON_LINKED: (
        "An account said yes to the partner (to partners alone)",
        _object({"person": _PERSON}),
        {"person": {**_LINKED_EXAMPLE, "scopes": ["habits:read", "logs:write"]}},
    ),
    ChangeType.PERSON_UNLINKED: (
        "A grant to the partner has ended (to partners alone)",
        _object({"person": _PERSON}),
        {"person": _LINKED_EXAMPLE},
    ),
    ChangeType.PERSON_DELETED: (
        "A managed person was deleted (to partners alone)",
        _object({"person": _PERSON}),
        {"person": {"external_id": "u-1042", "kind": "managed"}},
    ),
    ChangeType.WEBHOOK_TEST: (
        "A test was asked for",
        _object({"webhook": _NAMED}),
        {"webhook": {"id": 4, "name": "Home server"}},
    ),
}


def example_of(change_type: ChangeType) -> dict[str, Any]:
    """Return an example of a whole body."""
    return {
        "id": "evt_6f1e0c2c1b7d4c0f9f6f3c1f0a5f2b11",
        "type": change_type.value,
        "timestamp": "2026-11-21T06:31:02.123456Z",
        "sequence": 118,
        "data": DATA[change_type][2],
    }


def webhook_events() -> list[WebhookEvent]:
    """Return all types of changes as the API's document describes them."""
    events = []
    for each, (summary, schema, _) in DATA.items():
        told_of_people = not each.startswith(("person.", "webhook.", "goal.", "pause."))
        data = {**schema, "properties": {**schema["properties"], "person": _WHO}} if told_of_people else schema
        events.append(
            WebhookEvent(
                type=each.value,
                summary=summary,
                description=f"Scope of a key that can choose it: `{scope_of(each).value}`.",
                component=COMPONENT,
                properties={"data": data},
                example=example_of(each),
            )
        )
    return events

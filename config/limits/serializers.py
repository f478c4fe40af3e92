"""Serializers of the product's numbers, with an example."""

from typing import Any

from common import serializers
from common.schema_shapes import described

LIMITS_EXAMPLE: dict[str, dict[str, object]] = {
    "account": {
        "registration": "open",
        "providers": [],
        "passkeys": True,
        "signed_in_by_proxy": False,
        "username_length": 30,
        "email_length": 254,
        "password_length": {"min": 8, "max": 128},
        "day_starts_at": {"min": 0, "max": 6},
        "week_starts_on": ["mon", "sun", "sat"],
    },
    "habit": {
        "habits": 500,
        "name_length": 200,
        "description_length": 2000,
        "text_length": 200,
        "unit_length": 30,
        "daily_amount": {"min": "0.01", "max": "99999999.99"},
        "amount_decimals": 2,
        "duration": {"min": 1, "max": 120},
        "interval": {"min": 1, "max": 7},
        "times_per_period": {
            "daily": {"min": 1, "max": 1},
            "weekly": {"min": 1, "max": 7},
            "monthly": {"min": 5, "max": 28},
            "yearly": {"min": 53, "max": 365},
        },
        "max_gap_days": 7,
        "limit_frequencies": ["daily", "weekly", "monthly"],
        "limit_per_period": {"min": "0.00", "max": "99999999.99"},
        "date": {"min": "1970-01-01", "max": "2199-12-31"},
    },
    "track": {
        "followed": 500,
        "colours": [
            *("red", "orange", "amber", "yellow", "lime", "green"),
            *("teal", "sky", "blue", "violet", "pink", "grey"),
        ],
        "icon_emojis": 1,
        "icon_length": 16,
        "tags": 10,
        "ordered": 1000,
    },
    "tag": {"tags": 100, "name_length": 50},
    "log": {
        "amount": {"min": "0.01", "max": "99999999.99"},
        "counted_amount": {"min": "0.00", "max": "99999999.99"},
        "amount_decimals": 2,
        "note_length": 1000,
        "days_at_once": 366,
        "key_length": 100,
        "day": {"min": "1970-01-01", "max": None},
    },
    "pause": {
        "per_track": 100,
        "for_all_tracks": 100,
        "date": {"min": "1970-01-01", "max": "2199-12-31"},
    },
    "goal": {
        "per_track": 100,
        "days": {"min": 1, "max": 1000},
        "amount": {"min": "0.01", "max": "99999999.99"},
        "amount_decimals": 2,
        "deadline": {"min": None, "max": "2199-12-31"},
    },
    "progress": {"days": 366, "ranges": {"last_week": 7, "last_month": 30, "last_year": 365}},
    "achievement": {
        "per_habit": 20,
        "name_length": 100,
        "description_length": 300,
        "picture_length": 16,
        "target": {"min": 1, "max": 3650},
        "window_days": {"min": 1, "max": 366},
    },
    "share": {"links": 100},
    "challenge": {
        "owned": 50,
        "joined": 100,
        "name_length": 200,
        "description_length": 2000,
        "days": {"min": 1, "max": 366},
        "starts_within_days": 366,
    },
    "group": {
        "owned": 50,
        "joined": 100,
        "members": 1000,
        "habits": 20,
        "name_length": 200,
        "description_length": 2000,
    },
    "reminder": {"per_track": 24, "text_length": 200},
    "channel": {
        "names": ["telegram", "ntfy", "webpush", "apprise", "email"],
        "browsers": 8,
        "code_digits": 8,
        "code_minutes": 30,
        "ntfy_server": "https://ntfy.sh",
        "apprise_schemes": [
            "bark",
            "barks",
            "discord",
            "gchat",
            "gotify",
            "gotifys",
            "hassio",
            "hassios",
            "ifttt",
            "mmost",
            "mmosts",
            "pbul",
            "pover",
            "signal",
            "signals",
            "zulip",
        ],
    },
    "key": {"keys": 50, "name_length": 100, "grace_hours": {"min": 0, "max": 168}},
    "import": {
        "bytes": 50_000_000,
        "unpacked_bytes": 50_000_000,
        "habits": 500,
        "days": 200_000,
        "kept_hours": 24,
    },
    "export": {"kept_minutes": 60},
    "page": {"size": 5, "max_size": 100},
}


class LimitsSerializer(serializers.Serializer[Any]):
    """The limits by area. Lengths are in characters, a duration in seconds, counts are maxima.

    A limit of null is today, on the user's clock. An icon is `icon_emojis` emoji, which have up to `icon_length`
    characters. `limit_frequencies` and `limit_per_period` are those of limit habits, `counted_amount` is of their days.
    """

    account = serializers.DictField()
    habit = serializers.DictField()
    track = serializers.DictField()
    tag = serializers.DictField()
    log = serializers.DictField()
    pause = serializers.DictField()
    goal = serializers.DictField()
    progress = serializers.DictField()
    achievement = serializers.DictField()
    share = serializers.DictField()
    challenge = serializers.DictField()
    group = serializers.DictField()
    reminder = serializers.DictField()
    channel = serializers.DictField()
    key = serializers.DictField()
    export = serializers.DictField()
    page = serializers.DictField()

    def get_fields(self) -> dict[str, Any]:
        return super().get_fields() | {"import": serializers.DictField()}  # a word of Python

    class Meta:
        swagger_schema_fields = described(
            LIMITS_EXAMPLE, min="1970-01-01", max="2199-12-31", providers={"name": "home", "title": "Home"}
        )

"""Share links over HTTP: shapes and their examples."""

from typing import Any

from rest_framework import serializers

from achievements.models import ShareLink

URL = "https://habits.example.org/s/Xb0mQ2vYw7sJk4TzHn1aLc9RdEu6PfGi/"
NEW_EXAMPLE: dict[str, object] = {"kind": "streak", "track": 34, "expires_at": "2027-01-01T00:00:00Z"}
SHARE_EXAMPLE: dict[str, object] = {
    "id": 12,
    "kind": "streak",
    "achievement": None,
    "track": 34,
    "expires_at": "2027-01-01T00:00:00Z",
    "created_at": "2026-11-21T06:31:00Z",
    "is_live": True,
    "title": "45 days in a row: Push-ups",
    "url": URL,
    "card": f"{URL}card.png",
    "links": {
        "telegram": "https://t.me/share/url?url=https%3A%2F%2Fhabits.example.org%2Fs%2FXb0m…&text=45%20days%20in…",
        "whatsapp": "https://wa.me/?text=45%20days%20in%20a%20row%3A%20Push-ups%20https%3A%2F%2Fhabits.example.org…",
        "x": "https://twitter.com/intent/tweet?text=45%20days%20in…&url=https%3A%2F%2Fhabits.example.org%2Fs%2FXb0m…",
        "facebook": "https://www.facebook.com/sharer/sharer.php?u=https%3A%2F%2Fhabits.example.org%2Fs%2FXb0m…",
    },
}


class NewShareSerializer(serializers.Serializer[Any]):
    """What is shared: an achievement that one holds, or the streak or the year of a track of one's own."""

    kind = serializers.ChoiceField(choices=ShareLink.Kind.choices)
    achievement = serializers.IntegerField(
        source="achievement_id",
        min_value=1,
        max_value=2**63 - 1,
        allow_null=True,
        required=False,
        help_text="Of a link to an achievement.",
    )
    track = serializers.IntegerField(
        source="track_id",
        min_value=1,
        max_value=2**63 - 1,
        allow_null=True,
        required=False,
        help_text="Of a link to a streak or a year.",
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, required=False, help_text="Left out: it works until it is taken back."
    )

    class Meta:
        swagger_schema_fields = {"example": NEW_EXAMPLE}


class ReadyLinksSerializer(serializers.Serializer[Any]):
    """Addresses that open the share in an app, which asks whom to send it to."""

    telegram = serializers.URLField()
    whatsapp = serializers.URLField()
    x = serializers.URLField()
    facebook = serializers.URLField()

    class Meta:
        swagger_schema_fields = {"example": SHARE_EXAMPLE["links"]}


class ShareSerializer(serializers.Serializer[Any]):
    """A share link.

    `url`: the public page, for whoever has it; `card`: its picture; `is_live`: whether they show something now,
    which they don't while the achievement is not held, or the track is left.
    """

    id = serializers.IntegerField(source="link.pk")
    kind = serializers.ChoiceField(source="link.kind", choices=ShareLink.Kind.choices)
    achievement = serializers.IntegerField(source="link.achievement_id", allow_null=True)
    track = serializers.IntegerField(source="link.track_id", allow_null=True)
    expires_at = serializers.DateTimeField(source="link.expires_at", allow_null=True)
    created_at = serializers.DateTimeField(source="link.created_at")
    is_live = serializers.BooleanField()
    title = serializers.CharField()
    url = serializers.URLField()
    card = serializers.URLField()
    links = ReadyLinksSerializer()

    class Meta:
        swagger_schema_fields = {"example": SHARE_EXAMPLE}

"""Serializers of share links, with examples for the API documentation."""

from typing import Any

from achievements.models import ShareLink
from common import serializers
from common.limits import MAX_ID

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
    """A new share link: to an achievement that the user holds, or to the streak or year of one of their tracks."""

    kind = serializers.ChoiceField(choices=ShareLink.Kind.choices)
    achievement = serializers.IntegerField(
        source="achievement_id",
        min_value=1,
        max_value=MAX_ID,
        allow_null=True,
        required=False,
        help_text="Id of the achievement, for links to an achievement.",
    )
    track = serializers.IntegerField(
        source="track_id",
        min_value=1,
        max_value=MAX_ID,
        allow_null=True,
        required=False,
        help_text="Id of the track, for links to a streak or a year.",
    )
    expires_at = serializers.DateTimeField(
        allow_null=True, required=False, help_text="When the link stops working; if omitted, it does not expire."
    )

    class Meta:
        swagger_schema_fields = {"example": NEW_EXAMPLE}


class AppLinksSerializer(serializers.Serializer[Any]):
    """URLs that open an app, which asks to whom the link should be sent."""

    telegram = serializers.URLField()
    whatsapp = serializers.URLField()
    x = serializers.URLField()
    facebook = serializers.URLField()

    class Meta:
        swagger_schema_fields = {"example": SHARE_EXAMPLE["links"]}


class ShareSerializer(serializers.Serializer[Any]):
    """A share link.

    `url`: the public page; `card`: its preview picture; `is_live`: whether they show something at the moment. They
    show nothing while the achievement is not held or the track is left.
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
    links = AppLinksSerializer()

    class Meta:
        swagger_schema_fields = {"example": SHARE_EXAMPLE}

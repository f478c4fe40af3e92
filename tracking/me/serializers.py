"""Serializers of the authenticated user's own profile with its habits."""

from typing import Any

from common import serializers
from tracking.tracks.serializers import TRACK_EXAMPLE, TrackSerializer
from users.models import User
from users.serializers import PROFILE_EXAMPLE, ProfileSerializer

# What no key sees of a profile.
NOT_FOR_KEYS = ("email", "new_email", "telegram")


class MeSerializer(ProfileSerializer):
    """The user's profile with tracks and streaks."""

    tracks = serializers.SerializerMethodField()

    class Meta(ProfileSerializer.Meta):
        fields = [*ProfileSerializer.Meta.fields, "tracks"]
        swagger_schema_fields = {"example": PROFILE_EXAMPLE | {"tracks": [TRACK_EXAMPLE]}}

    def get_fields(self) -> dict[str, Any]:
        """Return the fields without those of the context's `hidden`."""
        hidden = self.context.get("hidden", ())
        return {name: field for name, field in super().get_fields().items() if name not in hidden}

    def get_tracks(self, user: User) -> list[dict[str, Any]]:
        return list(TrackSerializer(self.context["tracks"], many=True, context=self.context).data)

"""Serializers and examples of tags."""

from common import serializers
from tracking.models import Tag
from tracking.tags import rules

TAG_EXAMPLE = {"id": 5, "name": "Health", "tracks": 3}


class TagSerializer(serializers.ModelSerializer[Tag]):
    """A tag. `tracks`: how many of your tracks have it, archived ones too."""

    name = serializers.CharField(
        max_length=rules.MAX_NAME_LENGTH, help_text="Unique among your tags, whatever the case."
    )
    tracks = serializers.IntegerField(source="tracks_count", read_only=True)

    class Meta:
        model = Tag
        fields = ["id", "name", "tracks"]
        swagger_schema_fields = {"example": TAG_EXAMPLE}

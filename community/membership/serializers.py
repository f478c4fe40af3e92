"""Serializers that challenges and groups share."""

from typing import Any

from common import serializers

CODE_EXAMPLE = {"code": "Qm9vdHN0cmFwLXlvdXI"}


class CodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=64, help_text="The invitation code.")

    class Meta:
        swagger_schema_fields = {"example": CODE_EXAMPLE}


class PreviewSerializer(serializers.Serializer[Any]):
    """What an invitation code shows before joining: the name and the number of members."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    members = serializers.IntegerField()

    class Meta:
        swagger_schema_fields = {"example": {"id": 5, "name": "Meditate every day in May", "members": 12}}

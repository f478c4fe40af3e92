"""The request body of signing in inside Telegram."""

from typing import Any

from common import serializers
from users.mini_app import rules


class InitDataSerializer(serializers.Serializer[Any]):
    init_data = serializers.CharField(
        max_length=rules.MAX_LENGTH, trim_whitespace=False, help_text="`Telegram.WebApp.initData`, as it is."
    )

    class Meta:
        swagger_schema_fields = {
            "example": {"init_data": "query_id=AAF…&user=%7B%22id%22%3A5550001%7D&auth_date=1795680000&hash=9f86d0…"}
        }

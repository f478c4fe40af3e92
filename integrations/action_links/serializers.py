"""Serializers of action links, with examples for the API documentation."""

from typing import Any

from django.conf import settings

from common import serializers
from common.amount_field import AmountField
from common.limits import MAX_ID, MIN_AMOUNT
from integrations.action_links import rules
from integrations.models import ActionLink

LINK_EXAMPLE: dict[str, object] = {
    "track": 34,
    "action": "add",
    "amount": "250.00",
    "name": "The tag on the bottle",
    "acts_on_get": False,
}


class ActionLinkSerializer(serializers.ModelSerializer[ActionLink]):
    """A link and its secret address: anybody who has it can do what it is for."""

    name = serializers.CharField(read_only=True, allow_blank=True)
    address = serializers.SerializerMethodField()

    class Meta:
        model = ActionLink
        fields = [
            "id",
            "track",
            "action",
            "amount",
            "name",
            "acts_on_get",
            "address",
            "created_at",
            "last_used_at",
        ]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                "id": 5,
                **LINK_EXAMPLE,
                "address": "https://habits.example.org/a/Zr8k…Q",
                "created_at": "2026-11-21T12:00:00Z",
                "last_used_at": None,
            }
        }

    def get_address(self, link: ActionLink) -> str:
        return f"{settings.SITE_URL}/a/{link.token}"


class LinkEditSerializer(serializers.Serializer[Any]):
    """Fields that are left out keep their values. What a link does cannot be changed: make another one."""

    name = serializers.CharField(
        max_length=rules.MAX_NAME_LENGTH, required=False, allow_blank=True, help_text="For example where the tag is."
    )
    acts_on_get = serializers.BooleanField(
        required=False,
        help_text="Opening the address acts at once, for devices that know nothing else. Programs that show a preview of "
        "a link then act too. Default: false, a page with a button.",
    )

    class Meta:
        read_only_fields = ["id", "track", "action", "amount", "address", "created_at", "last_used_at"]
        swagger_schema_fields = {"example": {"name": "The tag on the bottle", "acts_on_get": False}}


class NewActionLinkSerializer(LinkEditSerializer):
    track = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    action = serializers.ChoiceField(
        choices=[each.value for each in rules.Action],
        help_text="done: completed; add: adds the amount; toggle: done or not.",
    )
    amount = AmountField(
        min_value=MIN_AMOUNT, required=False, allow_null=True, help_text="What a link that adds adds each time."
    )

    class Meta:
        read_only_fields = ["id", "address", "created_at", "last_used_at"]
        swagger_schema_fields = {"example": LINK_EXAMPLE}

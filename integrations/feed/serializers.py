"""Serializers of a partner's webhooks, with examples for the API documentation."""

from integrations.feed import rules
from integrations.webhooks.serializers import EndpointEditSerializer, EventsField, NewEndpointSerializer

CHOOSABLE = [each.value for each in rules.TYPES]
NEW_EXAMPLE: dict[str, object] = {
    "name": "Our server",
    "url": "https://service.example.org/habits",
    "events": ["log.set", "streak.extended", "streak.lost", "person.unlinked"],
}


class PartnerNewEndpointSerializer(NewEndpointSerializer):
    events = EventsField(CHOOSABLE, help_text="What it is told of.")

    class Meta:
        swagger_schema_fields = {"example": NEW_EXAMPLE}


class PartnerEndpointEditSerializer(EndpointEditSerializer):
    events = EventsField(CHOOSABLE, required=False)

    class Meta(EndpointEditSerializer.Meta):
        swagger_schema_fields = {"example": {"events": ["log.set", "log.cleared"]}}

"""Serializers of files in and out, with examples for the API documentation."""

from typing import Any

from django.utils import translation
from rest_framework.serializers import FileField

from common import serializers
from common.limits import MAX_NAME_LENGTH
from common.schema_shapes import shape
from habits.patterns import Frequency
from habits.recurrence import WEEKDAYS
from habits.rules import GoalType
from integrations.models import Transfer, TransferItem
from integrations.transfer import words
from integrations.transfer.reading.dates import ORDERS
from integrations.transfer.reading.own_csv import ROLES

HABIT_EXAMPLE: dict[str, object] = {
    "name": "Water the plants",
    "description": "",
    "goal_type": "at_least",
    "schedule": {
        "frequency": "daily",
        "unit": "",
        "interval": 3,
        "weekdays": [],
        "times_per_period": 1,
        "daily_amount": "1",
    },
    "archived": False,
    "tags": [],
    "colour": "green",
    "reminders": [],
    "days": 3,
    "first_day": "2025-04-20",
    "last_day": "2025-04-28",
    "notices": [],
    "is_known": False,
}
PREVIEW_EXAMPLE: dict[str, object] = {
    "habits": [HABIT_EXAMPLE],
    "days": 3,
    "notices": [],
    "skipped": [{"what": "Water 2025-04-24", "why": "amount_too_small"}],
    "skip_counts": {"amount_too_small": 1},
    "asks": [{"question": "date_order", "choices": ["D/M/Y", "M/D/Y"], "answer": None}],
    "columns": None,
}
# What is only in other previews: a limit habit, an answer, the columns of a CSV, and a habit without days.
OTHER_PREVIEW: dict[str, object] = {
    **PREVIEW_EXAMPLE,
    "habits": [
        {
            **HABIT_EXAMPLE,
            "schedule": {"frequency": "weekly", "unit": "cups", "limit_per_period": "3"},
            "tags": ["kitchen"],
            "reminders": ["07:30"],
            "first_day": None,
            "last_day": None,
            "notices": ["names_merged"],
        }
    ],
    "notices": ["names_merged"],
    "asks": [{"question": "date_order", "choices": ["D/M/Y"], "answer": "D/M/Y"}],
    "columns": {"names": ["Datum", "Gewohnheit", "Menge"], "chosen": {"day": "Datum", "habit": "Gewohnheit"}},
}
CHOSEN_EXAMPLE = dict.fromkeys(ROLES, "Datum")
PREVIEW_SHAPE = shape(
    PREVIEW_EXAMPLE,
    OTHER_PREVIEW,
    *({**OTHER_PREVIEW, "columns": {"names": ["Datum"], "chosen": chosen}} for chosen in (CHOSEN_EXAMPLE, {})),
    frequency=list(Frequency),
    goal_type=list(GoalType),
    weekdays=list(WEEKDAYS),
    question=["date_order", "columns"],
)
PREVIEW_SHAPE["properties"]["skip_counts"] = {"type": "object", "additionalProperties": {"type": "integer"}}
ITEM_EXAMPLE: dict[str, object] = {
    "name": "Water the plants",
    "outcome": "created",
    "habit": 71,
    "days_added": 3,
    "days_kept": 0,
    "days_refused": 0,
    "notices": [],
    "code": "",
    "message": "",
}
IMPORT_EXAMPLE: dict[str, object] = {
    "id": 12,
    "kind": "import",
    "state": "waiting",
    "name": "Loop Habits CSV 2025-04-30.zip",
    "source": "loop_csv",
    "size": 5274,
    "total": 1,
    "done": 0,
    "code": "",
    "choices": {},
    "created_at": "2026-11-21T12:00:00Z",
    "started_at": None,
    "finished_at": None,
    "expires_at": "2026-11-22T12:00:00Z",
}
EXPORT_EXAMPLE: dict[str, object] = {
    "id": 13,
    "state": "done",
    "size": 48210,
    "total": 14,
    "done": 14,
    "code": "",
    "created_at": "2026-11-21T12:00:00Z",
    "finished_at": "2026-11-21T12:00:03Z",
    "fetched_at": None,
    "expires_at": "2026-11-21T13:00:03Z",
}


class NothingSerializer(serializers.Serializer[Any]):
    """A request that says nothing."""


class UploadSerializer(serializers.Serializer[Any]):
    file = FileField(allow_empty_file=True, help_text="The file, as the other tracker made it.")


class ColumnsSerializer(serializers.Serializer[Any]):
    """The columns of a CSV of one's own, by their names."""

    class Meta:
        swagger_schema_fields = {"example": {"day": "Datum", "habit": "Gewohnheit", "value": "Menge"}}

    def get_fields(self) -> dict[str, Any]:
        return {
            role: serializers.CharField(required=role in ROLES[:2], max_length=MAX_NAME_LENGTH, help_text=help_text)
            for role, help_text in zip(ROLES, _COLUMN_HELP, strict=True)
        }


_COLUMN_HELP = (
    "The day.",
    "The name of the habit.",
    "The amount, or whether it was done. Without it each line is a day that was done.",
    "The unit of the amount.",
    "A note.",
)


class PreviewAnswersSerializer(serializers.Serializer[Any]):
    """Answers to what a preview asks. What is left out keeps its answer."""

    date_order = serializers.ChoiceField(ORDERS, required=False, help_text="The order of day and month.")
    columns = ColumnsSerializer(required=False)

    class Meta:
        read_only_fields = [*IMPORT_EXAMPLE, "preview", "report", "texts"]
        swagger_schema_fields = {"example": {"date_order": "D/M/Y"}}


class ImportSerializer(serializers.ModelSerializer[Transfer]):
    """A file that came in: how far it is, until when it is kept."""

    code = serializers.CharField(read_only=True, allow_blank=True, help_text="Why it failed; empty: it did not.")

    class Meta:
        model = Transfer
        fields = [
            "id",
            "kind",
            "state",
            "name",
            "source",
            "size",
            "total",
            "done",
            "code",
            "choices",
            "created_at",
            "started_at",
            "finished_at",
            "expires_at",
        ]
        read_only_fields = fields
        swagger_schema_fields = {"example": IMPORT_EXAMPLE}

    def get_fields(self) -> dict[str, Any]:
        choices = serializers.JSONField(read_only=True, source="latest_choices", help_text="What you have answered.")
        # `source` is also a name of the library's own fields.
        known = serializers.CharField(
            read_only=True, allow_blank=True, help_text="The program that made the file, if known."
        )
        return super().get_fields() | {"choices": choices, "source": known}


class ItemSerializer(serializers.ModelSerializer[TransferItem]):
    """What came of a habit of the file."""

    notices = serializers.ListField(child=serializers.CharField(), read_only=True)
    code = serializers.CharField(read_only=True, allow_blank=True, help_text="Why it failed; empty: it did not.")
    message = serializers.CharField(read_only=True, allow_blank=True, help_text="The same as a sentence.")

    class Meta:
        model = TransferItem
        fields = [
            "name",
            "outcome",
            "habit",
            "days_added",
            "days_kept",
            "days_refused",
            "notices",
            "code",
            "message",
        ]
        read_only_fields = fields
        swagger_schema_fields = {"example": ITEM_EXAMPLE}


class PreviewField(serializers.JSONField):
    """What would be made of a file, what is left out and why, and what is asked."""

    class Meta:
        swagger_schema_fields = {**PREVIEW_SHAPE, "readOnly": True}


class TextsField(serializers.DictField):
    """A sentence by code."""

    def get_attribute(self, instance: Any) -> dict[str, str]:
        return {}  # filled in from the other fields

    class Meta:
        swagger_schema_fields = {"type": "object", "additionalProperties": {"type": "string"}}


class ImportDetailSerializer(ImportSerializer):
    """A file that came in, with its preview, and the report of what was made so far."""

    preview = PreviewField(read_only=True)
    report = ItemSerializer(many=True, read_only=True, source="items_in_order")
    texts = TextsField(read_only=True, help_text="What the codes mean, in your language.")

    class Meta(ImportSerializer.Meta):
        fields = [*ImportSerializer.Meta.fields, "preview", "report", "texts"]
        read_only_fields = fields
        swagger_schema_fields = {
            "example": {
                **IMPORT_EXAMPLE,
                "preview": PREVIEW_EXAMPLE,
                "report": [ITEM_EXAMPLE],
                "texts": {"amount_too_small": "The amount is less than 0.01."},
            }
        }

    def to_representation(self, instance: Transfer) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        noticed = [code for item in shown["report"] for code in item["notices"]]
        codes = words.codes_in(shown["preview"], [*noticed, shown["code"]])
        with translation.override(instance.user.language):
            return shown | {"texts": words.texts_of(codes)}


class ExportSerializer(serializers.ModelSerializer[Transfer]):
    """An export: how far it is, and until when it can be fetched."""

    code = serializers.CharField(read_only=True, allow_blank=True, help_text="Why it failed; empty: it did not.")

    class Meta:
        model = Transfer
        fields = [
            "id",
            "state",
            "size",
            "total",
            "done",
            "code",
            "created_at",
            "finished_at",
            "fetched_at",
            "expires_at",
        ]
        read_only_fields = fields
        swagger_schema_fields = {"example": EXPORT_EXAMPLE}

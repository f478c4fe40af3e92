"""Serializers of the plain application."""

from typing import Any

from rest_framework import serializers

from benchmarks.plain.models import PlainHabit, PlainLog


class PlainHabitSerializer(serializers.ModelSerializer[PlainHabit]):
    class Meta:
        model = PlainHabit
        fields = [
            "id",
            "name",
            "action",
            "place",
            "time",
            "weekdays",
            "target",
            "unit",
            "is_public",
            "started_on",
            "created_at",
        ]
        read_only_fields = ["started_on"]


class PlainLogSerializer(serializers.ModelSerializer[PlainLog]):
    class Meta:
        model = PlainLog
        fields = ["id", "day", "status", "amount", "note", "created_at", "updated_at"]
        read_only_fields = ["day"]


class StreaksSerializer(serializers.Serializer[Any]):
    current = serializers.IntegerField()
    longest = serializers.IntegerField()


class TodaySerializer(serializers.Serializer[Any]):
    habit = PlainHabitSerializer()
    status = serializers.CharField(allow_null=True)
    amount = serializers.DecimalField(9, 2, allow_null=True)
    streak = StreaksSerializer()


class RangeSerializer(serializers.Serializer[Any]):
    first = serializers.DateField()
    last = serializers.DateField()


class HabitSummarySerializer(serializers.Serializer[Any]):
    """The four figures of a habit."""

    habit = serializers.IntegerField()
    name = serializers.CharField()
    completed = serializers.IntegerField()
    success_rate = serializers.FloatField(allow_null=True)
    current = serializers.IntegerField()
    longest = serializers.IntegerField()


class DayProgressSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    is_target = serializers.BooleanField()
    status = serializers.CharField(allow_null=True)

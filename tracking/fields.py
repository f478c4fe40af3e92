"""Model fields: values that the database stores as text."""

from functools import lru_cache
from typing import Any

from django.db import models

from habits.units import StreakUnit

_parse = lru_cache(maxsize=256)(StreakUnit.parse)


class StreakUnitField(models.CharField[StreakUnit, StreakUnit]):
    """A StreakUnit, stored as its text. In migrations it is the CharField that it was from the beginning."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"max_length": 10} | options))

    def deconstruct(self) -> Any:
        name, _, args, options = super().deconstruct()
        if "default" in options:
            options["default"] = str(options["default"])
        return name, "django.db.models.CharField", args, options

    def from_db_value(self, value: str | None, *_: object) -> StreakUnit | None:
        return None if value is None else _parse(value)

    def to_python(self, value: Any) -> Any:
        return _parse(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(value)

"""The base class of query filters, and the filters that lists use.

Each filter needs a `help_text`, its description in the schema (common.schema).
"""

from typing import Any

import django_filters

from common.limits import MAX_ID, MAX_NAME_LENGTH


class FilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """A set of query filters. The library has no types: they are ignored here only."""


class IdFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """The id of a row: a whole number that the database can hold."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, min_value=1, max_value=MAX_ID, decimal_places=0, **options)


class PartOfNameFilter(django_filters.CharFilter):  # type: ignore[misc]
    """A part of a name, in any case."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("help_text", "Part of the name, in any case.")
        super().__init__(*args, lookup_expr="icontains", max_length=MAX_NAME_LENGTH, **options)


class BooleanFilter(django_filters.TypedChoiceFilter):  # type: ignore[misc]
    """true or false. The library's own filter ignores every other value."""

    def __init__(self, *args: Any, **options: Any) -> None:
        choices = [(text, text) for text in ("true", "false", "True", "False")]
        super().__init__(*args, choices=choices, coerce=lambda text: text.lower() == "true", **options)

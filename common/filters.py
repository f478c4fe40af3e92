"""The base class of query filters."""

import django_filters


class FilterSet(django_filters.FilterSet):  # type: ignore[misc]
    """A set of query filters. The library has no types: they are ignored here only."""

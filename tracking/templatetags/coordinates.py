"""Template filters that write the coordinates of pictures, which are the same in every language."""

from collections.abc import Iterable

from django import template

from tracking.pictures.geometry import Point

register = template.Library()


@register.filter
def number(value: float) -> str:
    """Return a coordinate: "36", "104.5"."""
    return f"{value:g}"


@register.filter
def points(line: Iterable[Point]) -> str:
    """Return the points of a polyline: "36,176 50.5,56"."""
    return " ".join(f"{x:g},{y:g}" for x, y in line)

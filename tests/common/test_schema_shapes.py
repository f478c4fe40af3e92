"""Schemas of answers that are written by hand, from their examples."""

import pytest

from common.schema_shapes import described, shape


def test_the_kind_of_each_property_is_that_of_its_value() -> None:
    example = {
        "id": 1,
        "share": 0.5,
        "name": "a",
        "day": "2026-11-26",
        "is_on": True,
        "of": {"n": 1},
        "days": [{"n": 1}],
    }
    of = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    assert shape(example) == {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "share": {"type": "number"},
            "name": {"type": "string"},
            "day": {"type": "string", "format": "date"},
            "is_on": {"type": "boolean"},
            "of": of,
            "days": {"type": "array", "items": of},
        },
        "required": [*example],
    }


def test_what_is_null_is_of_another_examples_kind() -> None:
    properties = shape({"next": None, "limit": None}, next="https://example.org/", limit={"left": 1})["properties"]
    assert properties["next"] == {"type": "string", "x-nullable": True}
    assert properties["limit"]["properties"] == {"left": {"type": "integer"}}


def test_what_is_null_in_one_item_of_a_list_can_be_null_in_each() -> None:
    items = shape({"days": [{"amount": "1.00"}, {"amount": None}]})["properties"]["days"]["items"]
    assert items["properties"] == {"amount": {"type": "string", "x-nullable": True}}


def test_what_one_item_lacks_is_not_required() -> None:
    items = shape({"days": [{"day": "2026-11-26", "note": ""}, {"day": "2026-11-27"}]})["properties"]["days"]["items"]
    assert items["required"] == ["day"]


def test_texts_are_one_of_the_choices_also_in_lists() -> None:
    properties = shape({"status": "done", "week": []}, status=["done", "open"], week=("mon",))["properties"]
    assert properties["status"]["enum"] == ["done", "open"]
    assert properties["week"] == {"type": "array", "items": {"type": "string", "enum": ["mon"]}}


def test_an_example_that_says_nothing_is_refused() -> None:
    examples: list[dict[str, object]] = [{"days": []}, {"next": None}]
    for example in examples:
        with pytest.raises(TypeError, match="cannot say"):
            shape(example)


def test_the_example_is_shown_with_its_schema() -> None:
    assert described({"id": 1})["example"] == {"id": 1}


def test_where_no_property_is_in_all_examples_none_is_named_as_required() -> None:
    assert shape({"day": "a"}, {"habit": "b"}) == {
        "type": "object",
        "properties": {"day": {"type": "string"}, "habit": {"type": "string"}},
    }

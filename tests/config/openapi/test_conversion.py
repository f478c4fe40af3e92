"""What becomes of each part of a Swagger document that the API's own does not have yet."""

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from common.operation_names import operation_name
from config.openapi.conversion import convert

ANSWER: dict[str, Any] = {"200": {"description": "Done."}}


def document(path: str = "/things/", method: str = "post", definitions: Any = None, **operation: Any) -> dict[str, Any]:
    """Return the conversion of a document of one operation, which is valid."""
    swagger: dict[str, Any] = {
        "swagger": "2.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {path: {method: {"responses": ANSWER, "parameters": [], **operation}}},
        "definitions": definitions or {},
    }
    converted = convert(swagger, server="https://example.org/api")
    assert list(OpenAPIV31SpecValidator(converted).iter_errors()) == []
    return converted


def operation(path: str = "/things/", method: str = "post", **said: Any) -> dict[str, Any]:
    return dict(document(path, method, **said)["paths"][path][method])


def field(**schema: Any) -> Any:
    """Return the conversion of one field of an answer."""
    body = {"200": {"description": "Done.", "schema": {"type": "object", "properties": {"field": schema}}}}
    content = operation(responses=body)["responses"]["200"]["content"]
    return content["application/json"]["schema"]["properties"]["field"]


def test_a_form_with_a_file_is_multipart() -> None:
    fields = [
        {"name": "file", "in": "formData", "type": "file", "required": True, "description": "A zip."},
        {"name": "kind", "in": "formData", "type": "string"},
    ]
    body = operation(parameters=fields, consumes=["multipart/form-data", "application/x-www-form-urlencoded"])
    assert body["requestBody"] == {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {
                            "type": "string",
                            "contentMediaType": "application/octet-stream",
                            "description": "A zip.",
                        },
                        "kind": {"type": "string"},
                    },
                    "required": ["file"],
                }
            }
        },
    }


def test_a_form_without_a_file_may_be_sent_as_it_says() -> None:
    one = {"name": "kind", "in": "formData", "type": "string"}
    body = operation(parameters=[one], consumes=["application/x-www-form-urlencoded"])["requestBody"]
    assert (list(body["content"]), body["required"]) == (["application/x-www-form-urlencoded"], False)


@pytest.mark.parametrize(
    ("collection", "style", "explode"),
    [("csv", "form", False), ("multi", "form", True), ("pipes", "pipeDelimited", False)],
)
def test_a_list_in_a_query_is_joined_as_before(collection: str, style: str, explode: bool) -> None:
    items = {"type": "array", "items": {"type": "string"}, "collectionFormat": collection}
    [found] = operation(method="get", parameters=[{"name": "tags", "in": "query", **items}])["parameters"]
    assert (found["style"], found["explode"], found["required"]) == (style, explode, False)
    assert found["schema"] == {"type": "array", "items": {"type": "string"}}


def test_a_parameter_of_a_path_is_required() -> None:
    shared = {"name": "id", "in": "path", "required": True, "type": "integer"}
    swagger = {
        "swagger": "2.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things/{id}/": {"parameters": [shared], "get": {"responses": ANSWER}}},
    }
    [found] = convert(swagger, server="https://example.org")["paths"]["/things/{id}/"]["parameters"]
    assert found == {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def test_null_is_a_type() -> None:
    assert field(type="string", **{"x-nullable": True}) == {"type": ["string", "null"]}
    assert field(type="string", enum=["a"], **{"x-nullable": True}) == {"type": ["string", "null"], "enum": ["a", None]}
    assert field(**{"x-nullable": True, "description": "Any."}) == {"description": "Any."}


def test_exclusive_bounds_are_numbers() -> None:
    assert field(type="integer", minimum=1, exclusiveMinimum=True) == {"type": "integer", "exclusiveMinimum": 1}
    assert field(type="integer", maximum=9, exclusiveMaximum=False) == {"type": "integer", "maximum": 9}


def test_other_parts_of_a_schema_are_converted_at_every_depth() -> None:
    nullable = {"type": "string", "x-nullable": True}
    assert field(type="object", additionalProperties=nullable)["additionalProperties"] == {"type": ["string", "null"]}
    assert field(allOf=[nullable])["allOf"] == [{"type": ["string", "null"]}]
    assert field(type="string", format="binary") == {"type": "string", "contentMediaType": "application/octet-stream"}
    assert field(type="string", example="a", title="Name") == {"type": "string", "examples": ["a"]}


def test_a_definition_that_can_be_null_is_so_where_it_is_used() -> None:
    definitions = {
        "Part": {"type": "object", "x-nullable": True, "properties": {"id": {"type": "integer"}}},
        "Thing": {"type": "object", "properties": {"part": {"$ref": "#/definitions/Part"}}},
    }
    answer = {"200": {"description": "Done.", "schema": {"$ref": "#/definitions/Thing"}}}
    schemas = document(definitions=definitions, responses=answer)["components"]["schemas"]
    assert schemas["Part"]["type"] == "object"
    part = schemas["Thing"]["properties"]["part"]
    assert part == {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]}


def test_a_schema_of_requests_and_answers_becomes_two() -> None:
    thing = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string"},
            "code": {"type": "string"},
        },
        "x-optional": ["code"],
    }
    reference = {"$ref": "#/definitions/Thing"}
    found = document(
        definitions={"Thing": thing, "Alone": {"type": "string"}},
        parameters=[{"name": "data", "in": "body", "required": True, "schema": reference}],
        responses={"200": {"description": "Done.", "schema": {"type": "array", "items": reference}}},
    )
    schemas = found["components"]["schemas"]
    assert schemas["Thing"]["required"] == ["id", "name"]
    assert (list(schemas["ThingRequest"]["properties"]), schemas["ThingRequest"]["required"]) == (
        ["name", "code"],
        ["name"],
    )
    body = found["paths"]["/things/"]["post"]["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ThingRequest"}


def test_a_schema_without_fields_is_the_same_in_requests_and_answers() -> None:
    reference = {"$ref": "#/definitions/Colour"}
    found = document(
        definitions={"Colour": {"type": "string", "enum": ["red", "green"]}},
        parameters=[{"name": "data", "in": "body", "required": True, "schema": reference}],
        responses={"200": {"description": "Done.", "schema": reference}},
    )
    schemas = found["components"]["schemas"]
    assert schemas["Colour"] == schemas["ColourRequest"] == {"type": "string", "enum": ["red", "green"]}


def test_refusals_of_the_usual_form_share_a_schema_and_another_form_keeps_its_own() -> None:
    usual = {"type": "object", "properties": {"errors": {"type": "array", "items": {"type": "string"}}}}
    other = {"type": "object", "properties": {"retry_after": {"type": "integer"}}}
    answers = {
        status: {"description": "Refused.", "schema": schema}
        for status, schema in {"400": usual, "404": usual, "429": other}.items()
    }
    found = operation(responses=ANSWER | answers)["responses"]
    schemas = {status: found[status]["content"]["application/json"]["schema"] for status in answers}
    assert schemas["400"] == schemas["404"] == {"$ref": "#/components/schemas/Error"}
    assert schemas["429"]["properties"] == {"retry_after": {"type": "integer"}}


def test_an_answer_that_is_a_file_has_a_type_and_no_schema() -> None:
    answer = {"description": "A zip.", "schema": {"type": "file"}, "headers": {"ETag": {"type": "string"}}}
    found = operation(method="get", produces=["application/zip"], responses={"200": answer})["responses"]["200"]
    assert found["content"] == {"application/zip": {}}
    assert found["headers"] == {"ETag": {"description": "", "schema": {"type": "string"}}}


def test_security_schemes_have_their_names_of_3_1() -> None:
    swagger = {
        "swagger": "2.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {},
        "securityDefinitions": {
            "Bearer": {"type": "apiKey", "in": "header", "name": "Authorization"},
            "Key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            "Basic": {"type": "basic"},
        },
    }
    schemes = convert(swagger, server="https://example.org")["components"]["securitySchemes"]
    assert schemes["Bearer"] == {"type": "http", "scheme": "bearer", "description": ""}
    assert schemes["Key"] == swagger["securityDefinitions"]["Key"]  # type: ignore[index]
    assert schemes["Basic"] == {"type": "http", "scheme": "basic"}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/habits/", "list_habits"),
        ("POST", "/habits/", "create_habit"),
        ("GET", "/habits/{id}/", "get_habit"),
        ("PUT", "/habits/{id}/", "replace_habit"),
        ("PATCH", "/habits/{id}/", "update_habit"),
        ("DELETE", "/histories/{id}/", "delete_history"),
        ("GET", "/partner/people/", "list_partner_people"),
        ("PUT", "/partner/people/{external_id}/", "replace_partner_person"),
        ("POST", "/partner/people/{external_id}/habits/{id}/", "add_partner_person_habit"),
        ("POST", "/keys/{id}/rotate/", "rotate_key"),
        ("POST", "/partner/batch/", "batch_partner"),
        ("POST", "/a/long-path/of-one/", "post_a_long_path_of_one"),
        ("GET", "/users/{id}/access/", "get_user_access"),
        ("PUT", "/tracks/{track_id}/logs/{day}/", "set_day"),
    ],
)
def test_an_operation_is_named_by_its_method_and_path(method: str, path: str, name: str) -> None:
    assert operation_name(method, path) == name

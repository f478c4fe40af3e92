"""The OpenAPI schema and its two pages: every operation has a description and examples; nothing is loaded from other hosts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from openapi_spec_validator import OpenAPIV2SpecValidator

from config.urls import api as routes
from tests import make

pytestmark = pytest.mark.django_db

SCHEMA = "/api/schema/?format=openapi"


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    answer = client.get(SCHEMA)
    assert answer.status_code == 200
    return dict(answer.json())


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield f"{method.upper()} {path}", operation


def has_example(schema: dict[str, Any], part: dict[str, Any]) -> bool:
    """Return whether a schema, the schema that it refers to, or that of its items has an example."""
    if "$ref" in part:
        part = schema["definitions"][part["$ref"].rsplit("/", 1)[1]]
    return "example" in part or ("items" in part and has_example(schema, part["items"]))


def test_it_has_every_route_of_the_api(schema: dict[str, Any]) -> None:
    def shown(pattern: str) -> str:
        pattern = re.sub(r"\(\?P<(\w+)>[^)]*\)|<\w+:(\w+)>", lambda found: f"{{{found[1] or found[2]}}}", pattern)
        return "/" + pattern.strip("^$").removesuffix("\\Z").replace("{pk}", "{id}")

    assert set(schema["paths"]) == {shown(str(route.pattern)) for route in routes}


def test_it_is_valid_swagger(schema: dict[str, Any]) -> None:
    errors = [(list(error.absolute_path), error.message) for error in OpenAPIV2SpecValidator(schema).iter_errors()]
    assert errors == []


def parameters(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each parameter of a path or query with its operation's name."""
    for path, methods in schema["paths"].items():
        for method, found in methods.items():
            for each in found if method == "parameters" else found["parameters"]:
                if each["in"] != "body":
                    yield f"{method.upper()} {path}", each


def test_every_parameter_has_a_type_and_a_description(schema: dict[str, Any]) -> None:
    found = list(parameters(schema))
    assert len(found) > 60
    for name, parameter in found:
        assert parameter["type"] in {"string", "integer", "boolean", "array", "file"}, (name, parameter)
        assert len(parameter.get("description", "")) > 5, (name, parameter)
        if parameter["name"] in {"from", "to", "day"}:
            assert parameter["format"] == "date", (name, parameter)
        if parameter["name"] == "external_id":  # whatever a partner calls a person
            assert parameter["type"] == "string", (name, parameter)
        elif parameter["name"].endswith("id") or parameter["name"] in {"page", "page_size", "track", "habit", "group"}:
            assert (parameter["type"], parameter["minimum"]) == ("integer", 1), (name, parameter)
        if parameter["name"] in {"kind", "frequency", "state", "which", "channel", "range", "unit"}:
            assert parameter["enum"], (name, parameter)


def test_every_status_that_an_operation_can_return_is_documented(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        method, path = name.split()
        found = set(operation["responses"])
        has_body = any(each["in"] == "body" for each in operation["parameters"])
        expected = {"400"}  # an unknown parameter
        expected |= {"401", "403", "429"} if operation.get("security") != [] else set()
        expected |= {"404"} if "{" in path else set()
        expected |= {"409"} if method != "GET" else set()
        expected |= {"413", "415"} if has_body else set()
        expected |= {"403"} if path == "/tg/webhook/" else set()
        expected |= {"429"} if "by-code" in path or path.startswith(("/register", "/password/reset")) else set()
        assert expected <= found, (name, expected - found)


def test_every_operation_has_a_summary_and_a_description(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        assert operation.get("summary", "").strip(), name
        assert len(operation.get("description", "")) > 10, name
    summaries = [operation["summary"] for _, operation in operations(schema)]
    assert sorted(summaries) == sorted(set(summaries))


def test_every_body_has_an_example(schema: dict[str, Any]) -> None:
    bodies = 0
    for name, operation in operations(schema):
        for parameter in operation["parameters"]:
            if parameter["in"] == "body":
                bodies += 1
                assert has_example(schema, parameter["schema"]), name
        if name.split()[0] in {"PUT", "PATCH"}:
            assert [parameter for parameter in operation["parameters"] if parameter["in"] == "body"], name
    assert bodies > 10


def test_every_response_has_a_description_and_an_example_of_its_body(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        assert any(status.startswith("2") for status in operation["responses"]), name
        for status, answer in operation["responses"].items():
            assert answer["description"], (name, status)
            if "schema" in answer:
                assert answer["examples"]["application/json"], (name, status)


def test_every_operation_documents_its_errors_in_the_common_format(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema):
        refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert refusals, name
        for status, answer in refusals.items():
            example = answer["examples"]["application/json"]
            assert example.keys() == {"type", "errors"}, (name, status)
            assert all(error.keys() == {"code", "detail", "attr"} for error in example["errors"]), (name, status)
        if "{" in name:
            assert "404" in refusals, name
        if [parameter for parameter in operation["parameters"] if parameter["in"] == "body"]:
            assert "400" in refusals, name


def test_examples_have_no_unknown_fields(schema: dict[str, Any]) -> None:
    for name, definition in schema["definitions"].items():
        if "properties" in definition and "example" in definition and definition["properties"]:
            unknown = set(definition["example"]) - set(definition["properties"])
            assert not unknown or name in {"Logged", "Update", "PublicHabit", "Habit", "HabitInput"}, (name, unknown)


@pytest.mark.parametrize("path", ["/habits/", "/tracks/", "/register/", "/password/change/"])
def test_the_example_of_a_body_is_a_valid_request(schema: dict[str, Any], path: str) -> None:
    [body] = [each for each in schema["paths"][path]["post"]["parameters"] if each["in"] == "body"]
    example = dict(schema["definitions"][body["schema"]["$ref"].rsplit("/", 1)[1]]["example"])
    alice = make.person("alice")
    if path == "/tracks/":
        example["habit"] = make.habit(make.person("bob"), is_published=True).pk
    if path == "/register/":
        example |= {"email": "other@example.org", "username": "other"}
    answer = make.client(alice).post(f"/api{path}", example)
    assert answer.status_code < 300, answer.content


def test_examples_of_responses_have_the_shape_of_real_responses(schema: dict[str, Any]) -> None:
    api = make.client(make.person("alice"))
    made = api.post("/api/habits/", {"name": "Push-ups", "frequency": "daily", "is_published": True}).json()
    track = api.get(f"/api/tracks/{made['track']}/").json()
    day = f"/tracks/{made['track']}/logs/{track['started_on']}/"
    api.put(f"/api{day}", {"status": "skipped"})
    log = api.put(f"/api{day}", {"status": "completed"}).json()
    bob = make.person("bob", chat=True)
    body = {"name": "A program", "scopes": ["habits:read"], "password": make.PASSWORD}
    made_key = make.client(bob).post("/api/keys/", body).json()
    of_day = api.get(f"/api/days/{track['started_on']}/").json()
    shown = {
        ("post", "/habits/", "201"): made,
        ("get", "/habits/public/{id}/", "200"): api.get(f"/api/habits/public/{made['id']}/").json(),
        ("get", "/tracks/{id}/", "200"): track,
        ("put", "/tracks/{track_id}/logs/{day}/", "200"): log,
        ("get", "/tracks/{track_id}/logs/{day}/", "200"): api.get(f"/api{day}").json(),
        ("delete", "/tracks/{track_id}/logs/{day}/", "200"): api.delete(f"/api{day}").json(),
        ("get", "/today/", "200"): api.get("/api/today/").json(),
        ("get", "/days/{day}/", "200"): of_day,
        ("post", "/tags/", "201"): api.post("/api/tags/", {"name": "Health"}).json(),
        ("put", "/tracks/order/", "200"): api.put("/api/tracks/order/", {"tracks": [track["id"]]}).json(),
        ("patch", "/tracks/{id}/", "200"): api.patch(f"/api/tracks/{track['id']}/", {"tags": ["Health"]}).json(),
        ("get", "/users/me/", "200"): api.get("/api/users/me/").json(),
        ("get", "/tg/link/", "200"): api.get("/api/tg/link/").json(),
        ("get", "/users/me/access/", "200"): make.client(bob).get("/api/users/me/access/").json(),
        ("get", "/keys/", "200"): make.client(bob).get("/api/keys/").json(),
        ("post", "/keys/", "201"): made_key,
        ("get", "/habits/", "200"): api.get("/api/habits/").json(),
    }
    for (method, path, status), body in shown.items():
        example = schema["paths"][path][method]["responses"][status]["examples"]["application/json"]
        assert shape(example) == shape(body), path


def shape(body: Any) -> Any:
    """Return the field names of a body at every depth, and whether each holds an object, a list or a value."""
    if isinstance(body, dict):
        return {name: shape(value) for name, value in body.items()}
    return [shape(value) for value in body if isinstance(value, dict)] if isinstance(body, list) else None


def test_it_does_not_contain_the_aliases(schema: dict[str, Any]) -> None:
    assert schema["basePath"] == "/api"
    assert not [path for path in schema["paths"] if path.startswith("/habit/")]
    assert get_resolver().resolve("/api/habit/public/")


def test_it_is_also_available_as_yaml(client: Client) -> None:
    answer = client.get("/api/schema/", headers={"accept": "application/yaml"})
    assert answer.status_code == 200 and b"swagger: '2.0'" in answer.content


@pytest.mark.parametrize("path", ["/api/swagger/", "/swagger/", "/api/redoc/", "/redoc/"])
def test_its_pages_load_nothing_from_another_host(client: Client, path: str) -> None:
    page = client.get(path, headers={"accept": "text/html"})
    assert page.status_code == 200
    html = page.content.decode()
    assets = re.findall(r"""(?:src|href)=["']([^"']+)["']""", html)
    assert len(assets) >= 3
    for asset in assets:
        assert re.match(r"/(?!/)", asset), asset
        if not asset.endswith(".html"):
            found = client.get(asset)
            assert found.status_code == 200, asset
            assert b"".join(getattr(found, "streaming_content", [b"x"])), asset
    assert not re.search(r"""@import|url\(["']?(?:https?:)?//""", html)


def test_swagger_does_not_send_the_schema_to_a_validator(client: Client) -> None:
    html = client.get("/swagger/", headers={"accept": "text/html"}).content.decode()
    found = re.search(r'<script id="swagger-settings"[^>]*>(.*?)</script>', html)
    assert found and json.loads(found[1])["validatorUrl"] is None

"""The OpenAPI 3.1 document: valid, of the same operations as the Swagger schema, and cheap to ask for again."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation
from openapi_spec_validator import OpenAPIV31SpecValidator
from pytest_django import Settings

from common import webhook_events
from common.webhook_events import WebhookEvent
from config.openapi.conversion import JSON, operations
from config.openapi.views import openapi_view, swagger_document
from config.urls import api as routes

pytestmark = pytest.mark.django_db

PATH = "/api/openapi.json"
EVENT = WebhookEvent("tag.made", "A tag was made", component="Tag", example={"id": 1, "name": "Health", "tracks": 2})


@pytest.fixture(scope="module")
def document(shared_world: None) -> dict[str, Any]:
    return dict(Client().get(PATH).json())


@pytest.fixture(scope="module")
def swagger(shared_world: None) -> dict[str, Any]:
    return dict(Client().get("/api/schema/?format=openapi").json())


def problems(document: dict[str, Any]) -> list[str]:
    return [f"{list(each.absolute_path)}: {each.message}" for each in OpenAPIV31SpecValidator(document).iter_errors()]


def served(rf: RequestFactory) -> dict[str, Any]:
    """Return the document that a process which has just started serves."""
    response = openapi_view(routes)(rf.get(PATH))
    assert isinstance(response, HttpResponse)
    return dict(json.loads(response.content))


def test_it_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert problems(document) == []


def test_it_has_the_operations_of_the_swagger_schema_under_the_same_names(
    document: dict[str, Any], swagger: dict[str, Any]
) -> None:
    def named(found: dict[str, Any]) -> dict[tuple[str, str], str]:
        return {(path, method): each["operationId"] for path, method, each in operations(found)}

    assert named(document) == named(swagger)
    assert len(named(document)) > 130


def test_every_operation_has_a_name_of_its_own_that_is_an_identifier(document: dict[str, Any]) -> None:
    names = [each["operationId"] for _, _, each in operations(document)]
    assert sorted(names) == sorted(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z0-9]+)*", name)] == []


def test_nothing_of_swagger_2_is_left(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for word in ("x-nullable", "#/definitions/", "collectionFormat", "formData", '"x-optional"', '"type": "file"'):
        assert word not in text, word


def test_it_is_made_of_the_swagger_schema_that_is_served(
    swagger: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    made = swagger_document(routes)
    assert [each.getMessage() for each in caplog.records] == []
    assert {**made, "host": swagger["host"], "schemes": swagger["schemes"]} == swagger


def test_its_server_is_the_address_of_the_site(settings: Settings, client: Client) -> None:
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://example.org/habits", ["example.org", "testserver"]
    assert client.get(PATH).json()["servers"] == [{"url": "https://example.org/habits/api"}]


def test_every_body_and_every_answer_with_a_body_has_an_example(document: dict[str, Any]) -> None:
    def resolved(schema: dict[str, Any]) -> dict[str, Any]:
        return document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema

    for path, method, each in operations(document):
        for kind, found in each.get("requestBody", {}).get("content", {}).items():
            if kind == "multipart/form-data":  # a file is its own example
                continue
            schema = resolved(found["schema"])
            assert schema.get("examples") or resolved(schema["items"]).get("examples"), (method, path)
        for status, answer in each["responses"].items():
            for kind, found in answer.get("content", {}).items():
                assert kind != JSON or "example" in found, (method, path, status)


def test_an_answer_has_every_field_and_a_request_no_read_only_one(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert {"id", "name", "tracks"} == set(schemas["Tag"]["required"])
    assert set(schemas["TagRequest"]["properties"]) == {"name"}
    assert "id" not in schemas["Register"]["properties"]


def test_whoever_has_it_already_gets_no_copy(client: Client) -> None:
    first = client.get(PATH)
    assert "max-age=300" in first.headers["Cache-Control"]
    again = client.get(PATH, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_it_is_made_once_though_several_ask_at_the_same_time(
    rf: RequestFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def document(found: Any) -> dict[str, Any]:
        made.append(found)
        return swagger_document(found)

    monkeypatch.setattr("config.openapi.views.swagger_document", document)
    view = openapi_view(routes)
    with ThreadPoolExecutor(4) as pool:
        etags = {answer.headers["ETag"] for answer in pool.map(lambda _: view(rf.get(PATH)), range(4))}
    assert len(made) == len(etags) == 1


def test_it_is_the_same_whatever_language_its_first_reader_speaks(client: Client, rf: RequestFactory) -> None:
    with translation.override("ru"):
        answer = openapi_view(routes)(rf.get(PATH))
    assert answer.headers["ETag"] == client.get(PATH).headers["ETag"]


def test_events_that_an_app_adds_are_its_webhooks(monkeypatch: pytest.MonkeyPatch, rf: RequestFactory) -> None:
    monkeypatch.setattr(webhook_events, "_events", {})
    webhook_events.add([EVENT])
    found = served(rf)
    assert problems(found) == []
    assert list(found["webhooks"]) == ["tag.made"]
    operation = found["webhooks"]["tag.made"]["post"]
    assert operation["operationId"] == "on_tag_made"
    assert operation["requestBody"]["content"][JSON]["example"] == EVENT.example


def test_an_event_without_an_example_has_none_in_its_webhook(
    monkeypatch: pytest.MonkeyPatch, rf: RequestFactory
) -> None:
    monkeypatch.setattr(webhook_events, "_events", {})
    webhook_events.add([replace(EVENT, example=None)])
    found = served(rf)
    assert problems(found) == []
    assert list(found["webhooks"]["tag.made"]["post"]["requestBody"]["content"][JSON]) == ["schema"]


def test_without_events_it_has_no_webhooks(monkeypatch: pytest.MonkeyPatch, rf: RequestFactory) -> None:
    monkeypatch.setattr(webhook_events, "_events", {})
    found = served(rf)
    assert "webhooks" not in found and problems(found) == []

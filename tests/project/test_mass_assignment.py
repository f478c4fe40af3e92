"""No operation stores a field that it does not declare: bodies made from the schema, with every column of every table."""

import re
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client
from rest_framework.test import APIClient

from tests import make
from tests.project.test_two_people import Hers, all_routes
from users.export import PACKAGES
from users.models import User

pytestmark = pytest.mark.django_db

TEXT, NUMBER, YEAR = "mass-assigned", 424_242, 1999
METHODS = ("post", "put", "patch")


@pytest.fixture(scope="module")
def hers(shared_world: None) -> Hers:
    return Hers(make.person("alice", chat=True))


@pytest.fixture(scope="module")
def schema(shared_world: None) -> dict[str, Any]:
    return dict(Client().get("/api/schema/?format=openapi").json())


def columns() -> dict[str, Any]:
    """Return a value for the name of every column of every table, which nobody would send by chance."""
    found: dict[str, Any] = {}
    for model in apps.get_models():
        if model._meta.app_label in PACKAGES:
            for field in model._meta.concrete_fields:
                found |= dict.fromkeys({field.name, field.attname}, value_of(field))
    return found


def value_of(field: Any) -> Any:
    if isinstance(field, models.BooleanField):
        return True
    if isinstance(field, models.DateTimeField):
        return f"{YEAR}-01-01T00:00:00Z"
    if isinstance(field, models.DateField):
        return f"{YEAR}-01-01"
    if isinstance(field, models.CharField | models.TextField):
        return TEXT
    return NUMBER


def operations() -> list[tuple[str, str]]:
    """Return the name of each route with each method that writes and that its view has."""
    return [(name, method) for name in sorted(all_routes()) for method in METHODS]


def declared(schema: dict[str, Any], path: str, method: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the fields that an operation declares and its example, or None if there is no such operation."""
    for template, item in schema["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in item:
            body: dict[str, Any] = next(
                (each["schema"] for each in item[method].get("parameters", []) if each["in"] == "body"), {}
            )
            if "$ref" in body:
                body = schema["definitions"][body["$ref"].rpartition("/")[2]]
            return body.get("properties", {}), body.get("example") or {}
    return None


@pytest.mark.parametrize(("name", "method"), operations())
def test_no_operation_stores_a_field_that_it_does_not_declare(
    hers: Hers, schema: dict[str, Any], name: str, method: str
) -> None:
    path = "/" + hers.paths.get(name, all_routes()[name].strip("^$").removesuffix("\\Z"))
    found = declared(schema, path, method)
    if found is None:
        return
    fields, example = found
    own = {"habit": hers.track.habit_id, "track": hers.track.pk, "tracks": [hers.track.pk], "password": make.PASSWORD}
    body = example | {key: value for key, value in own.items() if key in fields}
    flags = list(User.objects.order_by("pk").values("pk", "is_staff", "is_superuser", "is_active", "date_joined"))
    answer = getattr(make.client(hers.user), method)(
        f"/api{path}", {key: value for key, value in columns().items() if key not in fields} | body
    )
    assert answer.status_code < 500
    assert list(User.objects.filter(pk__lte=flags[-1]["pk"]).order_by("pk").values(*flags[0])) == flags
    stored = str(make.everything())
    assert TEXT not in stored and str(NUMBER) not in stored and f"datetime.datetime({YEAR}" not in stored
    assert f"datetime.date({YEAR}" not in stored and f"'{YEAR}-01-01" not in stored


def test_the_bodies_reach_the_services(hers: Hers, schema: dict[str, Any]) -> None:
    """A body with its declared fields is accepted, so that a refusal is not why nothing is stored."""
    api: APIClient = make.client(hers.user)
    accepted = 0
    for name, method in operations():
        path = "/" + hers.paths.get(name, all_routes()[name].strip("^$").removesuffix("\\Z"))
        if (found := declared(schema, path, method)) and "/password" not in path and "/token" not in path:
            own = {"habit": hers.track.habit_id, "track": hers.track.pk}
            body = found[1] | {key: value for key, value in own.items() if key in found[0]}
            accepted += getattr(api, method)(f"/api{path}", body).status_code < 300
    assert accepted >= 10

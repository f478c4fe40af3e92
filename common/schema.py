"""The API's OpenAPI schema: adds examples (from the serializers) and error responses to every operation."""

from collections.abc import Mapping, Sequence
from typing import Any

import django_filters
import uritemplate
from drf_yasg import openapi
from drf_yasg.generators import OpenAPISchemaGenerator
from drf_yasg.inspectors import SwaggerAutoSchema
from rest_framework.serializers import ListSerializer

from common.filters import BooleanFilter, IdFilter
from common.limits import MAX_PAGE_SIZE
from common.operation_names import operation_name
from common.schema_shapes import shape

API_PREFIX = "/api"

ERROR_SCHEMA = openapi.Schema(
    type=openapi.TYPE_OBJECT,
    properties={
        "type": openapi.Schema(type=openapi.TYPE_STRING, enum=["validation_error", "client_error", "server_error"]),
        "errors": openapi.Schema(
            type=openapi.TYPE_ARRAY,
            items=openapi.Schema(
                type=openapi.TYPE_OBJECT,
                properties={
                    "code": openapi.Schema(type=openapi.TYPE_STRING),
                    "detail": openapi.Schema(type=openapi.TYPE_STRING),
                    "attr": openapi.Schema(type=openapi.TYPE_STRING, x_nullable=True),
                },
            ),
        ),
    },
)


def error(description: str, kind: str, code: str, detail: str, attr: str | None = None) -> openapi.Response:
    """Return an error response for the schema, with an example in the common error format."""
    example = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": attr}]}
    return openapi.Response(description, schema=ERROR_SCHEMA, examples={"application/json": example})


INVALID = error("The input is invalid.", "validation_error", "required", "This field is required.", "name")
UNAUTHORIZED = error(
    "Not signed in.", "client_error", "not_authenticated", "Authentication credentials were not provided."
)
FORBIDDEN = error(
    "Not allowed.", "client_error", "permission_denied", "You do not have permission to perform this action."
)
INSUFFICIENT_SCOPE = error(
    "A key without the scope.", "client_error", "insufficient_scope", "This needs a key with the scope habits:read."
)
NOT_FOUND = error("You have no such object.", "client_error", "not_found", "Not found.")
CONFLICT = error(
    "Somebody else changed the same data at the same time.",
    "client_error",
    "conflict",
    "Somebody else changed the same data at the same time. Reload and try again.",
)
TOO_LARGE = error("The body is too large.", "client_error", "body_too_large", "The body is too large.")
UNSUPPORTED = error(
    "The body is not JSON.", "client_error", "unsupported_media_type", 'Unsupported media type "text/plain" in request.'
)
THROTTLED = error("Too many requests.", "client_error", "throttled", "Request was throttled.")


PAGE_PARAMETERS = [
    openapi.Parameter(
        "page", openapi.IN_QUERY, type=openapi.TYPE_INTEGER, minimum=1, description="The number of the page, from 1."
    ),
    openapi.Parameter(
        "page_size",
        openapi.IN_QUERY,
        type=openapi.TYPE_INTEGER,
        minimum=1,
        description=f"Entries per page; more than {MAX_PAGE_SIZE} is {MAX_PAGE_SIZE}.",
    ),
]


def page_response(description: str, example: Mapping[str, Any], **others: Any) -> openapi.Response:
    """Return the response of a view that makes pages by hand. `others`: as of `shape`."""
    page, address = _page(example), "https://example.org/?page=2"
    schema = openapi.Schema(**shape(page, next=address, previous=address, **others))
    return openapi.Response(description, schema=schema, examples={"application/json": page})


def page_example(description: str, example: Mapping[str, Any]) -> openapi.Response:
    """Return the response of a view that makes pages of what an example alone does not describe."""
    return openapi.Response(description, examples={"application/json": _page(example)})


def _page(example: Any) -> dict[str, Any]:
    return {"count": 1, "next": None, "previous": None, "results": [example]}


class ExampleSchema(SwaggerAutoSchema):  # type: ignore[misc]
    """Extends the library's schema by examples of responses and by the errors that an operation can return."""

    def get_responses(self) -> openapi.Responses:
        serializers = self.get_response_serializers()
        responses = self.get_response_schemas(serializers)
        for code, serializer in serializers.items():
            example = self.example_of(serializer)
            if example is not None and code in responses:
                responses[code]["examples"] = {"application/json": example}
            if code in responses and not responses[code].get("description"):
                responses[code]["description"] = self.overrides.get("operation_summary", "Success.")
        for code, response in self.errors().items():
            responses.setdefault(code, response)
        return openapi.Responses(responses)

    def get_operation_id(self, operation_keys: Sequence[str]) -> str:
        """Return the view's own `operation_id`, or the name by method and path."""
        given: str | None = self.overrides.get("operation_id")
        return given or operation_name(self.method, self.path.removeprefix(API_PREFIX))

    def get_summary_and_description(self) -> tuple[str, str]:
        """Return the operation's own summary, or the view's `list_title` or `object_title`, and the description.

        A view that inherits operations says in `whose` whose they are, so that no two have the same summary.
        """
        summary, description = super().get_summary_and_description()
        title = "list_title" if self.operation_keys[-1] == "list" else "object_title"
        if self.view.get_authenticators():
            scope, whose = self.key_scope(), "a partner's key" if self.for_partners() else "a key"
            keys = f"Scope of {whose}: `{scope}`." if scope else "No key reaches this."
            if self.is_for_keys():
                keys = "Any key reaches this, and nothing else does."
            description = f"{description.strip()}\n\n{keys}"
        whose_they_are = getattr(self.view, "whose", "")
        inherited = f"{summary}{whose_they_are}" if summary and not summary.endswith(whose_they_are) else summary
        return inherited or getattr(self.view, title, ""), description

    def key_scope(self) -> str | None:
        """Return the scope with which a key reaches the operation (users/scopes.py), None if no key does."""
        operation = getattr(self.view, "action", None) or self.method.lower()
        scope: str | None = getattr(self.view, "key_scopes", {}).get(operation)
        return scope

    def for_partners(self) -> bool:
        """Return whether only keys of partners reach the operation."""
        return bool(getattr(self.view, "for_partners", False))

    def is_for_keys(self) -> bool:
        """Return whether any key reaches the operation, and only a key: the view's `any_key`."""
        return bool(getattr(self.view, "any_key", False))

    def get_security(self) -> list[dict[str, list[str]]] | None:
        """Return what may authenticate: nothing for views without authentication, a key if one has a scope for it."""
        if not self.view.get_authenticators():
            return []
        if self.for_partners():
            return [{"Partner": []}]
        if self.is_for_keys():
            return [{"Key": []}]
        return [{"Bearer": []}, {"Key": []}] if self.key_scope() else [{"Bearer": []}]

    def example_of(self, serializer: Any) -> Any:
        """Return the serializer's example, inside a page or a list if the response is one; None without an example."""
        if isinstance(serializer, openapi.Schema.OR_REF):
            serializer = self.get_view_serializer()
        many = isinstance(serializer, ListSerializer)
        single = serializer.child if many else serializer
        example = getattr(getattr(single, "Meta", None), "swagger_schema_fields", {}).get("example")
        if example is None:
            return None
        if self.has_list_response() and not self.overrides.get("responses"):
            return _page(example)
        return [example] if many else example

    def errors(self) -> dict[str, openapi.Response]:
        """Return the errors that the operation's method, path and authentication make possible, by status code.

        Every operation refuses unknown query parameters with 400.
        """
        found = {"400": INVALID}
        if self.view.get_authenticators() or (self.method == "POST" and "/token/" in self.path):
            found["401"] = UNAUTHORIZED
        if any(getattr(permission, "forbids", False) for permission in self.view.get_permissions()):
            found["403"] = FORBIDDEN
        elif self.view.get_authenticators():
            found["403"] = INSUFFICIENT_SCOPE
        if "{" in self.path or self.should_page() or {"page"} & {each.name for each in self.query_parameters()}:
            found["404"] = NOT_FOUND
        if self.method != "GET":
            found["409"] = CONFLICT
        if self.get_request_serializer() is not None and self.method in self.body_methods:
            found["413"], found["415"] = TOO_LARGE, UNSUPPORTED
        if self.view.get_throttles() or self.view.get_authenticators():
            found["429"] = THROTTLED
        return found

    def query_parameters(self) -> list[openapi.Parameter]:
        """Return all query parameters, those that the view lists by hand as well."""
        by_hand: list[openapi.Parameter] = self.overrides.get("manual_parameters") or []
        return [*self.get_query_parameters(), *by_hand]

    def get_pagination_parameters(self) -> list[openapi.Parameter]:
        """Return the parameters of a page."""
        return PAGE_PARAMETERS if self.should_page() else []

    def get_filter_parameters(self) -> list[openapi.Parameter]:
        """Return the parameters of the view's filters with type, choices and description."""
        filters = getattr(self.view, "filterset_class", None)
        if not self.should_filter() or filters is None:
            return []
        return [filter_parameter(name, each) for name, each in filters.base_filters.items()]

    def get_produces(self) -> list[str]:
        """Return the types of answers: errors are always JSON."""
        produced: list[str] = super().get_produces()
        return [*produced, *({"application/json"} - set(produced))]


def filter_parameter(name: str, found: Any) -> openapi.Parameter:
    """Return the documentation of one query filter."""
    shape: dict[str, Any] = {"type": openapi.TYPE_STRING}
    if isinstance(found, BooleanFilter):
        shape["type"] = openapi.TYPE_BOOLEAN
    elif isinstance(found, IdFilter):
        shape |= {"type": openapi.TYPE_INTEGER, "minimum": 1}
    elif isinstance(found, django_filters.OrderingFilter):
        choices = [value for value, _label in found.extra["choices"]]
        items = openapi.Items(type=openapi.TYPE_STRING, enum=choices)
        shape = {"type": openapi.TYPE_ARRAY, "items": items, "collection_format": "csv"}
    elif isinstance(found, django_filters.ChoiceFilter):
        choices = found.extra["choices"]
        shape["enum"] = [value for value, _label in (choices() if callable(choices) else choices)]
    else:
        shape["max_length"] = found.extra["max_length"]
    return openapi.Parameter(name, openapi.IN_QUERY, description=found.extra["help_text"], required=False, **shape)


class PathParameters(OpenAPISchemaGenerator):  # type: ignore[misc]
    """Extends the library's schema by the types and descriptions of the parameters in paths."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """Return the schema. A list of required properties is left out if it is empty: it must not be."""
        schema = super().get_schema(request, public)
        for definition in schema.definitions.values():
            if not definition.get("required", True):
                del definition["required"]
        return schema

    def get_path_parameters(self, path: str, view_cls: Any) -> list[openapi.Parameter]:
        return [self.path_parameter(each) for each in uritemplate.variables(path)]

    def path_parameter(self, name: str) -> openapi.Parameter:
        """Return the documentation of one parameter: a day, a name or an id."""
        known: dict[str, dict[str, Any]] = {
            "day": {
                "type": openapi.TYPE_STRING,
                "format": openapi.FORMAT_DATE,
                "description": "A local day, as YYYY-MM-DD.",
            },
            "username": {"type": openapi.TYPE_STRING, "description": "The username of a member."},
            "channel_name": {"type": openapi.TYPE_STRING, "description": "The name of a channel, from `channels/`."},
            "external_id": {"type": openapi.TYPE_STRING, "description": "What you call the person."},
        }
        thing = name.removesuffix("id").strip("_")
        an_id = {
            "type": openapi.TYPE_INTEGER,
            "minimum": 1,
            "description": f"The id of the {thing}." if thing else "The id.",
        }
        return openapi.Parameter(name, openapi.IN_PATH, required=True, **known.get(name, an_id))

"""The API's OpenAPI schema: adds examples (from the serializers) and error responses to every operation."""

from typing import Any

from drf_yasg import openapi
from drf_yasg.inspectors import SwaggerAutoSchema
from rest_framework.serializers import ListSerializer

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
NOT_FOUND = error("You have no such object.", "client_error", "not_found", "Not found.")
THROTTLED = error("Too many requests.", "client_error", "throttled", "Request was throttled.")


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

    def get_summary_and_description(self) -> tuple[str, str]:
        """Return the operation's own summary, or the view's `list_title` or `object_title`, and the description."""
        summary, description = super().get_summary_and_description()
        title = "list_title" if self.operation_keys[-1] == "list" else "object_title"
        return summary or getattr(self.view, title, ""), description

    def get_security(self) -> list[dict[str, list[str]]] | None:
        """Return no requirement for views without authentication."""
        if not self.view.get_authenticators():
            return []
        security: list[dict[str, list[str]]] | None = super().get_security()
        return security

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
            return {"count": 1, "next": None, "previous": None, "results": [example]}
        return [example] if many else example

    def errors(self) -> dict[str, openapi.Response]:
        """Return the errors that the operation's method, path and authentication make possible, by status code."""
        found = {}
        if self.method != "GET" or "{day}" in self.path or self.get_query_parameters():
            found["400"] = INVALID
        if self.view.get_authenticators() or (self.method == "POST" and "/token/" in self.path):
            found["401"] = UNAUTHORIZED
        if "webhook" in self.path:
            found["403"] = FORBIDDEN
        if "{" in self.path or self.should_page():
            found["404"] = NOT_FOUND
        if self.view.get_throttles():
            found["429"] = THROTTLED
        return found

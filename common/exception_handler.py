"""Every refusal of the API in one shape: {"type", "errors": [{"code", "detail", "attr"}]}."""

from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, JsonResponse
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework.exceptions import ErrorDetail, NotFound, ValidationError

from common.errors import DomainError


class DomainErrorHandler(ExceptionHandler):
    """Adds to the library's handler: a DomainError is a 400, a row that is gone a 404."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            detail = ErrorDetail(str(exc.message), code=exc.code)
            return ValidationError({exc.field: [detail]} if exc.field else [detail])
        if isinstance(exc, ObjectDoesNotExist):
            return NotFound()
        converted: Exception = super().convert_known_exceptions(exc)
        return converted


def error_response(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    """The same shape for answers that never reach a REST view."""
    kind = "server_error" if status >= 500 else "client_error"
    body = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": None}]}
    return JsonResponse(body, status=status)

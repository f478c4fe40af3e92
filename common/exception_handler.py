"""The common format of the API's errors: {"type", "errors": [{"code", "detail", "attr"}]}."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError
from django.db.models import Model
from django.http import HttpRequest, JsonResponse
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import status
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    ErrorDetail,
    NotFound,
    ParseError,
    ValidationError,
)
from rest_framework_simplejwt.exceptions import DetailDictMixin

from common.errors import DomainError
from common.parsing import BodyTooLarge

logger = logging.getLogger(__name__)


class Conflict(APIException):
    """Another request changed the same data at the same time; nothing was changed by this one."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "Somebody else changed the same data at the same time. Reload and try again."


class DomainErrorHandler(ExceptionHandler):
    """Extends the library's handler by our own and Django's exceptions.

    DomainError becomes 400, a missing row 404, a body that is too large 413, a violated constraint 409 (401 if the account
    was deleted meanwhile). Token errors come as dicts that are not keyed by fields, and are converted.
    """

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            detail = ErrorDetail(str(exc.message), code=exc.code)
            return ValidationError({exc.field: [detail]} if exc.field else [detail])
        if isinstance(exc, ObjectDoesNotExist):
            return NotFound()
        if isinstance(exc, RequestDataTooBig):
            return BodyTooLarge()
        if isinstance(exc, SuspiciousOperation):  # a form of too many fields
            return ParseError("The body cannot be read.")
        if isinstance(exc, IntegrityError) and self._is_requester_deleted():
            return AuthenticationFailed("User not found", code="user_not_found")
        if isinstance(exc, IntegrityError):
            # The checks before the write passed, so the data changed in between (or a check is missing).
            logger.exception("a database constraint was violated")
            return Conflict()
        if isinstance(exc, DetailDictMixin):
            token_error: Any = exc
            detail = token_error.detail
            token_error.detail = ErrorDetail(str(detail["detail"]), code=str(detail["code"]))
        converted: Exception = super().convert_known_exceptions(exc)
        return converted

    def _is_requester_deleted(self) -> bool:
        """Return whether the account that makes the request was deleted while the request was under way."""
        user = getattr(self.context.get("request"), "user", None)
        return isinstance(user, Model) and not type(user)._base_manager.filter(pk=user.pk).exists()


def error_response(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    """Return an error in the common format, for requests that never reach a REST view."""
    kind = "server_error" if status >= 500 else "client_error"
    return JsonResponse({"type": kind, "errors": [{"code": code, "detail": detail, "attr": None}]}, status=status)


def invalid_input_response(errors: Mapping[str, Sequence[ErrorDetail]]) -> JsonResponse:
    """Return a 400 in the common format, with the errors by the name of the wrong input, as from a REST view."""
    shown = [
        {"code": each.code, "detail": str(each), "attr": name} for name, details in errors.items() for each in details
    ]
    return JsonResponse({"type": "validation_error", "errors": shown}, status=400)

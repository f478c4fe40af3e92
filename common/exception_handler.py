"""Every refusal of the API in one shape: {"type", "errors": [{"code", "detail", "attr"}]}."""

import logging
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.db import IntegrityError
from django.http import HttpRequest, JsonResponse
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, NotFound, ValidationError
from rest_framework_simplejwt.exceptions import DetailDictMixin

from common.errors import DomainError

logger = logging.getLogger(__name__)


class BodyTooLarge(APIException):
    """More than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"
    default_detail = "The body is too large."


class Conflict(APIException):
    """Something that the request rests on went, or came, at the same moment, and nothing was changed."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"
    default_detail = "Something that this rests on was changed at the same moment; look again."


class DomainErrorHandler(ExceptionHandler):
    """Adds to the library's handler what it does not know: DomainError (400), rows that are gone (404), bodies
    that are too large (413), what a constraint refused (409), and tokens, whose errors come as dicts of no fields."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, DomainError):
            detail = ErrorDetail(str(exc.message), code=exc.code)
            return ValidationError({exc.field: [detail]} if exc.field else [detail])
        if isinstance(exc, ObjectDoesNotExist):
            return NotFound()
        if isinstance(exc, RequestDataTooBig):
            return BodyTooLarge()
        if isinstance(exc, IntegrityError):
            logger.exception("a constraint refused what no rule did")
            return Conflict()
        if isinstance(exc, DetailDictMixin):
            token_error: Any = exc
            said = token_error.detail
            token_error.detail = ErrorDetail(str(said["detail"]), code=str(said["code"]))
        converted: Exception = super().convert_known_exceptions(exc)
        return converted


def error_response(request: HttpRequest, status: int, code: str, detail: str) -> JsonResponse:
    """The same shape for answers that never reach a REST view."""
    kind = "server_error" if status >= 500 else "client_error"
    body = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": None}]}
    return JsonResponse(body, status=status)

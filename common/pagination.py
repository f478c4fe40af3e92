"""Pagination of lists: {count, next, previous, results}."""

from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from common.limits import MAX_PAGE_SIZE, PAGE_SIZE


class PageNumbers(PageNumberPagination):
    """Pages by number. A page size above the maximum means the maximum; one that is no positive number is refused."""

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int | None:
        text = request.query_params.get(self.page_size_query_param, "")
        if text and (not text.isascii() or not text.isdigit() or not text.strip("0")):
            message = ErrorDetail("A page size is a whole number from 1.", code="invalid")
            raise ValidationError({self.page_size_query_param: [message]})
        if len(text) > len(str(MAX_PAGE_SIZE)):
            return MAX_PAGE_SIZE
        size: Any = super().get_page_size(request)
        return size  # type: ignore[no-any-return]

"""Pagination of lists: {count, next, previous, results}, 5 per page, up to 100 on request."""

from rest_framework.pagination import PageNumberPagination


class PageNumbers(PageNumberPagination):
    page_size = 5
    page_size_query_param = "page_size"
    max_page_size = 100

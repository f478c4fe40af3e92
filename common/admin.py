"""Parts of admin pages: rows that only show, rows that services delete, links to a person's rows, traces of actions."""

import logging
from collections.abc import Iterable
from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model, QuerySet
from django.http import HttpRequest

logger = logging.getLogger(__name__)


class PersonRowsAdmin(admin.ModelAdmin[Any]):
    """Rows of people: the page of a person links to the list of theirs. Rows of managed users are not shown.

    `person` is the path from a row to its person, for example "track__user".
    """

    person: ClassVar[str] = ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request)
        return found.exclude(**{f"{self.person}__kind": "managed"}) if self.person else found

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        return lookup == self.person_lookup() or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @classmethod
    def person_lookup(cls) -> str:
        """Return the parameter that filters the list by a person's id."""
        return f"{cls.person}__id__exact"


class ReadOnlyAdmin(PersonRowsAdmin):
    """Lists and shows rows; adding, changing and deleting are not allowed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ServiceDeletion(admin.ModelAdmin[Any]):
    """Deletes rows by a service, `remove`, which takes care of the rows that refer to them."""

    def remove(self, obj: Any) -> None:
        """Delete a row. Each page says by which service."""
        raise NotImplementedError

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[Any], list[Any]]:
        """Return what is deleted. Rows that refer to it do not prevent it, as they would for Django's own deletion."""
        rows = list(objs)
        names = self.model._meta
        denied = {names.verbose_name} if not all(self.has_delete_permission(request, row) for row in rows) else set()
        return [str(row) for row in rows], {str(names.verbose_name_plural): len(rows)}, denied, []

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self.remove(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.remove(row)


def trace(request: HttpRequest, rows: Iterable[Model], what: str) -> None:
    """Record that the staff member of the request did something with the rows: in their history, and as log lines."""
    rows = list(rows)
    # Django's stubs want a queryset; it only iterates.
    LogEntry.objects.log_actions(cast(int, request.user.pk), cast(Any, rows), CHANGE, what)
    for row in rows:
        logger.info("staff %s: %s (%s %s)", request.user.pk, what, row._meta.label, row.pk)


def report(request: HttpRequest, what: str, *, done: bool = True) -> None:
    """Show the staff member what an action did."""
    messages.add_message(request, messages.SUCCESS if done else messages.WARNING, what)

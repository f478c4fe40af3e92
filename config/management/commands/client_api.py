"""`manage.py client_api`: write what the API is into client/openapi.json, of which `npm run api` makes the client's types."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.test import RequestFactory
from django.urls import resolve

from config.openapi.outline import outline

PATH = settings.BASE_DIR / "client" / "openapi.json"


class Command(BaseCommand):
    """Writes client/openapi.json."""

    help = "Write client/openapi.json. Run `npm run api` in client/ afterwards, and commit both files."

    def handle(self, *args: Any, **options: Any) -> None:
        PATH.write_text(current())
        self.stdout.write(f"{PATH} is written.")


def current() -> str:
    """Return the outline of the API as it is now."""
    address = "/api/openapi.json"
    answer = resolve(address).func(RequestFactory().get(address))
    document: dict[str, Any] = json.loads(answer.content)
    return outline(document)

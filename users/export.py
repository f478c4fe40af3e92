"""What is stored of a person, as JSON for them: each row that belongs to them, of every table of the service.

A row belongs to a person if it refers to them, or to a row that belongs to them. So a new table is exported without a
word here.
"""

import json
from collections.abc import Iterator
from datetime import datetime

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, ForeignKey, Model, Q

from users.models import User

FORMAT = 1
PACKAGES = ("users", "habits", "tracking", "achievements", "community", "notifications", "integrations")
# Secrets that open something, and the marks of work in progress, which say nothing of the person.
SECRET_FIELDS = frozenset(
    {
        *(
            "password",
            "token",
            "code",
            "code_hash",
            "ticket_hash",
            "challenge_hash",
            "key",
            "lease",
            "lease_until",
            "secret_hash",
            "signing_secret",
        ),
        *("token_id", "previous_token_id", "carried_token_id", "device_key", "place_key", "start_key"),
        *(
            "signing_secret",
            "previous_secret",
            "target_url",
            "access_token",
            "push_url",
            "auth_secret",
            "public_key",
            "private_key",
        ),
        "packed_bytes",  # a file that came from, or goes to, the person themselves
    }
)
BATCH = 500
MAX_STEPS = 4  # from a row to its person


def as_json(user: User, *, now: datetime) -> Iterator[str]:
    """Yield the JSON of everything that is stored of the person, piece by piece."""
    yield f'{{"format": {FORMAT}, "made_at": {json.dumps(now.isoformat())}, "tables": {{'
    for number, model in enumerate(tables()):
        yield f"{', ' if number else ''}{json.dumps(model._meta.label)}: ["
        for index, row in enumerate(rows(model, user)):
            yield f"{', ' if index else ''}{json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)}"
        yield "]"
    yield "}}\n"


def tables() -> list[type[Model]]:
    """Return the models whose rows belong to people."""
    models = (model for model in apps.get_models() if model._meta.app_label in PACKAGES)
    return [User, *(model for model in models if model is not User and paths_to_person(model))]


def rows(model: type[Model], user: User) -> Iterator[dict[str, object]]:
    """Yield the person's rows of a table, without secrets."""
    fields = [field for field in model._meta.concrete_fields if not is_secret(field)]
    belongs = Q(pk=user.pk) if model is User else Q()
    for path in paths_to_person(model) if model is not User else []:
        belongs |= Q(**{path: user.pk})
    found = model._default_manager.filter(belongs).order_by("pk").distinct()
    for row in found.iterator(chunk_size=BATCH):
        yield {field.attname: field.get_prep_value(field.value_from_object(row)) for field in fields}


def paths_to_person(model: type[Model], steps: int = MAX_STEPS) -> list[str]:
    """Return the shortest lookups from a row to its person: "user", or "track__user"; none for rows of nobody."""
    links = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    if direct := [field.name for field in links if field.related_model is User]:
        return direct
    if steps == 1:
        return []
    further = [
        f"{field.name}__{path}"
        for field in links
        if isinstance(field.related_model, type) and field.related_model is not model
        for path in paths_to_person(field.related_model, steps - 1)
    ]
    shortest = min((path.count("__") for path in further), default=0)
    return [path for path in further if path.count("__") == shortest]


def is_secret(field: "Field[object, object]") -> bool:
    """Return whether the field's value would open something for everybody who reads it."""
    return field.name in SECRET_FIELDS

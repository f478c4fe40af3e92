"""The columns with the lookup keys of a user's address and name, and the keys under which a typed one is looked up."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import models

from common.names import email_lookup_key, lookup_key
from users.rules import MAX_KEY_LENGTH

# Keys are case-folded, so none begins with capital letters.
EXACT = "EXACT:"
KEY_FUNCTIONS: dict[str, Callable[[str], str]] = {"email": email_lookup_key, "username": lookup_key}


def exact_key(spelling: str) -> str:
    """Return the key of an account that is found by this spelling only, because another has the ordinary key."""
    return EXACT + hashlib.sha256(spelling.encode(errors="surrogatepass")).hexdigest()[:40]


def key_of(source: str, spelling: str) -> str:
    """Return the ordinary key of an "email" or a "username"."""
    key = KEY_FUNCTIONS[source](spelling)
    return key if len(key) <= MAX_KEY_LENGTH else exact_key(spelling)


def keys_to_try(source: str, typed: str) -> list[str]:
    """Return the keys of the accounts that a typed name may mean, the best first: its exact spelling, then the rest."""
    spelling = typed.strip()
    return [exact_key(spelling), exact_key(spelling.lower()), key_of(source, typed)]


class LookupKeyField(models.CharField[str, str]):
    """The lookup key of another field, set whenever the row is saved."""

    def __init__(self, source: str, **options: Any) -> None:
        self.source = source
        super().__init__(**{"max_length": MAX_KEY_LENGTH, "editable": False, **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, [self.source, *args], options

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        spelling = getattr(model_instance, self.source)
        key = str(getattr(model_instance, self.attname))
        if key != exact_key(spelling):
            key = key_of(self.source, spelling)
            setattr(model_instance, self.attname, key)
        return key

"""A list of providers that is not right is refused at the start, with what is wrong."""

import json
from typing import Any

import pytest

from users.providers.configuration import Newcomers, Provider, parse_providers

HOME: dict[str, Any] = {"name": "home", "issuer": "https://id.example.org", "client_id": "habits", "client_secret": "s"}


def test_what_is_not_given_is_strict() -> None:
    assert parse_providers(json.dumps([HOME])) == (
        Provider("home", "home", "https://id.example.org", "habits", "s", Newcomers.REFUSED, False, frozenset()),
    )
    assert parse_providers("[]") == ()


def test_listed_addresses_and_domains_match_in_any_case() -> None:
    [home] = parse_providers(json.dumps([HOME | {"listed": ["Alice@example.org", "@Example.com"]}]))
    listed = {
        each: home.lists(each)
        for each in ("ALICE@example.org", "bob@EXAMPLE.com", "bob@example.org", "x@sub.example.com")
    }
    assert list(listed.values()) == [True, True, False, False]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("{", "JSON list"),
        ("{}", "JSON list of objects"),
        ("[1]", "JSON list of objects"),
        ([HOME | {"issuer": ""}], '"issuer"'),
        ([HOME | {"issuer": "http://id.example.org"}], "https://"),
        ([HOME | {"name": "Home!"}], '"name"'),
        ([HOME | {"name": "proxy"}], "proxy"),
        ([HOME, HOME], "another one"),
        ([HOME | {"newcomers": "everyone"}], '"newcomers"'),
        ([HOME | {"listed": ["example.org"]}], '"listed"'),
        ([HOME | {"links_verified": "yes"}], '"links_verified"'),
        ([HOME | {"client": "x"}], 'no "client"'),
    ],
)
def test_a_mistake_is_named(given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace('"', ".")):
        parse_providers(given if isinstance(given, str) else json.dumps(given))

"""The site that passkeys are for, by SITE_URL."""

import pytest

from users.passkeys.rules import RelyingParty, relying_party


@pytest.mark.parametrize(
    ("site_url", "site", "origin"),
    [
        ("https://habits.example.org", "habits.example.org", "https://habits.example.org"),
        ("https://example.org/habits", "example.org", "https://example.org"),
        ("https://Example.org:8443/habits", "example.org", "https://example.org:8443"),
        ("https://example.org:443", "example.org", "https://example.org"),
        ("https://привычки.example.org", "xn--b1albhwg5c5a.example.org", "https://xn--b1albhwg5c5a.example.org"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("http://habits.localhost:8000/x", "habits.localhost", "http://habits.localhost:8000"),
    ],
)
def test_it_is_the_host_without_the_port_and_the_origin_with_it(site_url: str, site: str, origin: str) -> None:
    assert relying_party(site_url) == RelyingParty(site, origin)


@pytest.mark.parametrize(
    "site_url",
    [
        "http://habits.example.org",
        "https://192.0.2.7",
        "http://127.0.0.1:8000",
        "https://[2001:db8::7]",
        "https://",
        "https://a..b",
    ],
)
def test_without_https_or_a_name_browsers_allow_none(site_url: str) -> None:
    assert relying_party(site_url) is None

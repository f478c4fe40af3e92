"""How a device is named, and what it is recognised by."""

import pytest

from users.devices import Device, address_of, label
from users.models import User

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
ALICE, BOB = User(pk=1), User(pk=2)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.2 Mobile/15E148 Safari/604.1",
            "Mobile Safari, iOS",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
            "Mobile Safari/537.36",
            "Chrome Mobile, Android",
        ),
        ("curl/8.1", "curl"),
        ("python-requests/2.32", "Python Requests"),
        ("Dart/3.2 (dart:io)", "Dart"),
        ("", ""),
        ("x" * 5000, ""),
        ("evil.example/1.0 sign in at evil.example", ""),
        ("http://evil.example/", ""),
        ("<script>alert(1)</script>", ""),
        ("\u202eabc", ""),
    ],
)
def test_a_device_is_named_by_program_and_system_and_never_by_a_link(agent: str, name: str) -> None:
    assert label(agent) == name


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("", None),
        (None, None),
        ("unknown", None),
        ("203.0.113.7:4711", None),
    ],
)
def test_an_address_has_one_spelling_and_what_is_none_is_left_out(text: str | None, address: str | None) -> None:
    assert address_of(text) == address


def test_a_client_without_cookies_is_recognised_by_program_and_network() -> None:
    def at(address: str | None, agent: str = FIREFOX, user: User = ALICE) -> str | None:
        return Device(agent=agent, network_address=address).place_key(user)

    assert at("203.0.113.7") == at("203.0.113.200")
    assert at("2001:db8:1::7") == at("2001:db8:1:2::8")
    others = {at("203.0.114.7"), at("203.0.113.7", "curl/8.1"), at("203.0.113.7", user=BOB), at("2001:db8:2::7")}
    assert len(others) == 4 and at("203.0.113.7") not in others
    assert at(None) is None


def test_each_device_has_a_secret_of_its_own_that_no_key_or_text_shows() -> None:
    first, second = Device(), Device()
    assert first.token != second.token and len(first.token) == 43
    assert first.key(ALICE) != first.key(BOB) != second.key(ALICE)
    assert first.token not in repr(first) + first.key(ALICE)

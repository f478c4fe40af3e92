"""Which addresses a user may let the service call, in every form in which an inner one can be written."""

from ipaddress import ip_address, ip_network

import pytest

from common.errors import DomainError
from common.outbound.addresses import check_url, is_allowed

INNER = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::a00:1",
    "64:ff9b:1:ffff::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2a00:1450:4001:81b::5efe:a00:1",
    "2a00:1450:4001:81b:200:5efe:a00:1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "2a00:1450:4001:81b::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]


@pytest.mark.parametrize("text", INNER)
def test_an_inner_address_is_refused(text: str) -> None:
    assert not is_allowed(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_a_public_address_is_allowed(text: str) -> None:
    assert is_allowed(ip_address(text))


def test_an_operator_opens_a_network_of_their_own_and_no_other_form_of_it() -> None:
    opened = [ip_network("192.168.1.0/24"), ip_network("fd00::/8")]
    assert is_allowed(ip_address("192.168.1.20"), allowed_networks=opened)
    assert is_allowed(ip_address("fd12::1"), allowed_networks=opened)
    for text in ("192.168.2.20", "127.0.0.1", "::ffff:192.168.1.20", "64:ff9b::c0a8:114", "fd12::1%eth0"):
        assert not is_allowed(ip_address(text), allowed_networks=opened), text


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.org/", "invalid_url"),
        ("example.org", "invalid_url"),
        ("//example.org/x", "invalid_url"),
        ("https://", "invalid_url"),
        ("https:///x", "invalid_url"),
        ("https://[::1/x", "invalid_url"),
        ("https://example.org:99999/", "invalid_url"),
        ("https://example.org:x/", "invalid_url"),
        ("https://exa mple.org/", "invalid_url"),
        ("https://example.org/\r\nHost: inner", "invalid_url"),
        ("https://example.org\\@inner/", "invalid_url"),
        ("https://exämple.org/", "invalid_url"),
        ("https://" + "a" * 64 + ".org/", "invalid_url"),
        ("https://example.org/" + "a" * 2000, "invalid_url"),
        ("https://user@example.org/", "credentials_in_url"),
        ("https://user:" + "word@example.org/", "credentials_in_url"),
        ("https://example.org@inner/", "credentials_in_url"),
        ("http://example.org/", "https_required"),
        ("https://example.org:22/", "port_not_allowed"),
        ("https://example.org:25/", "port_not_allowed"),
        ("https://example.org:0/", "port_not_allowed"),
    ],
)
def test_what_is_no_address_to_call_is_refused(url: str, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        check_url(url, allows_http=False)
    assert (refusal.value.code, refusal.value.field) == (code, "url")


@pytest.mark.parametrize(
    "url", ["https://example.org", "https://example.org:443/a?b=c", "https://[2606:4700::1]:8443/"]
)
def test_https_on_its_port_or_a_free_one_is_accepted(url: str) -> None:
    assert check_url(url, allows_http=False).scheme == "https"


@pytest.mark.parametrize("url", ["http://192.168.1.20/hook", "http://nas:81/hook"])
def test_where_an_operator_opened_a_network_http_and_any_port_are_accepted(url: str) -> None:
    assert check_url(url, allows_http=True).scheme == "http"

"""Which host names and forwarded headers are believed, and what a refusal says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import compose
import pytest
from django.test import Client, RequestFactory
from pytest_django import Settings
from rest_framework.settings import api_settings

from common.middleware import ForwardedMiddleware
from config.env import PRIVATE_NETWORKS, networks, own_hosts
from tests import make
from users.models import User

ROOT = Path(__file__).resolve().parents[2]
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("site", "address", "expected"),
    [
        ("https://habits.example.org", "", ["habits.example.org", *LOOPBACK]),
        ("https://habits.example.org:8443/app", "0.0.0.0", ["habits.example.org", *LOOPBACK]),
        ("http://localhost:8000", "", LOOPBACK),
        ("http://localhost:8000", "192.168.1.5", ["localhost", "192.168.1.5", *LOOPBACK[1:]]),
        ("http://[2001:db8::1]:8000", "::", ["[2001:db8::1]", *LOOPBACK]),
    ],
)
def test_by_default_the_service_answers_to_its_own_names(site: str, address: str, expected: list[str]) -> None:
    assert own_hosts(site, address) == expected


@pytest.mark.parametrize(("given", "expected"), [("", "['habits.example.org', 'localhost'"), ("*", "['*']")])
def test_the_variable_wins(given: str, expected: str, tmp_path: Path) -> None:
    env = {"PATH": os.environ["PATH"], "DJANGO_READ_DOT_ENV": "off", "DATA_DIR": str(tmp_path)}
    env |= {"SITE_URL": "https://habits.example.org", "ALLOWED_HOSTS": given}
    code = "from config import settings; print(settings.ALLOWED_HOSTS)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert shown.stdout.startswith(expected)


@pytest.mark.django_db
def test_a_refused_host_name_is_told_which_variable_to_set(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ALLOWED_HOSTS = ["habits.example.org"]
    page = Client().get("/", headers={"host": "other.example.org"})
    assert page.status_code == 400
    assert "SITE_URL" in page.content.decode() and "ALLOWED_HOSTS" in page.content.decode()
    assert "other" not in page.content.decode()
    answer = Client().get("/api/habits/", headers={"host": "other.example.org"})
    assert make.refused(answer) == [("unknown_host", None)]
    assert "ALLOWED_HOSTS" in answer.json()["errors"][0]["detail"]
    assert "ALLOWED_HOSTS" in caplog.text
    assert {(record.levelname, record.exc_info) for record in caplog.records} == {("WARNING", None)}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz/", "/readyz/", "/statusz/", "/metrics"])
def test_health_checks_answer_to_any_host_name(settings: Settings, path: str) -> None:
    settings.ALLOWED_HOSTS = ["habits.example.org"]
    assert Client().get(path, headers={"host": "10.1.2.3"}).status_code != 400


@pytest.mark.parametrize(
    ("proxies", "peer", "is_believed"),
    [
        (0, "127.0.0.1", False),
        (1, "127.0.0.1", True),
        (1, "", True),  # a unix socket
        (1, "172.18.0.1", True),
        (1, "::ffff:10.0.0.7", True),
        (1, "203.0.113.9", False),
        (1, "2001:db8::9", False),
        (1, "nonsense", False),
    ],
)
def test_forwarded_headers_are_believed_only_from_a_proxy_nearby(
    settings: Settings, proxies: int, peer: str, is_believed: bool
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="198.51.100.1", HTTP_X_FORWARDED_PROTO="https")
    request.META["REMOTE_ADDR"] = peer
    ForwardedMiddleware(lambda request: Client)(request)  # type: ignore[arg-type,return-value]
    assert ("HTTP_X_FORWARDED_FOR" in request.META) == ("HTTP_X_FORWARDED_PROTO" in request.META) == is_believed


def test_the_networks_of_proxies_are_a_setting(settings: Settings) -> None:
    settings.TRUSTED_PROXIES, settings.PROXY_NETWORKS = 1, networks("203.0.113.0/24, 198.51.100.7")
    for peer, is_believed in (("203.0.113.9", True), ("198.51.100.7", True), ("127.0.0.1", False)):
        request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR="1.2.3.4", REMOTE_ADDR=peer)
        ForwardedMiddleware(lambda request: Client)(request)  # type: ignore[arg-type,return-value]
        assert ("HTTP_X_FORWARDED_FOR" in request.META) == is_believed
    assert len(networks(PRIVATE_NETWORKS)) == 9


@pytest.mark.django_db
def test_who_reaches_the_port_does_not_choose_the_address_that_limits_count(
    alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a proxy in front: the attacker goes around it and sends another address with each try."""
    settings.TRUSTED_PROXIES = 1
    settings.THROTTLE_RATES = {"stranger": "2/minute", "account": "100/minute"}
    monkeypatch.setattr(api_settings, "NUM_PROXIES", 1)
    codes = []
    for number in range(3):
        headers: Any = {"REMOTE_ADDR": "203.0.113.9", "HTTP_X_FORWARDED_FOR": f"198.51.100.{number}"}
        body = {"email": f"{number}@example.org", "password": "x"}
        codes.append(make.client().post("/api/token/", body, **headers).status_code)
    assert codes == [401, 401, 429]


@pytest.mark.parametrize(("host", "expected"), [("", "127.0.0.1"), ("0.0.0.0", "0.0.0.0")])
def test_compose_publishes_on_loopback_unless_told_otherwise(host: str, expected: str) -> None:
    binary = Path(compose.__path__[0]) / "docker-compose"
    env = {"PATH": os.environ["PATH"], "HOME": "/", "HOST": host}
    command = [str(binary), "--env-file", "/dev/null", "config", "--format", "json"]
    shown = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    services = json.loads(shown.stdout)["services"]
    published = {name: each["ports"] for name, each in services.items() if each.get("ports")}
    assert list(published) == ["web"]
    assert [port["host_ip"] for port in published["web"]] == [expected]

"""Pages of other origins: the headers that they may send, and those that they may read."""

import re
from pathlib import Path

import pytest
from django.conf import settings as configured
from pytest_django import Settings
from rest_framework.test import APIClient

from tests import make
from users.models import User

pytestmark = pytest.mark.django_db

ORIGIN = "https://app.example.org"
SENT = ["Authorization", "Content-Type", "Accept-Language", "Idempotency-Key", "X-Client"]
READ = ["Retry-After", "RateLimit", "RateLimit-Policy", "Content-Language", "WWW-Authenticate", "ETag", "Location"]


@pytest.fixture
def client(alice: User, settings: Settings) -> APIClient:
    settings.CORS_ALLOWED_ORIGINS = [ORIGIN]
    return make.client(alice)


@pytest.mark.parametrize("path", ["/api/habits/", "/api/habits", "/habit/", "/login/"])
def test_a_page_may_send_what_the_api_reads(client: APIClient, path: str) -> None:
    wanted = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = client.options(path, headers=wanted | {"Access-Control-Request-Headers": ", ".join(SENT).lower()})
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == ORIGIN
    allowed = answer["Access-Control-Allow-Headers"].lower().split(", ")
    assert {name.lower() for name in SENT} <= set(allowed)


def test_every_header_that_the_code_reads_may_be_sent() -> None:
    read = set()
    for app in ("common", "config", "users", "habits", "tracking", "achievements", "community", "integrations"):
        for module in (Path(configured.BASE_DIR) / app).rglob("*.py"):
            read |= set(re.findall(r'request\.headers(?:\.get\(|\[)"([^"]+)"', module.read_text("utf-8")))
    sent_by_browsers = {"Accept", "Accept-Language", "Cookie", "Host", "Origin", "Referer", "User-Agent"}
    assert {name.lower() for name in read - sent_by_browsers} <= set(configured.CORS_ALLOW_HEADERS)


def test_a_page_may_read_what_clients_need(client: APIClient) -> None:
    for answer in (
        client.get("/api/habits/", headers={"Origin": ORIGIN}),
        client.get("/api/x/", headers={"Origin": ORIGIN}),
    ):
        exposed = answer["Access-Control-Expose-Headers"].lower().split(", ")
        assert {name.lower() for name in READ} <= set(exposed)


def test_other_origins_may_read_nothing(client: APIClient) -> None:
    answer = client.get("/api/habits/", headers={"Origin": "https://evil.example.org"})
    assert "Access-Control-Allow-Origin" not in answer


def test_all_origins_may_be_allowed(client: APIClient, settings: Settings) -> None:
    settings.CORS_ALLOW_ALL_ORIGINS = True
    answer = client.get("/api/habits/", headers={"Origin": "https://any.example.org"})
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer

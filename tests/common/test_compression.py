"""Which answers are sent compressed: those that only their reader can ask for."""

import gzip
import json

import pytest
from django.test import Client

from tests import make

pytestmark = pytest.mark.django_db
GZIP = {"Accept-Encoding": "gzip"}


def test_a_day_is_sent_compressed_to_a_person_who_signs_in_by_a_header() -> None:
    alice = make.person("alice")
    for number in range(5):
        make.track(alice, name=f"Habit {number}")
    by_token = {"Authorization": f"Bearer {make.sign_in(alice)['access']}"}
    plain = Client().get("/api/today/", headers=by_token)
    small = Client().get("/api/today/", headers={**by_token, **GZIP})
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert json.loads(gzip.decompress(small.content)) == plain.json()
    assert len(small.content) * 3 < len(plain.content)


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/token/refresh/", "/accounts/login/"])
def test_nothing_is_compressed_for_a_browser_that_a_cookie_could_sign_in(path: str) -> None:
    assert "Content-Encoding" not in Client().get(path, headers=GZIP).headers

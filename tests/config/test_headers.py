"""Headers of every answer: a content policy, no storing of what is personal, HSTS with https; and no other hosts."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from achievements.shares.services import create_link
from config.docs import REDOC_LOGO, redoc_without_other_hosts
from tests import make
from tests.config.staff.conftest import signed_in, staff_member
from tests.config.test_errors import PATHS
from users import tokens
from users.models import User

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *("/", "/swagger/", "/redoc/", "/api/swagger/", "/api/redoc/", "/admin/login/", "/s/unknown/", "/nowhere/"),
    *("/confirm/1-x/", "/reset/1-x/", "/unsubscribe/1-x/", "/admin/", "/admin/nowhere/"),
    *("/admin/users/user/", "/admin/second-factor/", "/admin/password_change/", "/admin/logout/", "/static/nothing.js"),
]

pytestmark = pytest.mark.django_db


def policy(answer: Any) -> dict[str, set[str]]:
    """Return the content policy of an answer: directive → sources."""
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: set(sources) for name, *sources in parts}


def check_policy(answer: Any) -> None:
    """Check that the answer's policy allows no other host, no inline script, no frame around it."""
    found = policy(answer)
    sources = set().union(*found.values())
    assert not [each for each in sources if "." in each or "*" in each or each.startswith("http")], found
    assert found["default-src"] in ({"'none'"}, {"'self'"})
    scripts = found.get("script-src", found["default-src"])
    assert not scripts & {"'unsafe-inline'", "'unsafe-eval'", "blob:", "data:"}, found
    assert found["base-uri"] == found["frame-ancestors"] == {"'none'"}
    assert "form-action" in found or found["default-src"] == {"'none'"}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_content_policy_without_inline_scripts_and_other_hosts(path: str) -> None:
    for client in (Client(), signed_in(staff_member("root", is_superuser=True))):
        check_policy(client.get(path))
        User.objects.all().delete()


def test_a_shared_page_and_a_picture_have_one_too(alice: User, api: APIClient) -> None:
    track = make.track(alice)
    link = create_link(user=alice, kind="streak", track_id=track.pk, now=timezone.now())
    for path in (f"/s/{link.token}/", f"/s/{link.token}/card.png"):
        answer = api.get(path)
        assert answer.status_code == 200
        check_policy(answer)
    check_policy(api.get(f"/api/tracks/{track.pk}/heatmap/"))


@pytest.mark.parametrize("path", PATHS)
def test_what_belongs_to_a_person_is_not_stored(api: APIClient, path: str) -> None:
    for method in ("get", "post", "put", "patch", "delete"):
        answer = getattr(api, method)(path)
        check_policy(answer)
        if path != "/api/limits/" or answer.status_code != 200:  # the same for everybody
            assert answer.headers["Cache-Control"] == "no-store", (method, answer.status_code)


@pytest.mark.parametrize("path", ["token/", "token/refresh/", "register/", "password/reset/confirm/"])
def test_tokens_are_not_stored(stranger: APIClient, alice: User, path: str) -> None:
    body = {"email": alice.email, "password": make.PASSWORD}
    answer = stranger.post(f"/api/{path}", body)
    assert answer.headers["Cache-Control"] == "no-store"
    assert path != "token/" or answer.status_code == 200


def test_pages_behind_mailed_links_are_not_stored(client: Client, alice: User) -> None:
    for path in (f"/reset/{tokens.password_reset.make(alice)}/", "/confirm/1-x/", "/unsubscribe/1-x/"):
        assert "no-store" in client.get(path).headers["Cache-Control"]


def test_what_everybody_may_read_can_be_kept(stranger: APIClient) -> None:
    assert stranger.get("/api/limits/").headers["Cache-Control"] == "public, max-age=3600"
    assert "Cache-Control" not in stranger.get("/api/habits/public/").headers


# Other hosts.

ADDRESS = re.compile(r"""(?:src|href|action|content)\s*=\s*["']?(?:https?:)?//([^/"'\s>]+)""")


@pytest.mark.parametrize("path", PAGES)
def test_no_page_refers_to_another_host(path: str) -> None:
    client = signed_in(staff_member("root", is_superuser=True))
    hosts = set(ADDRESS.findall(client.get(path).content.decode(errors="replace")))
    assert hosts <= {"testserver", "localhost:8000"}


def test_redoc_takes_its_logo_from_here(client: Client) -> None:
    page = client.get("/redoc/").content.decode()
    [script] = re.findall(r'src="([^"]*redoc\.js)"', page)
    assert "redoc.min.js" not in page
    answer = client.get(script)
    text = answer.content.decode()
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/javascript")
    assert REDOC_LOGO not in text and "cdn." not in text
    [logo] = re.findall(r'"(/static/[^"]+\.png)"', text)
    picture = client.get(logo)
    picture.close()
    assert picture.status_code == 200
    assert client.get(script, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304
    assert len(redoc_without_other_hosts()) > 500_000


# HSTS.

SHOW = """
import django
django.setup()
from django.test import Client
for secure in (True, False):
    answer = Client().get("/static/nothing.js", headers={"host": "habits.example.org"}, secure=secure)
    print(answer.headers.get("Strict-Transport-Security"))
"""


@pytest.mark.parametrize(
    ("site", "over_https", "over_http"),
    [
        ("https://habits.example.org", "max-age=31536000", "None"),  # without sub-domains, which are not ours
        ("http://habits.example.org", "None", "None"),
    ],
)
def test_browsers_are_told_to_use_https_only_where_the_site_has_it(
    site: str, over_https: str, over_http: str, tmp_path: Path
) -> None:
    env = {"PATH": os.environ["PATH"], "DJANGO_READ_DOT_ENV": "off", "DATA_DIR": str(tmp_path), "SITE_URL": site}
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"
    shown = subprocess.run([sys.executable, "-c", SHOW], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [over_https, over_http]


def test_cookies_are_for_https_and_not_for_scripts(settings: Settings) -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"

"""Errors below /api/ have the common format, and no request causes a server error."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from django.urls import URLPattern, resolve
from rest_framework.test import APIClient

from common.limits import MAX_BODY_BYTES, MAX_LARGE_BODY_BYTES
from config import wsgi
from config.urls import api as routes
from tests import make
from users.models import User

pytestmark = pytest.mark.django_db

HUGE = (2**63, 10**18, 10**30, int("9" * 400))
BODIES = {
    "no JSON": b"{",
    "empty": b"",
    "text": b"name=Push-ups",
    "not a number": b'{"duration": NaN}',
    "infinite": b'{"duration": Infinity}',
    "no UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "too deep": b"[" * 50_000,
    "deep objects": b'{"a":' * 12_000,
    "deeper than any body": b"[" * 40 + b"]" * 40,
    "lone surrogates": b'{"name": "\\ud800", "frequency": "\\ud800", "status": "\\udfff", "token": "\\ud800"}',
    "a key with a lone surrogate": b'{"\\ud800": 1}',
    "more digits than fit": b'{"duration": ' + b"9" * 5000 + b"}",
    "a list": b"[1, 2]",
    "null": b"null",
    "a number": b"5",
    "a boolean": b"true",
    "a string": b'"text"',
}


def plain_paths() -> Iterator[str]:
    """Yield every path of the API, with 1 for every id, except for sessions: the caller has one."""
    for route in routes:
        assert isinstance(route, URLPattern)
        path = re.sub(r"\(\?P<\w+>[^)]*\)|<(int|id):\w+>", "1", str(route.pattern))
        path = (
            path.replace("<str:day>", "2026-11-21")
            .replace("<username:username>", "alice")
            .replace("<str:external_id>", "u-1")
            .replace("<str:channel_name>", "ntfy")
        )
        path = path.replace("sessions/1/", "sessions/404/")
        yield "/api/" + path.strip("^$").removesuffix("\\Z").replace("\\.", ".")


PATHS = sorted(set(plain_paths()))


@cache
def writes() -> list[tuple[str, str]]:
    """Return the method and path of everything that reads a body. The other methods are refused before it is read."""
    found = []
    for path in PATHS:
        view: Any = resolve(path).func
        known = getattr(view, "actions", None) or dir(view.cls)
        found += [(method, path) for method in ("post", "put", "patch", "delete") if method in known]
    return found


def test_all_paths_are_resolved() -> None:
    assert "/api/habits/1/" in PATHS and "/api/tracks/1/logs/2026-11-21/" in PATHS
    assert {("put", "/api/habits/1/"), ("delete", "/api/users/me/"), ("post", "/api/token/")} <= set(writes())
    assert not [path for path in PATHS if set(path) & set("<>()^$\\?")]


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_body_causes_a_server_error(api: APIClient, body: bytes) -> None:
    before = make.everything()
    api.raise_request_exception = True
    for method, path in writes():
        answer: Any = getattr(api, method)(path, body, content_type="application/json")
        if answer.status_code >= 400:
            make.refused(answer, answer.status_code)
        assert answer.status_code < 500, (path, method)
    assert make.everything() == before or body in {b"", b"null"}


@pytest.mark.parametrize(
    "body",
    ["no JSON", "too deep", "deep objects", "deeper than any body", "lone surrogates", "not a number", "no UTF-8"],
)
def test_a_body_that_is_not_valid_json_is_a_400(api: APIClient, body: str) -> None:
    before = make.everything()
    answer = api.post("/api/habits/", BODIES[body], content_type="application/json")
    assert make.refused(answer) == [("parse_error", None)]
    assert make.everything() == before


@pytest.mark.parametrize("size", [MAX_BODY_BYTES, MAX_LARGE_BODY_BYTES])
def test_a_body_that_is_too_large_is_a_413(api: APIClient, size: int) -> None:
    answer = api.post("/api/habits/", json.dumps({"name": "a" * size}), content_type="application/json")
    assert make.refused(answer, 413) == [("body_too_large", None)]


@pytest.mark.parametrize("path", ["token", "register"])
def test_a_form_that_is_too_large_is_a_413(stranger: APIClient, path: str) -> None:
    form = {"email": "alice@example.org", "password": "a" * MAX_BODY_BYTES}
    answer = stranger.post(f"/api/{path}/", urlencode(form), content_type="application/x-www-form-urlencoded")
    assert make.refused(answer, 413) == [("body_too_large", None)]


def test_a_form_of_too_many_fields_is_a_400(stranger: APIClient) -> None:
    fields = "&".join(f"a{number}=" for number in range(2000))
    answer = stranger.post("/api/token/", fields, content_type="application/x-www-form-urlencoded")
    assert make.refused(answer) == [("parse_error", None)]


def test_the_longest_habit_fits_into_a_body_however_its_text_is_escaped(api: APIClient) -> None:
    texts = {"description": 2000, "name": 200, "action": 200, "place": 200, "reward": 200}
    given = {"frequency": "daily", **{name: "🍎" * length for name, length in texts.items()}}
    answer = api.post("/api/habits/", json.dumps(given), content_type="application/json")
    assert answer.status_code == 201 and answer.json()["description"] == given["description"]


def test_an_error_answer_is_small_whatever_was_sent(api: APIClient, alice: User) -> None:
    track = make.track(alice)
    bodies = {
        f"/api/tracks/{track.pk}/logs/bulk/": {"days": [{"day": "x" * 100, "status": "y" * 1000} for _ in range(366)]},
        "/api/habits/": {"frequency": "x" * 30_000, **{f"{number:0500d}": 1 for number in range(50)}},
        "/api/tracks/": {f"a{number}": 1 for number in range(5000)},
    }
    for path, body in bodies.items():
        answer = api.post(path, body)
        assert make.refused(answer)
        assert len(answer.content) < 20_000, path
    assert ("too_many_errors", None) in make.refused(
        api.post(f"/api/tracks/{track.pk}/logs/bulk/", {"days": [{}] * 366})
    )


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "a/b/c"]
)
def test_another_content_type_is_a_415(api: APIClient, content_type: str) -> None:
    answer = api.post("/api/habits/", b"name=a&frequency=daily", content_type=content_type)
    assert make.refused(answer, 415) == [("unsupported_media_type", None)]


def test_an_answer_in_another_type_is_refused(api: APIClient) -> None:
    assert make.refused(api.get("/api/habits/", HTTP_ACCEPT="application/xml"), 406) == [("not_acceptable", None)]
    assert make.refused(api.get("/api/habits/?format=xml"), 404) == [("not_found", None)]


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nothing/",
        "/api/habits/x/",
        "/api/habits/-1/",
        "/api/habits/1/nothing/",
        "/api/tracks/x/logs/2026-11-21/",
        "/api/tracks/1/log/",
        "/api/tracks/1/logs/a/b/",
        "/api/%00/",
        "/api/%ff/",
        "/api/../admin/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_path_is_a_404(api: APIClient, path: str, method: str) -> None:
    assert make.refused(getattr(api, method)(path, {}), 404) == [("not_found", None)]


def test_an_unknown_path_is_a_404_to_clients_without_csrf_cookie(api: APIClient) -> None:
    refusal = Client(enforce_csrf_checks=True).post("/api/nothing/", b"{}", content_type="application/json")
    assert make.refused(refusal, 404) == [("not_found", None)]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("put", "/api/habits/"),
        ("delete", "/api/habits/"),
        ("post", "/api/habits/1/"),
        ("post", "/api/habits/public/"),
        ("put", "/api/habits/public/1/"),
        ("delete", "/api/habits/public/1/"),
        ("put", "/api/tracks/1/"),
        ("post", "/api/tracks/1/logs/2026-11-21/"),
        ("post", "/api/today/"),
        ("post", "/api/users/me/"),
        ("get", "/api/register/"),
        ("get", "/api/token/"),
        ("get", "/api/token/refresh/"),
        ("get", "/api/password/reset/"),
        ("delete", "/api/notifications/1/"),
        ("trace", "/api/habits/"),
    ],
)
def test_an_unsupported_method_is_a_405(api: APIClient, method: str, path: str) -> None:
    refusal = api.generic(method.upper(), path)
    assert make.refused(refusal, 405) == [("method_not_allowed", None)]
    assert "GET" in refusal["Allow"] or "POST" in refusal["Allow"]


def test_options_and_head_are_answered_everywhere(api: APIClient, stranger: APIClient) -> None:
    for client in (api, stranger):
        for path in PATHS:
            assert client.options(path).status_code in {200, 401, 403}, path
            assert client.head(path).status_code in {200, 400, 401, 403, 404, 405}, path


@pytest.mark.parametrize("huge", HUGE, ids=["one more than a bigint", "19 digits", "31 digits", "400 digits"])
def test_a_huge_id_is_a_404(api: APIClient, huge: int) -> None:
    before = make.everything()
    asked: list[tuple[Callable[..., Any], str, dict[str, Any]]] = [
        (api.get, f"/api/habits/{huge}/", {}),
        (api.put, f"/api/habits/{huge}/", {}),
        (api.delete, f"/api/habits/{huge}/", {}),
        (api.get, f"/api/habits/public/{huge}/", {}),
        (api.get, f"/api/tracks/{huge}/", {}),
        (api.delete, f"/api/tracks/{huge}/", {}),
        (api.put, f"/api/tracks/{huge}/logs/2026-11-21/", {"status": "completed"}),
        (api.get, f"/api/tracks/{huge}/logs/2026-11-21/", {}),
        (api.delete, f"/api/tracks/{huge}/logs/2026-11-21/", {}),
        (api.get, f"/api/notifications/{huge}/", {}),
        (api.get, f"/api/habits/?page={huge}", {}),
    ]
    for method, path, body in asked:
        assert make.refused(method(path, body), 404) == [("not_found", None)], path
    for path, body in (
        ("/api/tracks/", {"habit": huge}),
        ("/api/habits/", {"name": "a", "frequency": "daily", "linked_habit": huge}),
    ):
        [(code, _)] = make.refused(api.post(path, body))
        assert code == ("does_not_exist" if huge < 2**63 else "max_value")
    assert make.everything() == before


@pytest.mark.parametrize("number", [*HUGE, -HUGE[0], -1, 1e400, 1.5, "1e5", True, [], {}])
@pytest.mark.parametrize("field", ["duration", "interval", "times_per_period", "daily_amount", "linked_habit"])
def test_a_number_out_of_range_is_an_error_of_its_field(api: APIClient, field: str, number: object) -> None:
    body = json.dumps({"name": "a", "frequency": "weekly", field: number})
    refusal = api.post("/api/habits/", body, content_type="application/json")
    if number == 1e400:
        assert make.refused(refusal) == [("parse_error", None)]
        return
    if refusal.status_code == 201:  # True is 1 to Python, and 1.5 is an amount
        assert number is True or (field, number) in {("daily_amount", 1.5), ("daily_amount", "1e5")}
        return
    assert {attr for _, attr in make.refused(refusal)} == {field}


TEXTS = ["name", "description", "action", "place", "reward", "unit"]


@pytest.mark.parametrize("field", [*TEXTS, "frequency", "time", "start_date", "weekdays"])
def test_nul_characters_are_refused(api: APIClient, field: str) -> None:
    given = {"name": "a", "frequency": "daily", field: ["mo\0n"] if field == "weekdays" else "a\0b"}
    [(_, attr)] = make.refused(api.post("/api/habits/", given))
    assert str(attr).split(".")[0] == field


@pytest.mark.parametrize(
    "text", ["\0", "'", '"', "%", "\\", "🍎", "\u202e", "e\u0301", "; DROP TABLE users_user", "a" * 9999]
)
def test_no_query_string_causes_a_server_error(api: APIClient, text: str) -> None:
    for path in ("/api/habits/", "/api/habits/public/", "/api/tracks/", "/api/notifications/"):
        for name in ("name", "frequency", "kind", "ordering", "page", "page_size", "state", "channel", "format"):
            answer = api.get(f"{path}?{name}={quote(text)}")
            assert answer.status_code in {200, 400, 404}, (path, name)
            if answer.status_code != 200:
                make.refused(answer, answer.status_code)


@pytest.mark.parametrize("text", [*sorted(set("'\"%\\🍎")), "Привет", "e\u0301", "<script>", "{{ 7*7 }}", "Zoë Ünal"])
def test_any_other_text_is_stored_unchanged(api: APIClient, text: str) -> None:
    given = {"frequency": "daily", "name": text, "place": text}
    shown = api.post("/api/habits/", given).json()
    assert (shown["name"], shown["place"]) == (text, text)
    assert shown["sentence"] == f"I will {text} in {text}"


def test_every_route_but_the_public_ones_needs_authentication(stranger: APIClient, alice: User) -> None:
    open_to_all = {
        "/api/register/",
        "/api/register/confirm/",
        "/api/register/resend/",
        "/api/token/",
        "/api/token/link/",
        "/api/token/provider/",  # asks for its cookie instead
        "/api/token/header/",
        "/api/token/passkey/begin/",
        "/api/token/passkey/",
        "/api/token/telegram/",
        "/api/token/refresh/",
        "/api/password/reset/",
        "/api/password/reset/check/",
        "/api/password/reset/confirm/",
        "/api/habits/public/",
        "/api/habits/public/1/",
        "/api/habits/templates/",
        "/api/limits/",
        "/api/tg/webhook/",  # asks for its secret instead
    }
    assert open_to_all <= set(PATHS)
    for path in set(PATHS) - open_to_all:
        for method in ("get", "post", "put", "patch", "delete"):
            answer = getattr(stranger, method)(path, {})
            assert make.refused(answer, 401) == [("not_authenticated", None)], (method, path)
            assert answer["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("charset", ["hex", "zlib", "rot13", "base64", "undefined", "punycode", "idna"])
@pytest.mark.parametrize("spelling", ["charset={}", "Charset = {}", "charset*=utf-8''{}", "charset* =UTF-8'en'{}"])
def test_a_charset_that_is_no_text_encoding_is_ignored(
    monkeypatch: pytest.MonkeyPatch, spelling: str, charset: str
) -> None:
    seen: list[str | None] = []

    def django_application(environ: dict[str, Any], _: object) -> list[bytes]:
        seen.append(WSGIRequest(environ).GET.get("name"))
        return []

    monkeypatch.setattr(wsgi, "django_application", django_application)
    content_type = f"x/y; {spelling.format(charset)}; a=b"
    environ: dict[str, Any] = {"QUERY_STRING": "name=%D1%8F", "CONTENT_TYPE": content_type}
    setup_testing_defaults(environ)
    wsgi.application(environ, lambda *_: lambda _: None)
    assert seen == ["я"]

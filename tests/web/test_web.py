"""The web client: no external files, nothing inline, no markup from data, and only existing API paths."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve

from common.query_parameters import accepted_parameters
from common.serializers import accepted_fields
from config.urls import api_not_found
from notifications.models import Delivery

pytestmark = pytest.mark.django_db  # closing a response checks the database connection

FILES = Path(__file__).resolve().parents[2] / "web" / "static" / "web"
MODULES = sorted(FILES.rglob("*.js"))
ENTRY = "/static/web/main.js"
VERBS = {"all": "get", "page": "get", "picture": "get"}
CALL = re.compile(r"""\bapi\.(get|post|put|patch|delete|all|page|picture)\(\s*(["`])(.+?)\2""")
SEND = re.compile(r"""\bsend\(\s*"([A-Z]+)",\s*(["`])(.+?)\2""")
ANY_CALL = re.compile(r"\b(?:api\.\w+|send)\(")
IMPORT = re.compile(r"""\b(?:from|import)\s*\(?\s*"([^"]+)";""")


class Page(HTMLParser):
    """The files that a page loads, its inline code, and its ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self.ids: set[str] = set()
        self._tag = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag = tag
        for name, value in attrs:
            if name == "src" or (name == "href" and tag not in {"a", "use"}):
                self.loads.append(value or "")
            if name.startswith("on") or name == "style" or (value or "").startswith(("javascript:", "data:")):
                self.inline.append(f"{tag} {name}={value}")
            if name == "id":
                self.ids.add(value or "")

    def handle_data(self, data: str) -> None:
        if self._tag in {"script", "style"} and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._tag = ""


@pytest.fixture
def page(client: Client) -> Page:
    return Page(client.get("/").content.decode())


def body(client: Client, path: str) -> str:
    """Return the text of a static file as it is served."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    text: str = answer.getvalue().decode()
    answer.close()
    return text


def test_the_page_allows_only_files_of_this_site(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' blob:" in policy
    assert "unsafe" not in policy and "*" not in policy


def test_the_page_accepts_only_get(client: Client) -> None:
    assert client.post("/").status_code == 405


def test_the_page_runs_no_query(client: Client) -> None:
    # Without the `db` mark any query fails.
    assert client.get("/").status_code == 200


def test_every_file_of_the_page_exists(client: Client, page: Page) -> None:
    assert ENTRY in page.loads
    for path in page.loads:
        assert path.startswith("/static/web/")
        assert body(client, path)


def test_nothing_is_inline(page: Page) -> None:
    assert page.inline == []


def test_every_module_exists_and_is_imported(client: Client) -> None:
    reached: set[str] = set()
    waiting = [ENTRY]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        for name in IMPORT.findall(body(client, path)):
            assert name.startswith("."), f"{path} imports {name}"
            folder = Path(path).parent
            waiting.append(str(Path("/", *_joined(folder, name))))
    assert reached == {f"/static/web/{module.relative_to(FILES).as_posix()}" for module in MODULES}


def _joined(folder: Path, name: str) -> list[str]:
    parts = list(folder.parts[1:])
    for part in name.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return parts


@pytest.mark.parametrize("path", [*MODULES, FILES / "style.css"], ids=lambda path: path.name)
def test_a_file_loads_nothing_external_and_writes_no_markup(path: Path) -> None:
    text = path.read_text()
    addresses = set(re.findall(r"""(?:https?:)?//[\w.-]+\.\w+[^\s"'`]*""", text)) - {"http://www.w3.org/2000/svg"}
    assert not addresses
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|@import|url\(", text
    )
    assert not re.search(r"setAttribute\(\s*[\"']style", text)


def test_every_used_icon_is_on_the_page(page: Page) -> None:
    asked = {name for path in MODULES for name in re.findall(r"""\bicon\("(\w+)"\)""", path.read_text())}
    assert asked
    assert {f"icon-{name}" for name in asked} <= page.ids


def test_every_navigation_entry_has_an_icon_and_a_view(page: Page) -> None:
    main = (FILES / "main.js").read_text()
    entries = re.findall(r"""^  \["(\w+)", """, main.partition("const NAV = [")[2].partition("];")[0], re.MULTILINE)
    views = re.findall(r"\w+", main.partition("const FOR_PEOPLE = {")[2].partition("}")[0])
    under = re.findall(r"""(\w+): "(\w+)\"""", main.partition("const UNDER = {")[2].partition("}")[0])
    assert entries
    assert {f"icon-{name}" for name in entries} <= page.ids
    assert set(entries) | {view for view, _ in under} <= set(views)
    assert {entry for _, entry in under} <= set(entries)


def api_calls() -> list[tuple[str, str]]:
    """Return (method, path) of every API request in the modules."""
    found = set()
    for module in MODULES:
        text = module.read_text()
        found |= {(VERBS.get(verb, verb), path) for verb, _, path in CALL.findall(text)}
        found |= {(verb.lower(), path) for verb, _, path in SEND.findall(text)}
    return sorted(found)


@pytest.mark.parametrize(("method", "path"), api_calls())
def test_every_request_has_a_route(method: str, path: str) -> None:
    match = resolve("/api/" + re.sub(r"\$\{.*?\}", "1", path))
    assert match.func is not api_not_found
    actions = getattr(match.func, "actions", None)
    assert method in actions if actions is not None else hasattr(getattr(match.func, "cls"), method)  # noqa: B009


def object_at(text: str, start: int) -> str:
    """Return the inside of the object literal that begins at `start`, or "" if there is none."""
    if not text.startswith("{", start):
        return ""
    depth = 0
    for index in range(start, len(text)):
        depth += {"{": 1, "[": 1, "(": 1, "}": -1, "]": -1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return text[start + 1 : index]
    return ""


def names_of(literal: str) -> set[str]:
    """Return the names that an object literal sets. `...page` stands for the two of a page."""
    flat, before = literal, ""
    while flat != before:
        before, flat = flat, re.sub(r"\([^()]*\)|\[[^\[\]]*\]|{[^{}]*}|/\^.*?/", "", flat)
    parts = [part.strip() for part in flat.split(",")]
    names = {found[0] for part in parts if (found := re.match(r"\w+(?=\s*:|$)", part))}
    return names | ({"page", "page_size"} if "...page" in parts else set())


def api_inputs() -> list[tuple[str, str, bool, frozenset[str]]]:
    """Return method, path, whether it is a query, and the names of each request with an object literal."""
    found = []
    for module in MODULES:
        text = module.read_text()
        for pattern in (CALL, SEND):
            for call in pattern.finditer(text):
                verb = call[1].lower()
                rest = re.compile(r"\s*,\s*").match(text, call.end())
                if rest and (names := names_of(object_at(text, rest.end()))):
                    found.append((VERBS.get(verb, verb), call[3], verb in VERBS, frozenset(names)))
    return sorted(found, key=str)


@pytest.mark.parametrize(("method", "path", "is_query", "names"), api_inputs())
def test_every_request_sends_only_what_the_api_knows(
    method: str, path: str, is_query: bool, names: frozenset[str]
) -> None:
    match: Any = resolve("/api/" + re.sub(r"\$\{.*?\}", "1", path))
    action = (getattr(match.func, "actions", None) or {}).get(method, method)
    if is_query:
        known = set(accepted_parameters(match.func.cls, action, method))
    else:
        documented = getattr(match.func.cls, action)._swagger_auto_schema
        known = accepted_fields(documented["request_body"]())
    assert names <= known, names - known


def test_the_names_that_requests_send_are_found() -> None:
    found = {(path, names) for _, path, _, names in api_inputs()}
    assert ("habits/", frozenset({"page", "page_size", "name", "kind", "ordering"})) in found
    assert ("tg/link/", frozenset({"chat_id", "password"})) in found
    assert len(found) > 20


def test_every_request_has_a_literal_path() -> None:
    """So that `api_calls` finds them all. Only these two modules take a path as a parameter."""
    for module in MODULES:
        text = module.read_text()
        assert ("fetch(" in text) == (module.name == "http.js")
        if module.name not in {"http.js", "api.js"}:
            assert len(ANY_CALL.findall(text)) == len(CALL.findall(text)) + len(SEND.findall(text)), module.name


def test_every_kind_of_message_has_a_name() -> None:
    kinds = (FILES / "views" / "messages.js").read_text().partition("const KINDS = {")[2].partition("}")[0]
    assert set(re.findall(r"^  (\w+): ", kinds, re.MULTILINE)) == set(Delivery.Kind.values)


def test_forms_take_the_limits_of_the_product_from_the_api() -> None:
    """A code and a chat's id, which nobody limits but the database, are no such numbers."""
    for module in MODULES:
        for name, number in re.findall(r"\b(maxlength|page_size|max): (\d[\d_.]*)", module.read_text()):
            assert (name, number) in {("maxlength", "64"), ("maxlength", "16"), ("max", "1")}, module.name


def test_an_amount_is_typed_as_a_text() -> None:
    """A number field drops the comma of "0,5" in some browsers, which makes it 5."""
    for module in MODULES:
        for control in re.findall(r"""input\(\s*"number",[^;]*?\)""", module.read_text()):
            assert "amount" not in control.lower(), module

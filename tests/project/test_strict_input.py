"""What a request may contain: known names only, days as YYYY-MM-DD, texts and lists of bounded length.

The tests run over all operations of the schema and all serializers that read a body or a query.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import django_filters
import pytest
from django.test import Client
from django.utils import timezone
from drf_yasg.utils import no_body
from pytest_django import Settings
from rest_framework import serializers as library
from rest_framework.test import APIClient

import habits.alias
from common import serializers
from config.urls import api as routes
from tests import make
from tests.project.test_two_people import Hers
from tracking.logs.serializers import BulkDaySerializer
from users.timing import DAY

APPS = ("users", "habits", "tracking", "achievements", "community", "notifications", "integrations", "config")
FORMED_BY_OTHERS = {
    "POST /tg/webhook/",
    "POST /events/",
    "POST /events/health-auto-export/",
    "POST /events/health-connect/",
    "POST /agents/mcp/",
}
WITH_BODY = ("post", "put", "patch", "delete")

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def hers(shared_world: None) -> Hers:
    return Hers(make.person("alice", chat=True))


@pytest.fixture(scope="module")
def schema(shared_world: None) -> dict[str, Any]:
    return dict(Client().get("/api/schema/?format=openapi").json())


@pytest.fixture
def api(hers: Hers, settings: Settings) -> APIClient:
    """A client of alice that no limit stops."""
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")
    return make.client(hers.user)


def operations(schema: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, path and documentation of each operation whose form is ours."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            if method != "parameters" and f"{method.upper()} {path}" not in FORMED_BY_OTHERS:
                yield method, path, operation


def client_of(path: str, api: APIClient, hers: Hers) -> APIClient:
    """Return who may ask: alice, or the partner for its own paths."""
    return hers.club.api if path.startswith("/partner/") else api


def of_hers(path: str, hers: Hers) -> str:
    """Return the path with the ids of alice's objects."""
    own = {
        "habits": hers.track.habit_id,
        "tracks": hers.track.pk,
        "goals": hers.goal["id"],
        "achievements": hers.achievement["id"],
        "shares": hers.share["id"],
        "pauses": hers.pause["id"],
        "tags": hers.tag["id"],
        "challenges": hers.challenge["id"],
        "groups": hers.group["id"],
        "reminders": hers.reminder,
        "notifications": hers.delivery.pk,
        "users": hers.session.pk,
        "identities": hers.identity.pk,
        "passkeys": hers.passkey,
        "keys": hers.key.pk,
        "webhooks": hers.webhook["id"],
        "grants": hers.club.grant.pk,
        "link-requests": hers.club.request.pk,
        "histories": hers.club.history.pk,
        "events": hers.event_type if path.startswith("/events/types/") else hers.event_rule,
        "action-links": hers.action_link,
        "imports": hers.upload,
        "export": hers.export,
        "push": hers.push_subscription,
    }
    area = path.split("/")[1]
    if area == "partner":
        club = hers.club
        theirs = {
            "id": club.webhook["id"] if path.startswith("/partner/webhooks/") else club.habit.pk,
            "webhook_id": club.webhook["id"],
            "habit_id": club.habit.pk,
            "external_id": "u-1",
            "achievement_id": club.achievement["id"],
            "challenge_id": club.challenge["id"],
            "day": club.day,
        }
        return "/api" + re.sub(r"{(\w+)}", lambda found: str(theirs[found[1]]), path)
    names = {"channel_name": "ntfy", "day": hers.day, "username": "alice", "habit_id": hers.track.habit_id}
    if path.startswith("/habits/public/"):
        names["id"] = hers.public.pk
    return "/api" + re.sub(r"{(\w+)}", lambda found: str(names.get(found[1], own.get(area, ""))), path)


def input_serializers() -> Iterator[type[serializers.Serializer[Any]]]:
    """Yield each serializer that reads a body or a query, once."""
    seen: set[Any] = {habits.alias.FormerInputSerializer, habits.alias.FormerEditSerializer}
    for route in routes:
        view: Any = getattr(route.callback, "cls", None)
        for action in (getattr(route.callback, "actions", None) or dict.fromkeys(("get", *WITH_BODY))).items():
            documented = getattr(getattr(view, action[1] or action[0], None), "_swagger_auto_schema", {})
            documented = documented.get(action[0], documented)
            read = (documented.get("request_body"), documented.get("query_serializer"))
            seen |= {each for each in read if isinstance(each, type)}
    yield from sorted(seen - {no_body}, key=lambda each: each.__name__)


INPUTS = list(input_serializers())


def writable_fields(serializer: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields that a client sets, at every depth, with their paths."""
    for name, field in serializer.fields.items():
        if not field.read_only:
            yield from _with_children(f"{type(serializer).__name__}.{name}", field)


def _with_children(path: str, field: Any) -> Iterator[tuple[str, Any]]:
    yield path, field
    if isinstance(field, library.Serializer):
        yield from writable_fields(field)
    elif getattr(field, "child", None) is not None:
        yield from _with_children(f"{path}[]", field.child)


LISTS: Any = (library.ListField, library.ListSerializer)
ALL_FIELDS = [entry for each in INPUTS for entry in writable_fields(each())]


def test_the_serializers_that_read_input_are_found() -> None:
    names = {each.__name__ for each in INPUTS}
    assert {"HabitInputSerializer", "BulkSerializer", "SignInSerializer", "ProgressQuerySerializer"} <= names
    assert len(INPUTS) > 30 and len(ALL_FIELDS) > 100


def test_every_serializer_is_strict() -> None:
    for app in APPS:
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if module.name.endswith("serializers"):
                importlib.import_module(module.name)
    pending: list[Any] = [library.BaseSerializer]
    own: list[Any] = []
    while pending:
        found = pending.pop()
        pending += found.__subclasses__()
        if found.__module__.split(".")[0] in APPS:
            own.append(found)
    assert len(own) > 60
    for each in own:
        assert issubclass(each, serializers.Strict), each
        assert issubclass(each, (serializers.Serializer, serializers.ModelSerializer)), each


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("serializer", INPUTS, ids=lambda each: each.__name__)
def test_every_serializer_names_an_unknown_field_and_the_nearest_known_one(
    serializer: type[serializers.Serializer[Any]], partial: bool
) -> None:
    for name, field in serializer().fields.items():
        checked = serializer(data={f"{name}z": "x"}, partial=partial, context={"today": timezone.now().date()})
        assert not checked.is_valid()
        [error] = checked.errors[f"{name}z"]
        assert (error.code, f'There is no field "{name}z".' in error) == ("unknown_field", True), field
        assert f'Did you mean "{name}' in error


def test_every_operation_refuses_an_unknown_field(api: APIClient, hers: Hers, schema: dict[str, Any]) -> None:
    before, seen = make.everything(), 0
    for method, path, operation in operations(schema):
        for parameter in operation["parameters"]:
            if parameter["in"] == "body":
                fields = schema["definitions"][parameter["schema"]["$ref"].rsplit("/", 1)[1]]["properties"]
                unknown = f"{next(iter(fields))}z"
                answer = getattr(client_of(path, api, hers), method)(of_hers(path, hers), {unknown: 1})
                assert ("unknown_field", unknown) in make.refused(answer), (method, path)
                seen += 1
    assert seen > 30
    assert make.everything() == before


def test_every_operation_refuses_an_unknown_parameter(api: APIClient, hers: Hers, schema: dict[str, Any]) -> None:
    before = make.everything()
    for method, path, operation in operations(schema):
        known = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
        unknown = f"{known[0]}z" if known else "limit"
        answer = getattr(client_of(path, api, hers), method)(f"{of_hers(path, hers)}?{unknown}=1")
        assert make.refused(answer) == [("unknown_parameter", unknown)], (method, path)
        [error] = answer.json()["errors"]
        assert ("Did you mean" in error["detail"]) == bool(known), (method, path)
    assert make.everything() == before


def test_every_documented_parameter_is_known(api: APIClient, hers: Hers, schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        for parameter in operation["parameters"]:
            if parameter["in"] == "query":
                answer = getattr(client_of(path, api, hers), method)(of_hers(path, hers), {parameter["name"]: "x"})
                if answer.status_code == 400:
                    codes = {code for code, _ in make.refused(answer)}
                    assert "unknown_parameter" not in codes, (path, parameter["name"])


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/api/habits/?search=run", None),
        ("/api/habits/?limit=100", None),
        ("/api/habits/?frequncy=daily", "frequency"),
        ("/api/habits/?Kind=pleasant", "kind"),
        ("/api/habit/?nme=run", "name"),
        ("/api/progress/?form=2026-01-01&to=2026-01-02", "from"),
        ("/api/summary/?pagesize=5", "page_size"),
        ("/api/habits/public/?is_published=true", None),
    ],
)
def test_an_unknown_parameter_is_named(api: APIClient, path: str, nearest: str | None) -> None:
    answer = api.get(path)
    [(code, name)] = make.refused(answer)
    assert code == "unknown_parameter"
    suggestion = f' Did you mean "{nearest}"?' if nearest else ""
    assert answer.json()["errors"][0]["detail"] == f'There is no parameter "{name}".{suggestion}'


def test_what_others_form_may_have_unknown_parts(api: APIClient, settings: Settings) -> None:
    headers = {"X-Telegram-Bot-Api-Secret-Token": "hush"}
    settings.TELEGRAM_WEBHOOK_SECRET, settings.TELEGRAM_BOT_TOKEN = "hush", "1:a"
    assert api.post("/api/tg/webhook/?via=proxy", {"update_id": 1, "news": {}}, headers=headers).status_code == 200
    assert api.get("/swagger/?utm_source=mail").status_code == 200
    assert api.get("/api/habits/?format=json").status_code == 200


SHAPES: list[dict[str, Any]] = [
    {"frequency": "daily"},
    {"frequency": "daily", "interval": 3},
    {"frequency": "daily", "weekdays": ["mon", "thu"]},
    {"frequency": "weekly", "weekdays": ["mon", "thu", "sun"]},
    {"frequency": "monthly", "times_per_period": 9, "daily_amount": "2.50", "unit": "km"},
    {"frequency": "yearly"},
    {"frequency": "daily", "is_pleasant": True},
    {"frequency": "daily", "reward": "a coffee", "time": "07:30", "duration": 60, "end_date": "2199-01-01"},
]


def unchanged(api: APIClient, method: str, path: str) -> None:
    """Assert that what GET answers can be sent back, and changes nothing."""
    before = api.get(path).json()
    answer = getattr(api, method)(path, before)
    assert answer.status_code in {200, 202}, (method, path, answer.content)
    after = api.get(path).json()
    for body in (before, after):
        body.pop("updated_at", None)
    assert after == before, (method, path)


def test_what_was_read_of_any_resource_can_be_sent_back(api: APIClient, hers: Hers, schema: dict[str, Any]) -> None:
    seen = set()
    for method, path, _ in operations(schema):
        if method in {"put", "patch"} and "get" in schema["paths"][path]:
            unchanged(client_of(path, api, hers), method, of_hers(path, hers))
            seen.add(path)
    assert {"/habits/{id}/", "/goals/{id}/", "/users/me/", "/digest/", "/tracks/{track_id}/logs/{day}/"} <= seen


@pytest.mark.parametrize("prefix", ["habits", "habit"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_what_was_read_of_a_habit_can_be_sent_back(api: APIClient, prefix: str, shape: dict[str, Any]) -> None:
    made = api.post("/api/habits/", {"name": "Run", **shape}).json()
    for method in ("put", "patch"):
        unchanged(api, method, f"/api/{prefix}/{made['id']}/")
    copy = api.post(f"/api/{prefix}/", made)
    assert copy.status_code == 201 and copy.json()["id"] != made["id"]


def test_a_planned_schedule_can_be_sent_back_with_its_habit(api: APIClient, hers: Hers) -> None:
    made = api.post("/api/habits/", {"name": "Run", "frequency": "daily"}).json()
    api.patch(f"/api/habits/{made['id']}/", {"frequency": "weekly", "schedule_from": str(hers.day + 2 * DAY)})
    shown = api.get(f"/api/habits/{made['id']}/").json()
    assert shown["next_schedule"]
    assert api.patch(f"/api/habits/{made['id']}/", {"next_schedule": shown["next_schedule"]}).status_code == 200


@pytest.mark.parametrize("status", ["completed", "skipped", "missed", "partial"])
def test_what_was_read_of_a_day_can_be_sent_back(api: APIClient, hers: Hers, status: str) -> None:
    habit = api.post("/api/habits/", {"name": "Run", "frequency": "daily", "daily_amount": "10"}).json()
    path = f"/api/tracks/{habit['track']}/logs/{hers.day}/"
    amount = {"amount": "5"} if status == "partial" else {}
    shown = api.put(path, {"status": status, "note": "x", **amount}).json()
    assert api.put(path, shown).status_code == 200  # with its streak
    unchanged(api, "put", path)
    listed = {"days": [api.get(path).json()]}
    assert api.post(f"/api/tracks/{habit['track']}/logs/bulk/", listed).status_code == 200


def test_what_was_read_of_a_member_can_be_sent_back(api: APIClient, hers: Hers) -> None:
    bob = make.person("bob")
    make.client(bob).post("/api/groups/by-code/", {"code": hers.group["code"]})
    path = f"/api/groups/{hers.group['id']}/members/"
    [row] = [each for each in api.get(path).json()["results"] if each["username"] == "bob"]
    assert api.patch(f"{path}bob/", row).status_code == 200


def test_every_text_has_a_maximum_length() -> None:
    texts = [(path, field) for path, field in ALL_FIELDS if isinstance(field, library.CharField)]
    assert len(texts) > 30
    for path, field in texts:
        assert field.max_length, path
        assert isinstance(field, serializers.NullIsEmpty), path


def test_every_list_has_a_maximum_that_is_checked_before_its_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    lists: list[tuple[str, Any]] = [(path, field) for path, field in ALL_FIELDS if isinstance(field, LISTS)]
    assert {path for path, _ in lists} >= {"BulkSerializer.days", "HabitInputSerializer.weekdays"}
    for path, field in lists:
        assert not isinstance(field, library.ListField) or isinstance(field, serializers.ListField), path
        assert field.max_length, path
        validated: list[Any] = []
        monkeypatch.setattr(field.child, "run_validation", validated.append)
        with pytest.raises(library.ValidationError):
            field.run_validation([{}] * (field.max_length + 1))
        assert not validated, path


def test_no_body_has_a_part_of_any_form() -> None:
    for path, field in ALL_FIELDS:
        assert not isinstance(field, (library.DictField, library.JSONField, library.MultipleChoiceField)), path


def test_a_long_list_costs_nothing(api: APIClient, hers: Hers, monkeypatch: pytest.MonkeyPatch) -> None:
    validated: list[Any] = []
    monkeypatch.setattr(BulkDaySerializer, "run_validation", lambda self, data: validated.append(data))
    answer = api.post(f"/api/tracks/{hers.track.pk}/logs/bulk/", {"days": [{}] * 20_000})
    assert make.refused(answer) == [("max_length", "days")]
    assert not validated
    weekdays = {"name": "Run", "frequency": "weekly", "weekdays": ["mon"] * 9000}
    assert make.refused(api.post("/api/habits/", weekdays)) == [("max_length", "weekdays")]


def test_every_day_is_strictly_year_month_day() -> None:
    days = [(p, f) for p, f in ALL_FIELDS if isinstance(f, (library.DateField, library.DateTimeField))]
    assert len(days) > 15
    for path, field in days:
        assert isinstance(field, (serializers.DateField, serializers.DateTimeField)), path
        for text in (
            "2026-W01-1",
            "20260101",
            "2026-1-1",
            "2026-001",
            "２０２６-01-01",
            "20260101T0700",
            "2026-01-01\n",
            20260101,
        ):
            with pytest.raises(library.ValidationError):
                field.run_validation(text)


@pytest.mark.parametrize("day", ["2026-W01-1", "20260101", "2026-1-1", "２０２６-01-01"])
def test_a_day_of_another_form_is_refused_in_path_query_and_body(api: APIClient, hers: Hers, day: str) -> None:
    track = f"/api/tracks/{hers.track.pk}/logs"
    assert make.refused(api.get(f"{track}/{day}/")) == [("invalid", "day")]
    assert make.refused(api.post(f"{track}/{day}/add/", {"amount": 1})) == [("invalid", "day")]
    assert make.refused(api.get("/api/progress/", {"from": day, "to": "2026-01-02"})) == [("invalid", "from")]
    assert make.refused(api.get(f"/api/challenges/{hers.challenge['id']}/days/", {"to": day})) == [("invalid", "to")]
    assert make.refused(api.post("/api/pauses/", {"first_day": day})) == [("invalid", "first_day")]
    assert make.refused(api.post(f"{track}/bulk/", {"days": [{"day": day}]})) == [("invalid", "days.0.day")]


def test_null_is_the_empty_text_where_a_text_is_optional(api: APIClient) -> None:
    optional = [(p, f) for p, f in ALL_FIELDS if getattr(f, "allow_blank", False)]
    assert len(optional) > 10
    for path, field in optional:
        assert field.run_validation(None) == ("" if not field.allow_null else None), path
    made = api.post("/api/habits/", {"name": "Run", "frequency": "daily", "description": None, "unit": None}).json()
    assert (made["description"], made["unit"]) == ("", "")
    assert make.refused(api.post("/api/habits/", {"name": None, "frequency": "daily"})) == [("null", "name")]


def test_every_filter_is_bounded_and_described() -> None:
    views: list[Any] = [getattr(route.callback, "cls", None) for route in routes]
    seen: set[Any] = {getattr(view, "filterset_class", None) for view in views} - {None}
    filters = [(each, name, found) for each in seen for name, found in each.base_filters.items()]
    assert len(filters) > 10
    for filterset, name, found in filters:
        assert found.extra.get("help_text"), (filterset, name)
        assert not isinstance(found, django_filters.BooleanFilter), "it ignores what is no boolean"
        if type(found) is django_filters.CharFilter:
            assert found.extra.get("max_length"), (filterset, name)


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("reminders/?is_on=maybe", "is_on"),
        ("reminders/?track=0", "track"),
        ("reminders/?track=1.5", "track"),
        (f"reminders/?track={10**30}", "track"),
        ("achievements/?held=2", "held"),
        (f"habits/?name={'a' * 201}", "name"),
        ("habits/?ordering=nme", "ordering"),
        ("habits/?page_size=x", "page_size"),
        ("habits/?page_size=0", "page_size"),
        ("habits/?page_size=-1", "page_size"),
        ("habits/?page_size=1.5", "page_size"),
        ("summary/?page_size=x", "page_size"),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(api: APIClient, query: str, refusal: str) -> None:
    [(_, name)] = make.refused(api.get(f"/api/{query}"))
    assert name == refusal


@pytest.mark.parametrize("size", ["101", "9" * 30])
def test_a_page_size_above_the_maximum_is_the_maximum(api: APIClient, size: str) -> None:
    assert api.get(f"/api/habits/?page_size={size}").status_code == 200


@pytest.mark.parametrize("path", ["token/", "register/"])
def test_published_clients_may_send_a_form_to_sign_in_and_register(stranger: APIClient, hers: Hers, path: str) -> None:
    form = {"email": hers.user.email, "password": make.PASSWORD}
    if path == "register/":
        form["email"] = "dora@example.org"
    answer = stranger.generic(
        "POST",
        f"/api/{path}",
        "&".join(f"{n}={v}" for n, v in form.items()).replace("@", "%40").replace(" ", "+"),
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == (200 if path == "token/" else 201), answer.content
    refusal = stranger.generic("POST", f"/api/{path}", "emial=a", content_type="application/x-www-form-urlencoded")
    assert ("unknown_field", "emial") in make.refused(refusal)


def test_no_other_operation_takes_a_form(api: APIClient, hers: Hers, schema: dict[str, Any]) -> None:
    for method, path, operation in operations(schema):
        if path not in {"/token/", "/register/"} and [each for each in operation["parameters"] if each["in"] == "body"]:
            answer = client_of(path, api, hers).generic(
                method.upper(), of_hers(path, hers), "a=b", content_type="application/x-www-form-urlencoded"
            )
            assert make.refused(answer, 415), (method, path)

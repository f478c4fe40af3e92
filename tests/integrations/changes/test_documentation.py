"""What the API's document says of webhooks is what is sent: each type, with a schema that real bodies and examples meet."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from achievements.models import Achievement
from community.challenges import endings
from community.challenges import services as challenges
from integrations import tasks
from integrations.changes import documentation
from integrations.changes.rules import ChangeType
from integrations.grants import services as links
from integrations.models import Change, Partner, WebhookEndpoint
from integrations.partners.rules import GRANTABLE
from integrations.webhooks import payloads
from tests import make
from tests.integrations.grants.test_links import link
from users.models import User
from users.timing import DAY

NOW = make.utc("2026-11-21 12:00")
TODAY = NOW.date()

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document(shared_world: None) -> dict[str, Any]:
    return dict(Client().get("/api/openapi.json").json())


def body_schema(document: dict[str, Any], change_type: str) -> dict[str, Any]:
    """Return the schema of the body, with the components that it refers to."""
    content = document["webhooks"][change_type]["post"]["requestBody"]["content"]["application/json"]
    return {"components": document["components"], **content["schema"]}


def problems(document: dict[str, Any], body: dict[str, Any]) -> list[str]:
    found = Draft202012Validator(body_schema(document, body["type"])).iter_errors(body)
    return [f"{body['type']} {list(each.absolute_path)}: {each.message}" for each in found]


def test_the_document_has_every_type_that_can_be_sent(document: dict[str, Any]) -> None:
    assert list(document["webhooks"]) == [each.value for each in ChangeType]
    for each in ChangeType:
        operation = document["webhooks"][each]["post"]
        body = operation["requestBody"]["content"]["application/json"]
        assert body["example"] == documentation.example_of(each) and operation["summary"]
        assert body["schema"]["allOf"][1]["properties"]["data"]["required"], each


@pytest.mark.parametrize("change_type", list(ChangeType))
def test_its_examples_meet_its_schemas(document: dict[str, Any], change_type: ChangeType) -> None:
    assert problems(document, documentation.example_of(change_type)) == []
    lacking: dict[str, Any] = {**documentation.example_of(change_type), "data": {}}
    assert problems(document, lacking)


@pytest.mark.usefixtures("noon")
def test_what_is_sent_meets_the_schema_of_its_type(
    document: dict[str, Any], clubs: APIClient, club: Partner, alice: User, noon: Any
) -> None:
    bodies = [json.loads(payloads.body_of(change)) for change in everything_that_happens(clubs, club, alice, noon)]
    assert {each["type"] for each in bodies} == {each.value for each in ChangeType}
    assert {each["type"] for each in bodies if "person" in each["data"]} >= {"log.set", "streak.lost", "person.deleted"}
    assert [problem for each in bodies for problem in problems(document, each)] == []


def everything_that_happens(clubs: APIClient, club: Partner, alice: User, noon: Any) -> Iterator[Change]:
    """Yield changes of every type: of a person, and of a partner that hears of her."""
    api = make.client(alice)
    api.get("/api/changes/")
    grant = link(club, alice, *GRANTABLE, external_id="a-1")
    make.managed(club, "u-1")
    clubs.get("/api/partner/changes/")
    tasks.tell_programs()
    grant = again(club, alice, grant)
    Achievement.objects.create(kind="days", target=1, name_en="First day", created_at=NOW)
    habit = api.post("/api/habits/", {"name": "Read", "frequency": "daily"}).json()
    logs = f"/api/tracks/{habit['track']}/logs/{TODAY}/"
    api.patch(f"/api/habits/{habit['id']}/", {"name": "Read a page"})
    api.post("/api/goals/", {"track": habit["track"], "days": 1})
    challenges.create(
        creator=User.objects.get(pk=alice.pk),
        habit_id=habit["id"],
        name="One day",
        first_day=TODAY + DAY,
        last_day=TODAY + DAY,
        now=NOW,
    )
    api.put(logs, {"status": "completed"})
    api.delete(logs)
    pause = api.post("/api/pauses/", {"track": habit["track"], "first_day": str(TODAY + 9 * DAY)}).json()
    api.delete(f"/api/pauses/{pause['id']}/")
    hook = {"name": "Home", "url": "https://home.example.org/", "events": ["log.set"]}
    made = api.post("/api/webhooks/", hook).json()["webhook"]["id"]
    api.post(f"/api/webhooks/{made}/test/")
    WebhookEndpoint.objects.update(off_at=NOW, off_reason="gone")  # nothing is called
    tasks.tell_programs()
    noon.move_to(NOW + 5 * DAY)
    endings.finalize_ended(now=timezone.now())
    endings.notify_members(now=timezone.now())
    clubs.delete("/api/partner/people/u-1/")
    api.delete(f"/api/habits/{habit['id']}/")
    tasks.tell_programs()
    tasks.tell_programs()
    yield from Change.objects.exclude(sequence=None).order_by("pk")
    links.end(user=alice, grant_id=grant.pk, now=timezone.now())
    tasks.tell_programs()
    yield from Change.objects.filter(type=ChangeType.PERSON_UNLINKED).order_by("pk")


def again(club: Partner, alice: User, grant: Any) -> Any:
    """End the grant and give it again, which the partner hears."""
    links.end(user=alice, grant_id=grant.pk, now=timezone.now())
    return link(club, alice, *GRANTABLE, external_id="a-2")


def test_the_table_of_types_in_the_docs_is_complete() -> None:
    page = (Path(settings.BASE_DIR) / "docs/webhooks.md").read_text(encoding="utf-8")
    assert [each for each in ChangeType if f"`{each}`" not in page] == []

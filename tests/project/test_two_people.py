"""A user can neither see nor change objects of another user, on any route of the API."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, URLResolver, resolve
from django.utils import timezone
from drf_yasg.utils import no_body
from rest_framework.test import APIClient

from common.serializers import accepted_fields
from config.urls import api as routes
from habits.models import Habit
from integrations.grants import services as grants
from integrations.models import LinkRequest
from integrations.partners.rules import GRANTABLE
from integrations.tasks import run_transfers
from notifications.models import Delivery, Reminder
from tests import make
from tests.users.passkeys.authenticator import Authenticator
from tracking.models import HabitTrack
from tracking.tracks.services import leave
from users.models import Session, User
from users.timing import DAY

WITH_BODY = ("put", "patch", "post", "delete")
METHODS = ("get", "head", "options", *WITH_BODY)
SECRET = "nobody else's business"
PUSH_KEYS = {
    "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",  # pragma: allowlist secret
    "auth": "DGv6ra1nlYgDCS1FRnbzlw",
}

pytestmark = pytest.mark.django_db


class Club:
    """A partner with an object of each kind: people, a habit, an achievement, a challenge, and what alice granted it."""

    def __init__(self, alice: User) -> None:
        now = timezone.now()
        self.partner = make.partner(f"Club, {SECRET}"[:29])
        self.habit = make.habit(self.partner.account, name=f"Walk, {SECRET}")
        self.text = make.partner_key(self.partner).text
        api = self.api = make.program(self.text)
        self.day = now.date()
        for external_id in ("u-1", "u-2"):
            api.put(f"/api/partner/people/{external_id}/", {"email": f"{external_id}@example.org"})
            api.post(f"/api/partner/people/{external_id}/habits/{self.habit.pk}/")
        path = f"/api/partner/people/u-1/habits/{self.habit.pk}/logs/{self.day}/"
        api.put(path, {"status": "completed", "note": SECRET})
        rule = {"habit": self.habit.pk, "name_en": SECRET, "kind": "days", "target": 1}
        self.achievement = api.post("/api/partner/achievements/", rule).json()
        days = {"first_day": str(self.day + 2 * DAY), "last_day": str(self.day + 3 * DAY)}
        body = {"habit": self.habit.pk, "name": SECRET, **days}
        self.challenge = api.post("/api/partner/challenges/", body).json()
        api.post(f"/api/partner/challenges/{self.challenge['id']}/people/u-1/")
        asked = LinkRequest.objects.create(
            partner=self.partner,
            email=alice.email,
            external_id="a-1",
            scopes=[each.value for each in GRANTABLE],
            created_at=now,
            expires_at=now + DAY,
        )
        self.grant = grants.accept(user=alice, request_id=asked.pk, password=make.PASSWORD, now=now)
        api.post(f"/api/partner/people/a-1/habits/{self.habit.pk}/")
        hook = {"name": SECRET, "url": "https://hook.example.org/", "events": ["log.set"]}
        self.webhook = api.post("/api/partner/webhooks/", hook).json()["webhook"]
        api.put(path, {"status": "completed", "note": f"{SECRET}, again"})
        other = make.partner(f"Other, {SECRET}"[:29])
        self.history = make.managed(other, f"o-1-{SECRET}".replace(" ", "-").replace("'", ""), email=alice.email)
        self.request = LinkRequest.objects.create(
            partner=make.partner(f"Third, {SECRET}"[:29]),
            email=alice.email,
            scopes=["stats:read"],
            created_at=now,
            expires_at=now + DAY,
        )

    @property
    def paths(self) -> dict[str, str]:
        """Return the paths of routes for partners, with this one's ids, by route name."""
        person, challenge = "partner/people/u-1/", f"partner/challenges/{self.challenge['id']}/"
        habit, hook = f"{person}habits/{self.habit.pk}/", f"partner/webhooks/{self.webhook['id']}/"
        return {
            "partner-people": "partner/people/",
            "partner-person": person,
            "partner-person-habit": habit,
            "partner-person-day": f"{habit}logs/{self.day}/",
            "partner-person-add": f"{habit}logs/{self.day}/add/",
            "partner-batch": "partner/batch/",
            "partner-links": "partner/links/",
            "partner-webhooks-list": "partner/webhooks/",
            **{
                f"partner-webhooks-{name}": f"{hook}{name}/"
                for name in ("rotate", "test", "replay", "enable", "attempts")
            },
            "partner-webhooks-detail": hook,
            "partner-changes": "partner/changes/",
            "partner-habits-list": "partner/habits/",
            "partner-habits-detail": f"partner/habits/{self.habit.pk}/",
            "partner-achievements": "partner/achievements/",
            "partner-achievement": f"partner/achievements/{self.achievement['id']}/",
            "partner-challenges": "partner/challenges/",
            "partner-challenge": challenge,
            "partner-standings": f"{challenge}standings/",
            "partner-participant": f"{challenge}people/u-1/",
            "partner-leaderboard-current": "partner/leaderboards/current/",
            "partner-leaderboard-longest": "partner/leaderboards/longest/",
            "partner-leaderboard-week": "partner/leaderboards/week/",
            "partner-leaderboard-month": "partner/leaderboards/month/",
        }


class Hers:
    """One object of each kind that belongs to alice, and a published habit of hers."""

    def __init__(self, alice: User) -> None:
        self.user = alice
        self.coffee = make.habit(alice, name=f"Coffee, {SECRET}", is_pleasant=True)
        self.track = make.track(alice, name=SECRET, place=SECRET, time="07:30", linked_habit=self.coffee.pk)
        self.day = timezone.now().date()
        self.log = make.log(self.track, self.day, note=SECRET)
        self.public = make.habit(alice, name="For everyone", is_published=True, linked_habit=self.coffee.pk)
        make.client(alice).post("/api/password/reset/", {"email": alice.email})
        api = make.client(alice)
        days = {"first_day": str(self.day), "last_day": str(self.day)}
        self.pause = api.post("/api/pauses/", {"track": self.track.pk} | days).json()
        self.goal = api.post("/api/goals/", {"track": self.track.pk, "days": 30}).json()
        self.tag = api.post("/api/tags/", {"name": f"Tag, {SECRET}"}).json()
        api.patch(f"/api/tracks/{self.track.pk}/", {"tags": [self.tag["name"]], "icon": "🗝️"})
        withheld = make.habit(alice, name=SECRET, is_published=True)
        rule = {"habit": withheld.pk, "name_en": SECRET, "kind": "days", "target": 1}
        self.achievement = api.post("/api/achievements/", rule).json()
        api.patch(f"/api/habits/{withheld.pk}/", {"is_published": False})
        self.share = api.post("/api/shares/", {"kind": "streak", "track": self.track.pk}).json()
        days = {"first_day": str(self.day + 2 * DAY), "last_day": str(self.day + 3 * DAY)}
        named = {"name": f"Hers, {SECRET}", "description": SECRET}
        self.challenge = api.post("/api/challenges/", {"habit": self.track.habit_id, **days, **named}).json()
        self.group = api.post("/api/groups/", named).json()
        api.post(f"/api/groups/{self.group['id']}/habits/", {"habit": self.track.habit_id})
        api.post(f"/api/groups/{self.group['id']}/habits/{self.track.habit_id}/follow/")
        self.reminder = Reminder.objects.get(track=self.track).pk
        api.patch(f"/api/reminders/{self.reminder}/", {"text": SECRET})
        self.delivery = Delivery.objects.create(
            key="hers",
            kind=Delivery.Kind.REMINDER,
            channel="telegram",
            user=alice,
            track=self.track,
            text=SECRET,
            due_at=timezone.now(),
            available_at=timezone.now(),
            expires_at=timezone.now(),
        )
        self.identity = alice.identities.create(
            issuer="https://id.example.org", subject=SECRET, created_at=timezone.now(), last_used_at=timezone.now()
        )
        device = Authenticator()
        begun = api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
        made = api.post("/api/passkeys/", {"name": SECRET, "credential": device.create(begun)})
        self.passkey = made.json()["id"]
        self.key = make.key(alice, name=SECRET).key
        self.calendar = api.put("/api/calendar/", {}).json()["address"]
        hook = {"name": SECRET, "url": "https://hook.example.org/", "events": ["person.linked"]}
        self.webhook = api.post("/api/webhooks/", hook).json()["webhook"]
        self.club = Club(alice)
        steps = {"type": "steps", "value": 3, "start": str(self.day), "mode": "total", "kind": SECRET}
        api.post("/api/events/", {"source": SECRET, "events": [steps]})
        self.event_type = api.get("/api/events/types/").json()["results"][0]["id"]
        mapped = {"event_type": self.event_type, "track": self.track.pk}
        self.event_rule = api.post("/api/events/rules/", mapped).json()["id"]
        api.put("/api/events/open-wearables/", {"secret": f"whsec_{'A' * 32}", "wearer": SECRET})
        touch = {"track": self.track.pk, "action": "done", "name": SECRET}
        self.action_link = api.post("/api/action-links/", touch).json()["id"]
        former = SimpleUploadedFile(f"{SECRET}.csv", f"date,habit\n2026-05-01,{SECRET}\n".encode())
        self.upload = api.post("/api/imports/", {"file": former}, format="multipart").json()["id"]
        self.export = api.post("/api/export/").json()["id"]
        run_transfers()
        push = {"endpoint": "https://push.example.org/hers", "keys": PUSH_KEYS}
        self.push_subscription = api.post("/api/push/subscriptions/", push).json()["id"]
        topic = {"address": "https://ntfy.example.org/hers", "password": make.PASSWORD}
        assert api.post("/api/channels/ntfy/connect/", topic).status_code == 202
        self.refresh = make.sign_in(alice)["refresh"]
        self.session = Session.objects.filter(user=alice).latest("pk")

    @property
    def paths(self) -> dict[str, str]:
        """Return the paths of routes that name an object, with alice's ids, by route name."""
        return {
            "habits-detail": f"habits/{self.track.habit_id}/",
            "tracks-detail": f"tracks/{self.track.pk}/",
            "logs-list": f"tracks/{self.track.pk}/logs/",
            "logs": f"tracks/{self.track.pk}/logs/{self.day}/",
            "logs-bulk": f"tracks/{self.track.pk}/logs/bulk/",
            "logs-add": f"tracks/{self.track.pk}/logs/{self.day}/add/",
            "explanation": f"tracks/{self.track.pk}/explanation/",
            "heatmap": f"tracks/{self.track.pk}/heatmap.svg",
            "goals-detail": f"goals/{self.goal['id']}/",
            "achievements-detail": f"achievements/{self.achievement['id']}/",
            "shares-detail": f"shares/{self.share['id']}/",
            "tags-detail": f"tags/{self.tag['id']}/",
            "pauses-detail": f"pauses/{self.pause['id']}/",
            "challenges-detail": f"challenges/{self.challenge['id']}/",
            "challenges-join": f"challenges/{self.challenge['id']}/join/",
            "challenges-leave": f"challenges/{self.challenge['id']}/leave/",
            "challenges-cancel": f"challenges/{self.challenge['id']}/cancel/",
            "challenges-code": f"challenges/{self.challenge['id']}/code/",
            "challenges-standings": f"challenges/{self.challenge['id']}/standings/",
            "challenges-days": f"challenges/{self.challenge['id']}/days/",
            "groups-detail": f"groups/{self.group['id']}/",
            "groups-join": f"groups/{self.group['id']}/join/",
            "groups-leave": f"groups/{self.group['id']}/leave/",
            "groups-code": f"groups/{self.group['id']}/code/",
            "groups-owner": f"groups/{self.group['id']}/owner/",
            "groups-members": f"groups/{self.group['id']}/members/",
            "groups-member": f"groups/{self.group['id']}/members/alice/",
            "groups-habits": f"groups/{self.group['id']}/habits/",
            "groups-habit": f"groups/{self.group['id']}/habits/{self.track.habit_id}/",
            "groups-follow": f"groups/{self.group['id']}/habits/{self.track.habit_id}/follow/",
            "groups-board": f"groups/{self.group['id']}/board/",
            "groups-feed": f"groups/{self.group['id']}/feed/",
            "reminders-detail": f"reminders/{self.reminder}/",
            "habits-schedules": f"habits/{self.track.habit_id}/schedules/",
            "notifications-detail": f"notifications/{self.delivery.pk}/",
            "sessions-detail": f"users/me/sessions/{self.session.pk}/",
            "identities-detail": f"identities/{self.identity.pk}/",
            "passkeys-detail": f"passkeys/{self.passkey}/",
            "keys-detail": f"keys/{self.key.pk}/",
            "keys-rotate": f"keys/{self.key.pk}/rotate/",
            "webhooks-detail": f"webhooks/{self.webhook['id']}/",
            "webhooks-rotate": f"webhooks/{self.webhook['id']}/rotate/",
            "webhooks-test": f"webhooks/{self.webhook['id']}/test/",
            "webhooks-replay": f"webhooks/{self.webhook['id']}/replay/",
            "webhooks-enable": f"webhooks/{self.webhook['id']}/enable/",
            "webhooks-attempts": f"webhooks/{self.webhook['id']}/attempts/",
            "grants-detail": f"grants/{self.club.grant.pk}/",
            "link-requests-detail": f"link-requests/{self.club.request.pk}/",
            "link-requests-accept": f"link-requests/{self.club.request.pk}/accept/",
            "link-requests-decline": f"link-requests/{self.club.request.pk}/decline/",
            "histories-detail": f"histories/{self.club.history.pk}/",
            "histories-take-over": f"histories/{self.club.history.pk}/take-over/",
            "event-types-detail": f"events/types/{self.event_type}/",
            "event-rules-detail": f"events/rules/{self.event_rule}/",
            "event-rules-replay": f"events/rules/{self.event_rule}/replay/",
            "action-links-detail": f"action-links/{self.action_link}/",
            "import": f"imports/{self.upload}/",
            "import-start": f"imports/{self.upload}/start/",
            "export": f"export/{self.export}/",
            "export-file": f"export/{self.export}/file/",
            "logs-csv": f"tracks/{self.track.pk}/logs.csv",
            "push-subscriptions-detail": f"push/subscriptions/{self.push_subscription}/",
        }


# Routes that name an object.
THEIRS = [
    "habits-detail",
    "habits-schedules",
    "tracks-detail",
    "logs-list",
    "logs",
    "logs-bulk",
    "logs-add",
    "pauses-detail",
    "tags-detail",
    "challenges-detail",
    "challenges-join",
    "challenges-leave",
    "challenges-cancel",
    "challenges-code",
    "challenges-standings",
    "challenges-days",
    "groups-detail",
    "groups-join",
    "groups-leave",
    "groups-code",
    "groups-owner",
    "groups-members",
    "groups-member",
    "groups-habits",
    "groups-habit",
    "groups-follow",
    "groups-board",
    "groups-feed",
    "goals-detail",
    "achievements-detail",
    "shares-detail",
    "explanation",
    "heatmap",
    "reminders-detail",
    "notifications-detail",
    "sessions-detail",
    "identities-detail",
    "passkeys-detail",
    "keys-detail",
    "keys-rotate",
    "webhooks-detail",
    "webhooks-rotate",
    "webhooks-test",
    "webhooks-replay",
    "webhooks-enable",
    "webhooks-attempts",
    "grants-detail",
    "link-requests-detail",
    "link-requests-accept",
    "link-requests-decline",
    "histories-detail",
    "histories-take-over",
    "event-types-detail",
    "event-rules-detail",
    "event-rules-replay",
    "action-links-detail",
    "import",
    "import-start",
    "export",
    "export-file",
    "logs-csv",
    "push-subscriptions-detail",
]
# Routes that name no object: they serve only what is the caller's own, whatever the body names.
OWN = {
    "register",
    "register-confirm",
    "register-resend",
    "token",
    "token-link",
    "token-provider",
    "token-header",
    "token-telegram",
    "token-passkey-begin",
    "token-passkey",
    "identities-list",
    "passkeys-list",
    "passkeys-begin",
    "passkeys-begin-proof",
    "passkeys-prove",
    "token-refresh",
    "token-revoke",
    "password-change",
    "password-reset",
    "password-reset-check",
    "password-reset-confirm",
    "me-access",
    "habits-list",
    "tracks-list",
    "tracks-order",
    "tags-list",
    "pauses-list",
    "challenges-list",
    "challenges-by-code",
    "groups-list",
    "groups-by-code",
    "leaderboard-current",
    "leaderboard-longest",
    "leaderboard-week",
    "leaderboard-month",
    "goals-list",
    "achievements-list",
    "achievements-mine",
    "shares-list",
    "progress",
    "summary",
    "trend",
    "today",
    "day",
    "me",
    "sessions-list",
    "sessions-end-others",
    "reminders-list",
    "notifications-list",
    "digest",
    "channels",
    "channel",
    "channel-confirm",
    "channel-test",
    "ntfy-connect",
    "apprise-connect",
    "push-key",
    "push-subscriptions-list",
    "tg-link",
    "tg-webhook",
    "keys-list",
    "calendar",
    "calendar-new-address",
    "webhooks-list",
    "changes",
    "grants-list",
    "link-requests-list",
    "histories-list",
    "events",
    "events-raw",
    "events-health-auto-export",
    "events-health-connect",
    "events-open-wearables",
    "event-types-list",
    "event-rules-list",
    "action-links-list",
    "agents",
    "imports",
    "exports",
}
# Routes that show what is public.
PUBLIC = {"habits-public-list", "habits-templates", "limits", "habits-public-detail"}


def all_routes() -> dict[str, str]:
    """Return the patterns of all routes of the API by route name."""
    found: dict[str, str] = {}

    def walk(patterns: Any) -> None:
        for each in patterns:
            if isinstance(each, URLResolver):
                walk(each.url_patterns)
            else:
                assert isinstance(each, URLPattern) and each.name, f"a route without a name: {each.pattern}"
                found[each.name] = str(each.pattern)

    walk(routes)
    return found


@pytest.fixture(scope="module")
def hers(shared_world: None) -> Hers:
    return Hers(make.person("alice", chat=True))


@pytest.fixture(scope="module")
def charlie(shared_world: None) -> User:
    return make.person("charlie")


@pytest.fixture(scope="module")
def charlies(charlie: User) -> APIClient:
    return make.client(charlie)


def of_others(everything: dict[str, list[dict[str, Any]]], charlie: User) -> dict[str, list[dict[str, Any]]]:
    """Return all rows except charlie's own."""

    def is_his(table: str, row: dict[str, Any]) -> bool:
        if table == "users.User":
            return bool(row["id"] == charlie.pk)
        return charlie.pk in {row.get("user_id"), row.get("owner_id")}

    return {table: [row for row in rows if not is_his(table, row)] for table, rows in everything.items()}


def body_of(hers: Hers) -> dict[str, Any]:
    """Return a body that names alice's objects in every possible field, with a wrong password."""
    return {
        "id": hers.track.habit_id,
        "habit": hers.track.habit_id,
        "linked_habit": hers.coffee.pk,
        "track": hers.track.pk,
        "event_type": hers.event_type,
        "action": "done",
        "tracks": [hers.track.pk],
        "tags": [hers.tag["name"]],
        "colour": "red",
        "icon": "💪",
        "archived": True,
        "days": [{"day": str(hers.day), "status": "missed"}],
        "amount": "1.00",
        "kind": "streak",
        "deadline": None,
        "first_day": str(hers.day),
        "last_day": str(hers.day),
        "user": hers.user.pk,
        "owner": hers.user.pk,
        "chat_id": make.chat(hers.user).address,
        "email": hers.user.email,
        "username": hers.user.username,
        "password": "wrong horse battery",
        "scopes": ["habits:read"],
        "new_password": "another horse battery",
        "name": "Taken over",
        "frequency": "daily",
        "status": "missed",
        "token": "1-x-y",
        "code": "guess",
        "role": "admin",
        "share": hers.share["id"],
        "refresh": hers.refresh,
        "update_id": 1,
    }


def test_every_route_of_the_api_is_covered(hers: Hers) -> None:
    assert set(hers.paths) == set(THEIRS)
    of_people = {name: pattern for name, pattern in all_routes().items() if name not in hers.club.paths}
    assert set(of_people) == OWN | PUBLIC | set(THEIRS), "add a new route to THEIRS, OWN or PUBLIC, or Club.paths"
    assert all(name.startswith("partner-") for name in hers.club.paths)
    for name, pattern in of_people.items():
        names_an_object = "<" in pattern.replace("<str:day>", "").replace("<str:channel_name>", "")
        assert names_an_object == (name in hers.paths or name == "habits-public-detail"), name


def known_part(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of the body that the operation has: any other would be refused before it is looked at."""
    view: Any = resolve(path).func
    action = (getattr(view, "actions", None) or {}).get(method, method)
    documented = getattr(getattr(view.cls, action, None), "_swagger_auto_schema", {})
    reads = documented.get(method, documented).get("request_body")
    known = (
        accepted_fields(reads())
        if isinstance(reads, type) and reads is not no_body and not getattr(view.cls, "accepts_unknown", False)
        else set(body)
    )
    return {name: value for name, value in body.items() if name in known}


def send(client: APIClient, method: str, path: str, body: dict[str, Any]) -> Any:
    return getattr(client, method)(path, known_part(method, path, body) if method in WITH_BODY else None)


@pytest.mark.parametrize("name", THEIRS)
def test_objects_of_another_user_answer_404(hers: Hers, charlies: APIClient, name: str) -> None:
    path, body, before = f"/api/{hers.paths[name]}", body_of(hers), make.everything()
    for method in METHODS:
        answer = send(charlies, method, path, body)
        assert SECRET not in answer.content.decode()
        if method == "options":
            assert answer.status_code == 200  # it lists the allowed methods for any id
        elif method == "head":
            assert answer.status_code in {404, 405}
        elif answer.status_code == 405:
            assert method.upper() not in answer["Allow"]
        else:
            assert make.refused(answer, 404) == [("not_found", None)], method
        assert make.everything() == before, method
    assert make.client(hers.user).get(path).status_code in {200, 405}  # the ids are right


def test_objects_of_another_user_answer_like_missing_ones(hers: Hers, charlies: APIClient) -> None:
    for path in hers.paths.values():
        first, pk, rest = re.split(r"/(\d+)/", path, maxsplit=1)
        for method in ("get", "put", "patch", "delete"):
            theirs = send(charlies, method, f"/api/{path}", {"status": "completed", "name": "a", "frequency": "daily"})
            missing = f"/api/{first}/{int(pk) + 100_000}/{rest}"
            nobodys = send(charlies, method, missing, {"status": "completed"})
            assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content), path


def chat_of(hers: Hers) -> tuple[str, str]:
    """Return the id of alice's chat as an answer would show it: by itself it can be the number of anything."""
    address = make.chat(hers.user).address
    return f'"chat_id":{address}', f'"{address}"'


@pytest.mark.parametrize("name", sorted(OWN))
def test_ones_own_routes_neither_show_nor_change_what_others_have(
    hers: Hers, charlies: APIClient, charlie: User, name: str
) -> None:
    body = body_of(hers)
    if name == "token-refresh":
        del body["refresh"]  # whoever has alice's refresh token may use it
    path = "/api/" + all_routes()[name].strip("^$").removesuffix("\\Z").replace("<str:day>", str(hers.day))
    for method in METHODS:
        before = of_others(make.everything(), charlie)
        answer = send(charlies, method, path, body)
        assert answer.status_code < 500
        for hidden in (SECRET, hers.user.email, '"alice"', *chat_of(hers)):
            assert hidden not in answer.content.decode(), method
        after = of_others(make.everything(), charlie)
        for table, rows in before.items():
            for row in rows:
                assert row in after[table], (method, table, row)
    assert not HabitTrack.objects.filter(user=charlie, habit__owner=hers.user).exists()
    assert not Habit.objects.filter(owner=charlie, linked_habit=hers.coffee).exists()
    assert User.objects.filter(pk=charlie.pk, addresses=None, email="charlie@example.org").exists()


def test_public_routes_show_only_what_is_published(hers: Hers, charlies: APIClient) -> None:
    before = make.everything()
    for client in (charlies, APIClient()):
        listed = client.get("/api/habits/public/")
        assert [habit["id"] for habit in listed.json()["results"]] == [hers.public.pk]
        shown = client.get(f"/api/habits/public/{hers.public.pk}/")
        assert shown.status_code == 200
        for answer in (listed, shown):
            for hidden in (SECRET, hers.user.email, *chat_of(hers)):
                assert hidden not in answer.content.decode()
        for pk in (hers.track.habit_id, hers.coffee.pk):
            assert make.refused(client.get(f"/api/habits/public/{pk}/"), 404) == [("not_found", None)]
        for method in ("put", "patch", "post", "delete"):
            for path in ("/api/habits/public/", f"/api/habits/public/{hers.public.pk}/"):
                make.refused(getattr(client, method)(path, body_of(hers)), 405)
    assert make.everything() == before


def test_the_alias_routes_are_protected_too(hers: Hers, charlies: APIClient) -> None:
    before = make.everything()
    path = f"/api/habit/{hers.track.habit_id}/"
    for method in ("get", "put", "patch", "delete"):
        assert make.refused(send(charlies, method, path, body_of(hers)), 404) == [("not_found", None)]
    assert make.everything() == before


@pytest.mark.parametrize("whose", ["hers", "nobody's"])
@pytest.mark.parametrize(
    ("path", "field", "rest"),
    [
        ("goals", "track", {"days": 3}),
        ("pauses", "track", {"first_day": "2030-01-01", "last_day": "2030-01-02"}),
        ("reminders", "track", {"local_time": "07:30"}),
        ("action-links", "track", {"action": "done"}),
        ("events/rules", "event_type", {}),
        ("habits", "linked_habit", {"name": "Run", "frequency": "daily"}),
    ],
)
def test_an_id_in_a_body_that_is_not_ones_own_is_refused_at_its_field(
    hers: Hers, charlie: User, charlies: APIClient, whose: str, path: str, field: str, rest: dict[str, Any]
) -> None:
    ids = {"track": hers.track.pk, "linked_habit": hers.track.habit_id, "event_type": hers.event_type}
    given = {field: ids[field] if whose == "hers" else 2**40, **rest}
    if path == "events/rules":
        given["track"] = make.track(charlie).pk
    assert make.refused(charlies.post(f"/api/{path}/", given)) == [("does_not_exist", field)]


@pytest.mark.parametrize(
    ("path", "rest"),
    [
        ("goals", {"days": 3}),
        ("pauses", {"first_day": "2030-01-01", "last_day": "2030-01-02"}),
        ("reminders", {"local_time": "07:30"}),
        ("action-links", {"action": "done"}),
        ("events/rules", {}),
        ("shares", {"kind": "streak"}),
    ],
)
def test_a_habit_that_was_left_is_said_to_be_so_wherever_a_body_names_it(
    hers: Hers, charlie: User, charlies: APIClient, path: str, rest: dict[str, Any]
) -> None:
    track = make.follower(charlie, make.habit(hers.track.user, name="For all", is_published=True))
    if path == "events/rules":
        seen = charlie.event_types.create(source="watch", name="steps", last_value=1, last_at=timezone.now())
        rest = {"event_type": seen.pk}
    leave(user=charlie, track_id=track.pk, now=timezone.now())
    before = make.everything()
    assert make.refused(charlies.post(f"/api/{path}/", {"track": track.pk, **rest})) == [("left", "track")]
    assert make.everything() == before

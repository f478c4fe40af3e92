"""Who sees what of a user: checks every row of the table in docs/privacy.md against the API."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from community.challenges import services as challenges
from community.groups import services as groups
from integrations.calendar import services as calendar
from integrations.grants import services as grants
from integrations.models import LinkRequest
from integrations.partners.rules import GRANTABLE
from integrations.tasks import tell_programs
from tests import make
from tests.project.test_two_people import PUSH_KEYS
from tests.users.passkeys.authenticator import Authenticator
from users.models import User
from users.services import edit_profile
from users.timing import DAY

NOW = make.utc("2027-05-05 12:00")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "privacy.md"
SERVICE = "a service they let do everything"
VIEWERS = ("a stranger", "a fellow member", SERVICE, "themselves")

pytestmark = pytest.mark.django_db


class World:
    """Alice has one of everything that the table names; bob is in her private challenge and in her closed group."""

    def __init__(self, alice: User, bob: User, charlie: User) -> None:
        self.alice = edit_profile(user=alice, time_zone="Pacific/Apia", is_ranked=True, now=NOW)
        self.public = make.habit(alice, name="Published text", is_published=True)
        self.hidden = make.track(alice, name="Hidden text")
        lent, kept = make.habit(alice, name="Lent text"), make.habit(alice, name="Kept text")
        apart = make.habit(alice, name="Apart text", is_published=True)
        first, last = NOW.date() + DAY, NOW.date() + 2 * DAY
        self.challenge = challenges.create(
            creator=self.alice,
            habit_id=lent.pk,
            name="Private challenge",
            first_day=first,
            last_day=last,
            now=NOW,
        )
        self.open_challenge = challenges.create(
            creator=self.alice,
            habit_id=self.public.pk,
            name="Open challenge",
            first_day=first,
            last_day=last,
            is_public=True,
            now=NOW,
        )
        self.group = groups.create(owner=self.alice, name="Closed group", now=NOW)
        self.open_group = groups.create(owner=self.alice, name="Open group", is_open=True, now=NOW)
        for habit in (kept, apart):
            groups.add_habit(user=self.alice, group_id=self.group.pk, habit_id=habit.pk, now=NOW)
        self.tracks = {track.habit.name: track for track in self.alice.tracks.select_related("habit", "user")}
        groups.follow_habit(user=self.alice, group_id=self.group.pk, habit_id=kept.pk, now=NOW)
        challenges.join_by_code(user=bob, code=self.challenge.code, now=NOW)
        groups.join_by_code(user=bob, code=self.group.code, now=NOW)
        with time_machine.travel(make.utc("2027-05-06 12:00"), tick=False):
            make.log(self.tracks["Lent text"], "2027-05-06", amount=7, note="What alice wrote")
            make.log(self.tracks["Lent text"], "2027-05-04", amount=13)
            for day in ("2027-05-04", "2027-05-05", "2027-05-06"):
                make.log(self.tracks["Kept text"], day)
            for number in range(9):
                make.log(self.tracks["Apart text"], f"2027-04-{28 - number}")
            api = make.client(self.alice)
            api.post("/api/goals/", {"track": self.hidden.pk, "days": 77})
            own = f"/api/tracks/{self.tracks['Lent text'].pk}/"
            api.patch(own, {"colour": "violet", "icon": "🦩", "tags": ["Her own word"]})
            api.post("/api/pauses/", {"first_day": "2027-12-24", "last_day": "2027-12-31"})
            weight = {"type": "weight", "value": 71.77, "start": "2027-05-04", "mode": "total"}
            sent = api.post("/api/events/", {"events": [weight]})
            assert sent.status_code == 200, sent.content
            api.post("/api/action-links/", {"track": self.hidden.pk, "action": "done", "name": "The tag at her door"})
            file = SimpleUploadedFile("Her former habits.csv", b"date,habit\n2027-05-01,Former text\n")
            api.post("/api/imports/", {"file": file}, format="multipart")
        make.sign_in(self.alice, network_address="203.0.113.7")
        make.key(self.alice, name="Her program")
        api = make.client(self.alice)
        begun = api.post("/api/passkeys/begin/", {"password": make.PASSWORD}).json()["options"]
        api.post("/api/passkeys/", {"name": "Her passkey", "credential": Authenticator().create(begun)})
        calendar.open_feed(user=self.alice, alarm_minutes=77, now=timezone.now())
        hook = {"name": "Her webhook", "url": "https://hook.example.org/", "events": ["log.set"]}
        make.client(self.alice).post("/api/webhooks/", hook)
        push = {"endpoint": "https://push.example.org/hers", "keys": PUSH_KEYS}
        make.client(self.alice).post("/api/push/subscriptions/", push, headers={"User-Agent": "HerBrowser/1.0"})
        club = make.partner()
        asked = LinkRequest.objects.create(
            partner=club,
            email="ALICE@EXAMPLE.org",  # which the service sees as it gave it
            external_id="a-1",
            scopes=[each.value for each in GRANTABLE],
            created_at=NOW,
            expires_at=NOW + DAY,
        )
        grants.accept(user=self.alice, request_id=asked.pk, password=make.PASSWORD, now=NOW)
        service = make.service(club)
        service.get("/api/partner/changes/")  # the service hears of what follows
        tell_programs()
        api = make.client(self.alice)
        for name in ("Lent text", "Hidden text"):
            track = self.tracks[name]
            api.put(f"/api/tracks/{track.pk}/logs/2027-05-03/", {"status": "completed", "note": "What alice wrote"})
            api.patch(f"/api/tracks/{track.pk}/", {"archived": True})
            api.patch(f"/api/tracks/{track.pk}/", {"archived": False})
            api.post("/api/goals/", {"track": track.pk, "days": 1})
        api.post("/api/pauses/", {"first_day": "2027-12-24", "last_day": "2027-12-24"})
        tell_programs()
        assert service.get("/api/partner/changes/", {"after": 0}).json()["results"]
        challenges.join_by_code(user=make.managed(club).user, code=self.challenge.code, now=NOW)
        self.clients = {
            SERVICE: [service],
            "a stranger": [APIClient(), make.client(charlie)],
            "a fellow member": [make.client(bob)],
            "themselves": [make.client(self.alice)],
        }

    @property
    def pages(self) -> list[str]:
        """Return PAGES filled with the ids of alice's objects."""
        ids = {
            "challenge": self.challenge.pk,
            "open_challenge": self.open_challenge.pk,
            "group": self.group.pk,
            "open_group": self.open_group.pk,
            "public": self.public.pk,
            "hidden": self.hidden.habit_id,
            "track": self.tracks["Lent text"].pk,
            "lent": self.tracks["Lent text"].habit_id,
            "code": self.challenge.code,
            "group_code": self.group.code,
        }
        return [page.format(**ids) for page in PAGES]

    def seen_by(self, viewer: str) -> list[tuple[str, Any]]:
        """Return (path, body) of every page that the viewer may read."""
        found = []
        for client in self.clients[viewer]:
            for page in self.pages:
                answer = client.get(f"/api/{page}")
                assert answer.status_code in {200, 401, 404}, page
                if answer.status_code == 200:
                    found.append((page, answer.json()))
        return found


# Every page that may show users.
PAGES = [
    "habits/public/?page_size=100",
    "habits/public/{public}/",
    "habits/?page_size=100",
    "habits/{hidden}/",
    "users/me/",
    "tracks/?page_size=100",
    "tracks/{track}/logs/",
    "tracks/{track}/logs/2027-05-06/",
    "tracks/?archived=true",
    "tags/",
    "progress/?from=2027-04-01&to=2027-05-31&page_size=100",
    "summary/",
    "today/",
    "days/2027-05-06/",
    "goals/",
    "pauses/",
    "notifications/",
    "tg/link/",
    "users/me/sessions/?page_size=100",
    "identities/",
    "passkeys/",
    "keys/",
    "calendar/",
    "webhooks/",
    "channels/",
    "push/subscriptions/",
    "changes/",
    "events/raw/",
    "events/types/",
    "events/rules/",
    "events/open-wearables/",
    "action-links/",
    "imports/",
    "export/",
    "challenges/?page_size=100",
    "challenges/{challenge}/",
    "challenges/{challenge}/standings/",
    "challenges/{challenge}/days/",
    "challenges/{open_challenge}/",
    "challenges/{open_challenge}/standings/",
    "challenges/{open_challenge}/days/",
    "groups/?page_size=100",
    "groups/{group}/",
    "groups/{group}/members/",
    "groups/{group}/habits/",
    "groups/{group}/board/",
    "groups/{group}/feed/",
    "groups/{open_group}/",
    "groups/{open_group}/members/",
    "groups/{open_group}/board/",
    "groups/{open_group}/feed/",
    # Those of a service.
    "partner/webhooks/",
    "partner/changes/?after=0&limit=500",
    "partner/people/?page_size=100",
    "partner/people/a-1/",
    "partner/people/a-1/habits/{hidden}/",
    "partner/people/a-1/habits/{lent}/logs/2027-05-06/",
    "partner/people/a-1/habits/{lent}/logs/2027-05-04/",
    "partner/habits/?page_size=100",
    "partner/challenges/",
    "partner/challenges/{challenge}/",
    "partner/challenges/{challenge}/standings/",
    *(f"partner/leaderboards/{board}/" for board in ("current", "longest", "week", "month")),
    *(f"leaderboards/{board}/" for board in ("current", "longest", "week", "month")),
    "leaderboards/longest/?challenge={challenge}",
    "leaderboards/week/?group={group}",
    "leaderboards/month/?group={open_group}",
]


def values(body: Any) -> Iterator[tuple[str, Any]]:
    """Yield every (name, value) of a JSON body at any depth."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield name, value
            yield from values(value)
    elif isinstance(body, list):
        for each in body:
            yield from values(each)


Check = Callable[[str, Any], bool]


def has(name: str, value: Any) -> Check:
    """Return a check whether the body has the value under the name."""
    return lambda page, body: (name, value) in [(key, v) for key, v in values(body) if not isinstance(v, dict | list)]


def on(start: str, check: Check) -> Check:
    """Return a check that is made only on pages whose path begins with `start`."""
    return lambda page, body: page.startswith(start) and check(page, body)


def either(*checks: Check) -> Check:
    return lambda page, body: any(check(page, body) for check in checks)


# For each row of the table: how to see that a page shows it.
CHECKS: dict[str, Check] = {
    "the username under what they published: a habit, a public challenge, an open group": either(
        has("owner", "alice"), has("creator", "alice")
    ),
    "the text of a published habit": has("name", "Published text"),
    "the text of a habit that a private challenge lends": has("name", "Lent text"),
    "the text of an unpublished habit that a group keeps": has("name", "Kept text"),
    "the text of any other habit": has("name", "Hidden text"),
    "that they are in a private challenge": has("name", "Private challenge"),
    "that they are in a closed group": has("name", "Closed group"),
    "completed days, strength and rank in a challenge": lambda page, body: (
        "standings" in page and has("username", "alice")(page, body)
    ),
    "status and amount of a day within a challenge": has("amount", "7.00"),
    "amounts of its habit on days outside of it": has("amount", "13.00"),
    "streak, week and strength of a group habit that they follow in the group": either(
        has("current_streak", 3), has("current", 3)
    ),
    "that they completed a day of it, and when they said so": on("groups", has("kind", "done")),
    "progress on a group habit that they track, but not in the group": either(
        has("longest_streak", 9), has("longest", 9)
    ),
    "streaks, and completed days of week and month, of a challenge or of group habits": lambda page, body: (
        page.startswith("leaderboards") and "?" in page and has("username", "alice")(page, body)
    ),
    "once they show themselves (`is_ranked`, off by default): username, best streaks, completed days of week and month": (
        lambda page, body: page.startswith("leaderboards") and "?" not in page and has("username", "alice")(page, body)
    ),
    "what they wrote of a day": has("note", "What alice wrote"),
    "the colour, icon and tags of a track, and that it is archived": either(
        has("colour", "violet"),
        has("icon", "🦩"),
        lambda page, body: "Her own word" in str(body),
        has("archived", True),
    ),
    "the e-mail address": lambda page, body: "alice@example.org" in str(body),
    "the Telegram chat": lambda page, body: "1001" in str(body),
    "their other channels: ntfy, browsers, services of Apprise": has("device", "HerBrowser"),
    "time zone and language": has("time_zone", "Pacific/Apia"),
    "pauses and goals": either(has("first_day", "2027-12-24"), has("days", 77)),
    "the keys of their programs": has("name", "Her program"),
    "the address of their calendar": has("alarm_minutes", 77),
    "their webhooks, and what these are told": has("name", "Her webhook"),
    "what their devices sent, and the rules for it": has("last_value", "71.770000"),
    "their action links": has("name", "The tag at her door"),
    "the files that they import and export, and what came of them": has("name", "Her former habits.csv"),
    "their passkeys": has("name", "Her passkey"),
    "the devices on which they are signed in, with network address and time": has("network_address", "203.0.113.7"),
}


def table() -> dict[str, dict[str, bool]]:
    """Return the rows of the table: for each, which viewers see it."""
    lines = [line.strip("|").split("|") for line in PAGE.read_text().splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line] for line in lines]
    assert head == ["of a person", *VIEWERS]
    assert {cell for row in rows for cell in row[1:]} == {"sees", "—"}
    return {row[0]: dict(zip(VIEWERS, (cell == "sees" for cell in row[1:]), strict=True)) for row in rows}


@pytest.fixture
def world(bob: User, charlie: User) -> Iterator[World]:
    with time_machine.travel(NOW, tick=False) as clock:
        made = World(make.person("alice", chat=True), bob, charlie)
        clock.move_to(make.utc("2027-05-06 12:00"))
        yield made


def test_every_row_of_the_table_has_a_check_and_every_check_a_row() -> None:
    assert list(table()) == list(CHECKS)


def test_each_viewer_sees_exactly_what_the_table_says(world: World) -> None:
    for viewer in VIEWERS:
        seen = world.seen_by(viewer)
        for what, check in CHECKS.items():
            where = [page for page, body in seen if check(page, body)]
            assert bool(where) == table()[what][viewer], (what, viewer, where)


def test_a_removed_member_is_treated_as_a_stranger(world: World, bob: User) -> None:
    challenges.leave(user=bob, challenge_id=world.challenge.pk, now=timezone.now())
    groups.remove_member(user=world.alice, group_id=world.group.pk, username="bob", now=timezone.now())
    seen = world.seen_by("a fellow member")
    for what, check in CHECKS.items():
        where = [page for page, body in seen if check(page, body)]
        assert bool(where) == table()[what]["a stranger"], (what, where)

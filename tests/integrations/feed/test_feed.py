"""What a partner hears of its people: by webhooks of its own and by changes, within what is granted, and nobody else's."""

from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient
from standardwebhooks import Webhook

from achievements.models import Achievement
from community.challenges import endings
from habits.models import Habit
from integrations import tasks
from integrations.changes import rules as changes_rules
from integrations.changes import services as changes
from integrations.changes.rules import ChangeType
from integrations.feed import rules
from integrations.feed import services as feed
from integrations.grants import services as links
from integrations.models import Change, Partner, PartnerPerson, WebhookDelivery, WebhookEndpoint
from integrations.partners import services as partners
from integrations.partners.rules import GRANTABLE, OF_KEYS
from integrations.webhooks import rules as webhook_rules
from integrations.webhooks.queueing import queue_for_endpoints
from notifications.models import Delivery
from tests import make
from tests.config.staff.conftest import staff_member
from tests.integrations.grants.test_links import link
from tests.integrations.webhooks.receiver import Receiver, receiving
from tracking.models import HabitTrack
from users.models import User
from users.scopes import Scope
from users.services import remove_account
from users.timing import DAY

NOW = make.utc("2026-11-21 12:00")
TODAY = NOW.date()
HOOKS, CHANGES, PEOPLE = "/api/partner/webhooks/", "/api/partner/changes/", "/api/partner/people/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with receiving() as found:
        yield found


def listen(clubs: APIClient, receiver: Receiver, *events: str) -> dict[str, Any]:
    """Add a webhook of the partner: for all events that it can choose, or these."""
    body = {"name": "Server", "url": receiver.url, "events": list(events) or [each.value for each in rules.TYPES]}
    answer = clubs.post(HOOKS, body)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def start(clubs: APIClient) -> int:
    return int(clubs.get(CHANGES).json()["after"])


def read(clubs: APIClient, after: int) -> list[dict[str, Any]]:
    tasks.tell_programs()
    answer = clubs.get(CHANGES, {"after": after, "limit": 500})
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def seen(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["data"]["person"]["external_id"], each["type"]) for each in events if "person" in each["data"]]


def tick(clubs: APIClient, walk: Habit, external_id: str = "u-1", day: Any = TODAY) -> None:
    path = f"{PEOPLE}{external_id}/habits/{walk.pk}/"
    assert clubs.post(path).status_code in (200, 201)
    assert clubs.put(f"{path}logs/{day}/", {"status": "completed"}).status_code == 200


class TestManagedPeople:
    def test_a_webhook_of_a_partner_is_called_for_its_people_and_signed(
        self, clubs: APIClient, club: Partner, walk: Habit, receiver: Receiver
    ) -> None:
        make.managed(club, "u-1")
        secret = listen(clubs, receiver)["secret"]
        tick(clubs, walk)
        tasks.tell_programs()
        events = [Webhook(secret).verify(each.body, dict(each.headers)) for each in receiver.received]
        events.sort(key=lambda each: int(each["sequence"]))
        assert seen(events)[:3] == [("u-1", "track.started"), ("u-1", "log.set"), ("u-1", "streak.extended")]
        streak = next(each["data"] for each in events if each["type"] == "streak.extended")
        assert streak["person"] == {"external_id": "u-1", "kind": "managed"}
        assert streak["track"] == {
            "habit": {"id": walk.pk, "name": "Walk"},
            "started_on": "2026-11-21",
            "left": False,
            "current_streak": 1,
            "longest_streak": 1,
            "streak_unit": "day",
            "lapses_at": "2026-11-23T00:00:00Z",
        }

    def test_people_who_come_later_are_heard_of_as_well(self, clubs: APIClient, club: Partner, walk: Habit) -> None:
        position = start(clubs)
        assert clubs.put(f"{PEOPLE}u-9/", {}).status_code == 201
        tick(clubs, walk, "u-9")
        assert ("u-9", "log.set") in seen(read(clubs, position))

    def test_nothing_is_recorded_while_the_partner_does_not_ask(
        self, clubs: APIClient, club: Partner, walk: Habit
    ) -> None:
        make.managed(club, "u-1")
        tick(clubs, walk)
        assert not Change.objects.exists()

    def test_a_lost_streak_of_before_is_told(
        self, clubs: APIClient, club: Partner, walk: Habit, receiver: Receiver, noon: Any
    ) -> None:
        make.managed(club, "u-1")
        tick(clubs, walk)
        listen(clubs, receiver, "streak.lost")
        noon.shift(2 * DAY)
        for _ in range(2):
            tasks.tell_programs()
        [came] = receiver.received
        assert seen([came.event]) == [("u-1", "streak.lost")]
        assert came.event["data"]["streak_before"] == 1

    def test_one_cursor_serves_all_people_and_has_each_change_once(
        self, clubs: APIClient, club: Partner, walk: Habit
    ) -> None:
        for number in range(5):
            make.managed(club, f"u-{number}")
        position = start(clubs)
        for number in range(5):
            tick(clubs, walk, f"u-{number}")
        whole = read(clubs, position)
        assert [each["sequence"] for each in whole] == list(range(position + 1, position + 1 + len(whole)))
        found, after = [], position
        while True:
            page = clubs.get(CHANGES, {"after": after, "limit": 2}).json()
            found += page["results"]
            after = page["after"]
            if not page["has_more"]:
                break
        assert found == whole
        assert {who for who, _ in seen(whole)} == {f"u-{number}" for number in range(5)}

    def test_a_deleted_person_is_told_and_leaves_nothing_else(
        self, clubs: APIClient, club: Partner, walk: Habit
    ) -> None:
        make.managed(club, "u-1")
        position = start(clubs)
        tick(clubs, walk)
        assert read(clubs, position)
        assert clubs.delete(f"{PEOPLE}u-1/").status_code == 204
        [told] = read(clubs, position)
        assert told["type"] == "person.deleted"
        assert told["data"] == {"person": {"external_id": "u-1", "kind": "managed"}}

    def test_the_partners_own_habits_are_told_once_however_many_follow(
        self, clubs: APIClient, club: Partner, walk: Habit
    ) -> None:
        for external_id in ("u-1", "u-2"):
            make.managed(club, external_id)
            tick(clubs, walk, external_id)
        position = start(clubs)
        assert clubs.patch(f"/api/partner/habits/{walk.pk}/", {"name": "Walk far"}).status_code == 200
        assert [(each["type"], each["data"]["habit"]["name"]) for each in read(clubs, position)] == [
            ("habit.changed", "Walk far")
        ]

    def test_the_end_of_its_challenge_is_told_of_each_person(
        self, clubs: APIClient, club: Partner, walk: Habit, noon: Any
    ) -> None:
        for external_id in ("u-1", "u-2"):
            make.managed(club, external_id)
        position = start(clubs)
        day = TODAY + 2 * DAY
        body = {"habit": walk.pk, "name": "Race", "first_day": str(day), "last_day": str(day)}
        race = clubs.post("/api/partner/challenges/", body).json()
        for external_id in ("u-1", "u-2"):
            clubs.post(f"/api/partner/challenges/{race['id']}/people/{external_id}/")
        noon.move_to(NOW + 6 * DAY)
        endings.finalize_ended(now=timezone.now())
        endings.notify_members(now=timezone.now())
        ended = [each for each in seen(read(clubs, position)) if each[1] == "challenge.ended"]
        assert sorted(ended) == [("u-1", "challenge.ended"), ("u-2", "challenge.ended")]


class TestLinkedPeople:
    @pytest.mark.parametrize(
        ("scopes", "own", "hers"),
        [
            ([Scope.LOGS_WRITE, Scope.HABITS_WRITE], {"track", "streak"}, set()),
            ([Scope.LOGS_READ, Scope.HABITS_WRITE, Scope.LOGS_WRITE], {"track", "log", "streak"}, set()),
            ([Scope.HABITS_READ, Scope.HABITS_WRITE, Scope.LOGS_WRITE], {"track", "streak"}, {"habit", "track"}),
            (list(GRANTABLE), {"track", "log", "streak"}, {"habit", "track", "log", "streak"}),
        ],
    )
    def test_it_hears_what_it_could_read(
        self,
        clubs: APIClient,
        club: Partner,
        walk: Habit,
        alice: User,
        scopes: list[Scope],
        own: set[str],
        hers: set[str],
    ) -> None:
        Achievement.objects.all().delete()
        link(club, alice, *scopes, external_id="a-1")
        position = start(clubs)
        tick(clubs, walk, "a-1")
        api = make.client(alice)
        secret = api.post("/api/habits/", {"name": "Her secret", "frequency": "daily", "place": "home"}).json()
        api.put(f"/api/tracks/{secret['track']}/logs/{TODAY}/", {"status": "completed", "note": "hers"})
        api.post("/api/goals/", {"track": secret["track"], "days": 1})
        api.post("/api/pauses/", {"track": secret["track"], "first_day": str(TODAY + DAY)})
        found = read(clubs, position)
        by_habit: dict[bool, set[str]] = {True: set(), False: set()}
        for each in found:
            noun, data = each["type"].partition(".")[0], each["data"]
            assert noun not in ("goal", "pause") and data["person"]["external_id"] == "a-1"
            habit = data["habit"] if noun == "habit" else data["track"]["habit"]
            by_habit[habit["id"] == walk.pk].add(noun)
        assert by_habit == {True: own, False: hers}
        assert ("Her secret" in str(found)) == bool(hers) and "home" not in str(found)
        assert ("'note': 'hers'" in str(found)) == ("log" in hers)
        assert "archived" not in str(found)
        if hers == {"habit", "track"}:  # without stats:read
            streaks = {
                each["data"]["track"]["current_streak"]
                for each in found
                if each["data"].get("track", {}).get("habit", {}).get("id") == secret["id"]
            }
            assert streaks == {None}

    @pytest.mark.parametrize("may_see", [True, False])
    def test_achievements_of_its_own_habits_are_always_told_and_others_if_granted(
        self, clubs: APIClient, club: Partner, walk: Habit, alice: User, may_see: bool
    ) -> None:
        Achievement.objects.all().delete()
        link(club, alice, Scope.HABITS_WRITE, Scope.LOGS_WRITE, *([Scope.STATS_READ] if may_see else []))
        for habit, name in ((walk, "Walked"), (None, "First day")):
            Achievement.objects.create(habit=habit, kind="days", target=1, name_en=name, created_at=NOW)
        position = start(clubs)
        make.log(make.track(User.objects.get(pk=alice.pk), name="Her secret"), TODAY)
        tick(clubs, walk)
        awards = [each["data"] for each in read(clubs, position) if each["type"] == "achievement.awarded"]
        names = {each["achievement"]["name"] for each in awards}
        assert names == ({"Walked", "First day"} if may_see else {"Walked"})
        assert "Her secret" not in str(awards)

    def test_the_beginning_and_the_end_of_a_grant_are_told(self, clubs: APIClient, club: Partner, alice: User) -> None:
        position = start(clubs)
        grant = link(club, alice, Scope.LOGS_READ, external_id="a-1")
        [linked] = read(clubs, position)
        assert linked["type"] == "person.linked"
        assert linked["data"] == {"person": {"external_id": "a-1", "kind": "linked", "scopes": ["logs:read"]}}
        links.end(user=alice, grant_id=grant.pk, now=NOW)
        assert seen(read(clubs, linked["sequence"])) == [("a-1", "person.unlinked")]

    def test_an_account_that_is_recorded_already_is_heard_of_from_its_yes_on(
        self, clubs: APIClient, club: Partner, alice: User
    ) -> None:
        position = start(clubs)
        api = make.client(alice)
        api.get("/api/changes/")
        link(club, User.objects.get(pk=alice.pk), *GRANTABLE, external_id="a-1")
        make.log(make.track(User.objects.get(pk=alice.pk)), TODAY)
        api.get("/api/changes/")  # numbers them before a worker does
        assert ("a-1", "log.set") in seen(read(clubs, position))

    def test_after_a_revoked_grant_nothing_is_told_also_of_what_was_before(
        self, clubs: APIClient, club: Partner, walk: Habit, alice: User, receiver: Receiver
    ) -> None:
        grant = link(club, alice, *GRANTABLE, external_id="a-1")
        listen(clubs, receiver)
        position = start(clubs)
        tick(clubs, walk, "a-1")
        receiver.answer(500)
        tasks.tell_programs()
        assert WebhookDelivery.objects.filter(state="pending").exists() and receiver.received
        unshared = make.log(HabitTrack.objects.get(user=alice, habit=walk), TODAY - DAY)
        receiver.received.clear()
        receiver.answer(200)
        links.end(user=alice, grant_id=grant.pk, now=NOW)
        make.log(unshared.track, TODAY - 2 * DAY)
        make.client(alice).delete(f"/api/habits/{walk.pk}/")
        told = read(clubs, position)
        assert seen(told) == [("a-1", "person.unlinked")]
        assert receiver.types in ([], ["person.unlinked"])
        assert not Change.objects.filter(about=alice).exists()

    def test_a_change_of_before_the_grant_is_not_told(
        self, clubs: APIClient, club: Partner, alice: User, noon: Any
    ) -> None:
        start(clubs)
        make.client(alice).get("/api/changes/")
        make.log(make.track(User.objects.get(pk=alice.pk)), TODAY)
        noon.shift(1)
        link(club, alice, *GRANTABLE, external_id="a-1")
        assert seen(read(clubs, 0)) == [("a-1", "person.linked")]

    def test_the_person_keeps_her_own_changes(self, clubs: APIClient, club: Partner, walk: Habit, alice: User) -> None:
        grant = link(club, alice, *GRANTABLE, external_id="a-1")
        start(clubs)
        api = make.client(alice)
        position = api.get("/api/changes/").json()["after"]
        tick(clubs, walk, "a-1")
        tasks.tell_programs()
        links.end(user=alice, grant_id=grant.pk, now=NOW)
        hers = api.get("/api/changes/", {"after": position}).json()["results"]
        assert "log.set" in [each["type"] for each in hers]
        assert not [each for each in hers if "person" in each["data"]]

    def test_a_deleted_account_is_told_as_the_end_of_its_grant(
        self, clubs: APIClient, club: Partner, walk: Habit, alice: User
    ) -> None:
        link(club, alice, *GRANTABLE, external_id="a-1")
        position = start(clubs)
        tick(clubs, walk, "a-1")
        read(clubs, position)
        remove_account(user=User.objects.get(pk=alice.pk), now=NOW)
        assert seen(read(clubs, position)) == [("a-1", "person.unlinked")]


class TestOthers:
    def test_nobody_elses_people_are_heard_of(
        self, clubs: APIClient, club: Partner, walk: Habit, alice: User, bob: User
    ) -> None:
        rival = make.partner("Rival")
        rivals = make.service(rival)
        for partner in (club, rival):
            make.managed(partner, "u-1")
        link(rival, alice, *GRANTABLE, external_id="a-1")
        positions = {clubs: start(clubs), rivals: start(rivals)}
        tick(rivals, make.habit(rival.account, name="Run", action=""))
        for user in (alice, bob):
            make.client(user).get("/api/changes/")
            make.log(make.track(User.objects.get(pk=user.pk)), TODAY)
        tick(clubs, walk)
        assert {who for who, _ in seen(read(rivals, positions[rivals]))} == {"u-1", "a-1"}
        mine = read(clubs, positions[clubs])
        assert {each["data"]["track"]["habit"]["id"] for each in mine if "track" in each["data"]} == {walk.pk}

    def test_two_partners_of_one_account_hear_each_what_it_may(
        self, clubs: APIClient, club: Partner, alice: User
    ) -> None:
        rival = make.partner("Rival")
        link(club, alice, Scope.STATS_READ, external_id="a-1")
        link(rival, alice, *GRANTABLE, external_id="x-1")
        rivals = make.service(rival)
        positions = {clubs: start(clubs), rivals: start(rivals)}
        Achievement.objects.all().delete()
        make.log(make.track(User.objects.get(pk=alice.pk)), TODAY)
        assert {each["type"] for each in read(rivals, positions[rivals])} >= {"log.set", "streak.extended"}
        assert read(clubs, positions[clubs]) == []

    def test_a_removed_partner_is_called_no_more(
        self, clubs: APIClient, club: Partner, walk: Habit, receiver: Receiver
    ) -> None:
        make.managed(club, "u-1")
        listen(clubs, receiver)
        tick(clubs, walk)
        track = HabitTrack.objects.get(habit=walk, user__kind="managed", user__partner=None)
        partners.remove(partner=club, now=NOW)
        make.log(track, TODAY - DAY)
        tasks.tell_programs()
        assert receiver.received == [] and not WebhookEndpoint.objects.filter(ended_at=None).exists()

    def test_recording_ends_when_the_partner_no_longer_asks(
        self, clubs: APIClient, club: Partner, walk: Habit, noon: Any
    ) -> None:
        row = make.managed(club, "u-1")
        start(clubs)
        noon.shift(changes_rules.UNREAD_FOR + 2 * DAY)
        assert changes.stop_unread(now=timezone.now()) == 1  # its own
        assert changes.stop_unread(now=timezone.now()) == 1  # then those of its people
        row.refresh_from_db()
        assert not row.records_changes and not User.everyone.filter(records_changes=True).exists()

    def test_its_people_are_recorded_as_long_as_the_partner_asks(
        self, clubs: APIClient, club: Partner, walk: Habit, noon: Any
    ) -> None:
        make.managed(club, "u-1")
        position = start(clubs)
        for _ in range(4):
            noon.shift(changes_rules.UNREAD_FOR / 2)
            read(clubs, position)
            changes.stop_unread(now=timezone.now())
        tick(clubs, walk, day=timezone.now().date())
        assert ("u-1", "log.set") in seen(read(clubs, position))


class TestManaging:
    def test_a_key_without_the_scope_of_an_event_cannot_choose_it(self, club: Partner, receiver: Receiver) -> None:
        program = make.service(club, Scope.WEBHOOKS_MANAGE, Scope.LOGS_READ)
        body = {"name": "x", "url": receiver.url, "events": ["log.set", "streak.lost"]}
        assert make.refused(program.post(HOOKS, body), 403) == [("insufficient_scope", None)]
        assert program.post(HOOKS, body | {"events": ["log.set", "person.linked"]}).status_code == 201

    def test_what_partners_are_never_told_cannot_be_chosen(self, clubs: APIClient, receiver: Receiver) -> None:
        made = listen(clubs, receiver, "log.set")["webhook"]
        for events in (["goal.reached"], ["pause.started"]):
            refusals = [
                make.refused(clubs.post(HOOKS, {"name": "x", "url": receiver.url, "events": events})),
                make.refused(clubs.patch(f"{HOOKS}{made['id']}/", {"events": events})),
            ]
            assert refusals == [[("invalid_choice", "events.0")]] * 2

    def test_a_persons_webhooks_and_a_partners_are_apart(
        self, clubs: APIClient, club: Partner, alice: User, receiver: Receiver
    ) -> None:
        hers = make.client(alice).post("/api/webhooks/", {"name": "x", "url": receiver.url, "events": ["log.set"]})
        theirs = listen(clubs, receiver)["webhook"]["id"]
        assert clubs.get(f"{HOOKS}{hers.json()['webhook']['id']}/").status_code == 404
        assert make.client(alice).get(f"/api/webhooks/{theirs}/").status_code == 404
        assert make.service(make.partner("Rival")).get(f"{HOOKS}{theirs}/").status_code == 404

    def test_one_that_is_gone_is_turned_off_and_shown_and_can_be_turned_on(
        self, clubs: APIClient, club: Partner, walk: Habit, receiver: Receiver
    ) -> None:
        make.managed(club, "u-1")
        made = listen(clubs, receiver)["webhook"]
        receiver.answer(410)
        tick(clubs, walk)
        tasks.tell_programs()
        shown = clubs.get(f"{HOOKS}{made['id']}/").json()
        assert shown["off_reason"] == "gone" and shown["off_at"]
        receiver.answer(200)
        assert clubs.post(f"{HOOKS}{made['id']}/enable/").status_code == 202
        tasks.tell_programs()
        assert "log.set" in receiver.types
        attempts = clubs.get(f"{HOOKS}{made['id']}/attempts/").json()["results"]
        assert {each["status"] for each in attempts} == {200, 410}

    def test_its_contact_is_told_that_it_fails_and_is_turned_off(
        self, clubs: APIClient, club: Partner, walk: Habit, receiver: Receiver, noon: Any
    ) -> None:
        make.managed(club, "u-1", email="walker@example.org")
        staff_member("root", is_superuser=True)
        partners.set_contact(partner=club, email="ops@club.example")
        User.everyone.filter(pk=club.account_id).update(language="ru")
        made = self.fail(clubs, walk, receiver, noon)
        assert clubs.get(f"{HOOKS}{made['id']}/").json()["off_reason"] == "failing"
        told = [(mail.to, mail.subject) for mail in make.mails()]
        assert told == [(["ops@club.example"], f"Вебхук {what}: Server") for what in ("не доходит", "отключён")]
        assert "partner/webhooks/" in str(make.mails()[1].body)

    def test_without_a_contact_the_staff_who_look_after_partners_are_told(
        self, clubs: APIClient, club: Partner, walk: Habit, receiver: Receiver, noon: Any
    ) -> None:
        make.managed(club, "u-1", email="walker@example.org")
        staff_member("root", is_superuser=True)
        staff_member("clerk", "integrations.change_partner")
        staff_member("helper", "users.change_user")
        gone, plain = staff_member("gone", is_superuser=True), make.person("plain")
        User.objects.filter(pk=gone.pk).update(is_active=False)
        plain.user_permissions.set(Permission.objects.filter(codename="change_partner"))
        self.fail(clubs, walk, receiver, noon)
        mails = make.mails()
        assert Counter(mail.to[0] for mail in mails) == {"root@example.org": 2, "clerk@example.org": 2}
        assert {mail.subject for mail in mails} == {
            "A webhook of Walking Club fails: Server",
            "A webhook of Walking Club is turned off: Server",
        }
        assert all("The service Walking Club has no contact address." in str(mail.body) for mail in mails)

    def test_who_has_left_the_staff_meanwhile_is_not_told(
        self, clubs: APIClient, club: Partner, walk: Habit, receiver: Receiver, noon: Any
    ) -> None:
        make.managed(club, "u-1")
        staff_member("root", is_superuser=True)
        receiver.answer(410)
        listen(clubs, receiver)
        tick(clubs, walk)
        tasks.tell_programs()
        User.objects.update(is_staff=False)
        assert make.mails() == []
        assert Delivery.objects.get(kind="webhook_off").reason == "no longer of the staff"

    def fail(self, clubs: APIClient, walk: Habit, receiver: Receiver, noon: Any) -> dict[str, Any]:
        """Let a webhook of the partner fail until it is turned off, sending what is queued meanwhile."""
        made: dict[str, Any] = listen(clubs, receiver)["webhook"]
        receiver.answer(500)
        tick(clubs, walk)
        tasks.tell_programs()
        for span in (webhook_rules.WARN_AFTER, webhook_rules.OFF_AFTER):
            noon.shift(span)
            tasks.tell_programs()
            make.mails()
        return made

    def test_reading_begins_once_all_people_are_recorded(
        self, clubs: APIClient, club: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(3):
            make.managed(club, f"u-{number}")
        with monkeypatch.context() as patch:
            patch.setattr(feed, "start_missing", lambda **_: None)
            assert clubs.get(CHANGES).json()["read_all_from"] is None
        tasks.tell_programs()
        assert PartnerPerson.objects.filter(records_changes=True).count() == 3
        assert clubs.get(CHANGES).json()["read_all_from"] == "2026-11-21T12:01:00Z"

    def test_one_person_who_cannot_be_recorded_holds_up_no_other(
        self, clubs: APIClient, club: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad = make.managed(club, "u-0")
        for number in range(1, 3):
            make.managed(club, f"u-{number}")
        living = feed.start_recording

        def fails(row: PartnerPerson, **rest: Any) -> None:
            if row.pk == bad.pk:
                raise RuntimeError("broken")
            living(row, **rest)

        monkeypatch.setattr(feed, "start_recording", fails)
        start(clubs)
        assert set(PartnerPerson.objects.filter(records_changes=False)) == {bad}


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_a_grant_that_ends_while_a_change_is_shared_takes_it_along(
    clubs: APIClient, club: Partner, walk: Habit, alice: User
) -> None:
    grant = link(club, alice, *GRANTABLE, external_id="a-1")
    start(clubs)
    tick(clubs, walk, "a-1")
    with make.meanwhile(lambda: links.end(user=alice, grant_id=grant.pk, now=NOW)):
        changes.number(user_id=alice.pk, queue=queue_for_endpoints)
        assert Change.objects.filter(about=alice).exists()
    assert not Change.objects.filter(about=alice).exists()
    with make.meanwhile(lambda: changes.number(user_id=alice.pk, queue=queue_for_endpoints)):
        pass
    assert not Change.objects.filter(about=alice).exists()


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_an_account_is_deleted_while_its_changes_are_shared(
    clubs: APIClient, club: Partner, walk: Habit, alice: User
) -> None:
    link(club, alice, *GRANTABLE, external_id="a-1")
    start(clubs)
    tick(clubs, walk, "a-1")
    with make.meanwhile(lambda: remove_account(user=User.objects.get(pk=alice.pk), now=NOW)):
        changes.number(user_id=alice.pk, queue=queue_for_endpoints)
    assert not Change.objects.filter(about__isnull=False).exists()
    assert not User.objects.filter(pk=alice.pk).exists()


def test_numbering_of_somebody_without_partners_makes_one_statement_more(alice: User) -> None:
    with CaptureQueriesContext(connection) as ran:
        feed.share(alice, [])
    assert len(ran) == 1


@pytest.mark.parametrize("change_type", list(ChangeType))
def test_no_type_is_told_of_an_account_that_granted_nothing(change_type: ChangeType) -> None:
    track = dict.fromkeys(("started_on", "left", "current_streak", "longest_streak", "streak_unit", "lapses_at"))
    data: dict[str, Any] = {
        "habit": {"id": 1, "name": "x"},
        "track": {"habit": {"id": 1, "name": "x"}, **track},
        "achievement": {"id": 1},
        "challenge": {"id": 1},
    }
    assert rules.told(change_type, data, is_own=False, may=lambda _: False) is None
    assert (rules.subject_of(change_type, data) is not None) == (
        change_type in rules.TYPES and not change_type.startswith("person")
    )


def test_every_type_that_partners_can_choose_is_within_the_scopes_of_their_keys() -> None:
    assert {changes_rules.scope_of(each) for each in rules.TYPES} <= set(OF_KEYS)
    assert set(GRANTABLE) <= set(OF_KEYS)

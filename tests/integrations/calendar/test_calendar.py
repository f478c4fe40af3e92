"""The calendar: a secret address with the plan of reminders, as iCalendar."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
import vobject  # type: ignore[import-untyped]
from django.test import Client

from integrations.calendar import queries
from integrations.models import CalendarFeed
from notifications.models import Reminder
from tests import make
from tracking.pauses.services import add as pause
from tracking.tracks.services import leave
from users.access import access_of, end_access
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as moved:
        yield moved


@pytest.fixture
def alice(clock: Any) -> User:
    return make.person("alice", time_zone="Europe/Berlin")


def address(user: User, **given: Any) -> str:
    """Turn the calendar on; return the path of its address."""
    answer = make.client(user).put("/api/calendar/", given, format="json")
    assert answer.status_code == 200, answer.json()
    return str(answer.json()["address"]).removeprefix("http://testserver").removeprefix("http://localhost:8000")


def read(path: str) -> Any:
    """Return the calendar as another program reads it."""
    answer = Client().get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    return vobject.readOne(answer.content.decode())


def events(path: str) -> list[Any]:
    return list(read(path).contents.get("vevent", []))


def starts(path: str) -> list[datetime]:
    return [each.dtstart.value for each in events(path)]


class TestEvents:
    def test_they_are_the_reminders_of_the_last_30_days_and_the_next_60(self, alice: User, clock: Any) -> None:
        clock.move_to(make.utc("2026-09-01 09:00"))
        make.habit(alice, time=time(7, 30))
        clock.move_to(make.utc("2026-11-21 09:00"))
        found = starts(address(alice))
        days = [each.date() for each in found]
        assert days == [date(2026, 10, 22) + timedelta(days=n) for n in range(91)]
        assert {each.astimezone(ZoneInfo("Europe/Berlin")).time() for each in found} == {time(7, 30)}

    def test_they_follow_a_change_of_the_zones_offset(self, alice: User, clock: Any) -> None:
        clock.move_to(make.utc("2026-10-23 09:00"))
        make.habit(alice, time=time(7, 30))
        utc = {each.date(): each.astimezone(UTC).time() for each in starts(address(alice))}
        assert utc[date(2026, 10, 24)] == time(5, 30)
        assert utc[date(2026, 10, 25)] == time(6, 30)

    def test_a_zone_of_its_own_tells_programs_the_rules(self, alice: User) -> None:
        make.habit(alice, time=time(7, 30))
        calendar = read(address(alice))
        assert calendar.vtimezone.tzid.value == "Europe/Berlin"
        assert calendar.contents["x-wr-timezone"][0].value == "Europe/Berlin"

    def test_paused_days_and_left_habits_have_none(self, alice: User) -> None:
        path = address(alice)
        track = make.track(alice, time=time(7, 30))
        assert date(2026, 11, 23) in [each.date() for each in starts(path)]
        pause(user=alice, track_id=track.pk, first_day=date(2026, 11, 23), last_day=date(2026, 11, 24), now=NOW)
        days = [each.date() for each in starts(path)]
        assert date(2026, 11, 22) in days
        assert not {date(2026, 11, 23), date(2026, 11, 24)} & set(days)

    def test_a_habit_that_was_left_has_none(self, alice: User) -> None:
        path = address(alice)
        track = make.follower(alice, make.habit(make.person("bob"), time=time(7, 30), is_published=True))
        assert events(path)
        leave(user=alice, track_id=track.pk, now=NOW)
        assert events(path) == []

    def test_reminders_that_are_off_have_none(self, alice: User) -> None:
        make.habit(alice, time=time(7, 30))
        path = address(alice)
        Reminder.objects.update(is_on=False)
        assert events(path) == []

    def test_an_event_says_what_where_and_how_long(self, alice: User) -> None:
        make.habit(
            alice, name="Read, calmly", action="read a page", place="the kitchen", time=time(7, 30), duration=120
        )
        event = events(address(alice))[0]
        assert event.summary.value == "Read, calmly"
        assert event.description.value == "I will read a page at 07:30 in the kitchen"
        assert event.location.value == "the kitchen"
        assert event.duration.value == timedelta(minutes=5)
        assert "valarm" not in event.contents

    def test_texts_are_in_the_owners_language(self, alice: User) -> None:
        make.habit(alice, name="Чтение", time=time(7, 30))
        edit_profile(user=alice, language="ru", now=NOW)
        calendar = read(address(alice))
        assert calendar.contents["x-wr-calname"][0].value == "Привычки"
        assert "Я буду" in calendar.vevent.description.value

    def test_an_alarm_is_there_by_choice(self, alice: User) -> None:
        make.habit(alice, time=time(7, 30))
        path = address(alice, alarm_minutes=10)
        assert events(path)[0].valarm.trigger.value == -timedelta(minutes=10)
        assert path == address(alice)  # what is left out stays
        assert events(path)[0].valarm.trigger.value == -timedelta(minutes=10)
        address(alice, alarm_minutes=None)
        assert "valarm" not in events(path)[0].contents

    def test_an_event_keeps_its_id_when_its_time_moves(self, alice: User) -> None:
        track = make.track(alice, time=time(7, 30))
        path = address(alice)
        before = [each.uid.value for each in events(path)]
        assert len(set(before)) == len(before)
        Reminder.objects.filter(track=track).update(local_time=time(8))
        assert [each.uid.value for each in events(path)] == before

    def test_with_very_many_reminders_the_last_days_are_left_out(
        self, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries, "MAX_EVENTS", 5)
        make.habit(alice, time=time(7, 30))
        make.habit(alice, name="Run", time=time(6))
        assert [each.day for each in map(datetime.date, starts(address(alice)))] == [21, 21, 22, 22, 23]


class TestAddress:
    def test_it_is_off_until_its_owner_turns_it_on(self, alice: User) -> None:
        off = {"is_on": False, "address": "", "alarm_minutes": None, "created_at": None}
        assert make.client(alice).get("/api/calendar/").json() == off
        path = address(alice)
        assert make.client(alice).get("/api/calendar/").json()["address"].endswith(path)
        assert make.client(alice).delete("/api/calendar/").status_code == 204
        assert make.client(alice).get("/api/calendar/").json() == off
        assert Client().get(path).status_code == 404

    def test_a_new_address_ends_the_old_one(self, alice: User) -> None:
        assert make.client(alice).post("/api/calendar/new-address/").status_code == 404
        old = address(alice)
        new = make.client(alice).post("/api/calendar/new-address/").json()["address"]
        assert not new.endswith(old)
        assert Client().get(old).status_code == 404
        assert Client().get(new).status_code == 200

    def test_an_unknown_one_a_banned_owners_and_a_closed_one_look_alike(self, alice: User) -> None:
        path = address(alice)
        unknown = Client().get("/calendar/nothing.ics")
        User.objects.update(is_active=False)
        banned = Client().get(path)
        assert (unknown.status_code, unknown.content) == (banned.status_code, banned.content) == (404, b"Not found.")

    def test_it_ends_with_the_users_access(self, alice: User) -> None:
        path = address(alice)
        assert [(item.kind, item.name) for item in access_of(alice, now=NOW).integrations] == [("calendar", "")]
        end_access(user=User.objects.get(pk=alice.pk), now=NOW)
        assert Client().get(path).status_code == 404
        assert not CalendarFeed.objects.exists()

    def test_it_shows_nothing_of_others(self, alice: User) -> None:
        make.habit(make.person("bob"), name="Secret of Bob", time=time(7, 30))
        assert events(address(alice)) == []

    @pytest.mark.parametrize("alarm", [-1, 121, "soon", 1.5, True])
    def test_a_wrong_alarm_changes_nothing(self, alice: User, alarm: object) -> None:
        answer = make.client(alice).put("/api/calendar/", {"alarm_minutes": alarm}, format="json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == "alarm_minutes"
        assert not CalendarFeed.objects.exists()

    def test_a_program_that_has_it_gets_304(self, alice: User, clock: Any) -> None:
        make.habit(alice, time=time(7, 30))
        path = address(alice)
        etag = Client().get(path)["ETag"]
        assert Client().get(path, headers={"If-None-Match": etag}).status_code == 304
        clock.move_to(make.utc("2026-11-21 10:00"))
        assert Client().get(path, headers={"If-None-Match": etag}).status_code == 304
        make.habit(alice, name="Run", time=time(8))
        assert Client().get(path, headers={"If-None-Match": etag}).status_code == 200

    def test_it_costs_the_same_statements_however_many_habits(
        self, alice: User, django_assert_num_queries: Any
    ) -> None:
        path = address(alice)
        for number in range(3):
            make.habit(alice, name=f"Habit {number}", time=time(7, number))
        with django_assert_num_queries(6):
            Client().get(path)

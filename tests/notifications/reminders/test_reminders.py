"""The user's reminders: several a day, with their own times and texts, on or off."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.models import Delivery, Reminder
from notifications.outbox import later
from notifications.reminders.rules import MAX_PER_TRACK
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import HabitTrack
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel("2026-11-20 22:00Z", tick=False) as clock:
        yield clock


@pytest.fixture
def alice(clock: Any, db: None) -> User:
    return make.person("alice", chat=True)


@pytest.fixture
def api(clock: Any, alice: User) -> APIClient:
    return make.client(alice)


@pytest.fixture
def track(clock: Any, alice: User) -> HabitTrack:
    """Alice's track (in UTC) with its first reminder at 07:30."""
    return make.track(alice, time="07:30")


@pytest.fixture
def own(track: HabitTrack, api: APIClient) -> dict[str, Any]:
    """Alice's second reminder, at 20:00."""
    return added(api, track, local_time="20:00")


def added(api: APIClient, track: HabitTrack, **given: Any) -> dict[str, Any]:
    answer = api.post("/api/reminders/", {"track": track.pk, **given})
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def changed(api: APIClient, reminder: dict[str, Any], **changes: Any) -> dict[str, Any]:
    answer = api.patch(f"/api/reminders/{reminder['id']}/", changes)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def messages() -> list[tuple[str, str, str]]:
    """Return (due time, state, reason) of the messages, oldest first."""
    rows = Delivery.objects.filter(kind="reminder").order_by("due_at")
    return [(f"{each.due_at:%d %H:%M}", each.state, each.reason) for each in rows]


def sent_reminders(telegram: FakeTelegram) -> list[str]:
    """Return the reminders that were sent to Alice."""
    return [str(each.text) for each in telegram.messages(make.CHATS["alice"]) if str(each.text).startswith("⏰")]


def test_a_new_track_has_one_reminder_at_its_habits_time(api: APIClient, track: HabitTrack) -> None:
    [shown] = api.get("/api/reminders/").json()["results"]
    assert shown == {
        "id": Reminder.objects.get().pk,
        "habit": "Push-ups",
        "track": track.pk,
        "local_time": None,
        "text": "",
        "is_on": True,
        "time": "07:30",
        "next_at": "2026-11-21T07:30:00Z",
    }


def test_a_follower_has_one_reminder_on_their_own_clock(clock: Any, alice: User, bob: User) -> None:
    habit = make.habit(alice, time="07:30", is_published=True)
    bobs = make.client(bob)
    bobs.patch("/api/users/me/", {"time_zone": "Asia/Tokyo"})
    theirs = make.follower(User.objects.get(pk=bob.pk), habit)
    added(bobs, theirs, local_time="21:00")
    shown = bobs.get("/api/reminders/").json()["results"]
    assert [each["next_at"] for each in shown] == ["2026-11-20T22:30:00Z", "2026-11-21T12:00:00Z"]
    assert make.client(alice).get("/api/reminders/").json()["count"] == 1


def test_each_reminder_is_sent_at_its_own_time(clock: Any, own: dict[str, Any]) -> None:
    clock.move_to("2026-11-21 07:30Z")
    assert queue_all_due().queued == 1
    clock.move_to("2026-11-21 20:00Z")
    assert queue_all_due().queued == 1
    assert [due for due, _, _ in messages()] == ["21 07:30", "21 20:00"]


def test_after_an_outage_several_reminders_of_a_track_are_one_message(
    telegram: FakeTelegram, clock: Any, api: APIClient, track: HabitTrack
) -> None:
    added(api, track, local_time="08:00")
    clock.move_to("2026-11-23 08:30Z")
    queue_all_due()
    send_all()
    assert messages() == [("23 07:30", "dropped", "superseded"), ("23 08:00", "sent", "")]


def test_a_snoozed_reminder_supersedes_others_only_once_it_is_due(
    telegram: FakeTelegram, clock: Any, api: APIClient, track: HabitTrack
) -> None:
    added(api, track, local_time="07:45")
    clock.move_to("2026-11-21 07:31Z")
    queue_all_due()
    send_all()
    first = Delivery.objects.get(kind="reminder")
    later.put_off(delivery=first, track=track, at=make.utc("2026-11-21 08:01"), now=timezone.now())
    clock.move_to("2026-11-21 07:45Z")
    queue_all_due()
    send_all()
    assert messages() == [("21 07:30", "sent", ""), ("21 07:45", "sent", ""), ("21 08:01", "pending", "")]


def test_a_reminder_shows_its_own_text_as_it_is_at_sending(
    telegram: FakeTelegram, clock: Any, api: APIClient, own: dict[str, Any], track: HabitTrack
) -> None:
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    changed(api, own, text="Ten push-ups, then the sofa.")
    send_all()
    assert sent_reminders(telegram) == ["⏰ Ten push-ups, then the sofa."]


def test_without_its_own_text_a_reminder_shows_the_sentence_with_its_time(
    telegram: FakeTelegram, clock: Any, own: dict[str, Any], track: HabitTrack
) -> None:
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    send_all()
    assert sent_reminders(telegram) == ["⏰ I will do ten push-ups at 20:00"]


def test_a_new_time_applies_at_once_and_drops_unsent_messages(clock: Any, api: APIClient, own: dict[str, Any]) -> None:
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    assert changed(api, own, local_time="20:30")["next_at"] == "2026-11-21T20:30:00Z"
    assert messages()[-1] == ("21 20:00", "dropped", "time changed")


def test_a_new_time_leaves_what_was_put_off(clock: Any, api: APIClient, own: dict[str, Any], track: HabitTrack) -> None:
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    row = Delivery.objects.get(due_at=timezone.now())
    later.put_off(delivery=row, track=track, at=make.utc("2026-11-21 21:00"), now=timezone.now())
    changed(api, own, local_time="20:30")
    assert messages()[1:] == [("21 20:00", "dropped", "time changed"), ("21 21:00", "pending", "")]
    changed(api, own, is_on=False)
    assert messages()[-1] == ("21 21:00", "dropped", "turned off")


def test_of_two_reminders_for_the_same_instant_one_is_sent(
    telegram: FakeTelegram, clock: Any, own: dict[str, Any], track: HabitTrack
) -> None:
    clock.move_to("2026-11-21 07:30Z")
    queue_all_due()
    send_all()
    first = Delivery.objects.get(kind="reminder")
    later.put_off(delivery=first, track=track, at=make.utc("2026-11-21 20:00"), now=timezone.now())
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    send_all()
    assert sorted(messages()[1:]) == [("21 20:00", "dropped", "superseded"), ("21 20:00", "sent", "")]


def test_a_reminder_is_not_replaced_by_its_own_plan(telegram: FakeTelegram, clock: Any, track: HabitTrack) -> None:
    """After a clock that ran ahead it may be planned for the instant of a message that waits."""
    clock.move_to("2026-11-21 07:30Z")
    queue_all_due()
    Reminder.objects.update(next_at=timezone.now(), next_day=date(2026, 11, 21))
    send_all()
    assert messages() == [("21 07:30", "sent", "")]


def test_an_edit_replans_even_a_due_reminder(clock: Any, api: APIClient, own: dict[str, Any]) -> None:
    clock.move_to("2026-11-21 20:01Z")
    assert changed(api, own, local_time="20:30")["next_at"] == "2026-11-21T20:30:00Z"
    queue_all_due()
    assert [due for due, _, _ in messages()] == ["21 07:30"]


def test_a_new_text_does_not_change_the_plan(clock: Any, api: APIClient, own: dict[str, Any]) -> None:
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    assert changed(api, own, text="Now!")["next_at"] == "2026-11-22T20:00:00Z"
    assert messages()[-1] == ("21 20:00", "pending", "")


def test_a_reminder_can_be_turned_off_and_on(clock: Any, api: APIClient, own: dict[str, Any]) -> None:
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    assert changed(api, own, is_on=False)["next_at"] is None
    assert messages()[-1] == ("21 20:00", "dropped", "turned off")
    clock.move_to("2026-11-22 20:00Z")
    queue_all_due()
    assert [due for due, _, _ in messages()] == ["21 07:30", "21 20:00", "22 07:30"]
    assert changed(api, own, is_on=True)["next_at"] == "2026-11-23T20:00:00Z"


def test_a_new_habit_time_moves_only_reminders_at_the_habits_time(
    api: APIClient, own: dict[str, Any], track: HabitTrack
) -> None:
    api.patch(f"/api/habits/{track.habit_id}/", {"time": "09:00"})
    assert [each["time"] for each in api.get("/api/reminders/").json()["results"]] == ["09:00", "20:00"]


def test_a_new_habit_time_keeps_messages_of_reminders_with_their_own_time(
    clock: Any, api: APIClient, own: dict[str, Any], track: HabitTrack
) -> None:
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    api.patch(f"/api/habits/{track.habit_id}/", {"time": "09:00"})
    assert messages() == [("21 07:30", "dropped", "time changed"), ("21 20:00", "pending", "")]


def test_a_reminder_without_a_time_waits_until_the_habit_has_one(clock: Any, api: APIClient, alice: User) -> None:
    track = make.track(alice)
    [shown] = api.get("/api/reminders/").json()["results"]
    assert (shown["time"], shown["next_at"]) == (None, None)
    api.patch(f"/api/habits/{track.habit_id}/", {"time": "09:00"})
    [shown] = api.get("/api/reminders/").json()["results"]
    assert (shown["time"], shown["next_at"]) == ("09:00", "2026-11-21T09:00:00Z")


def test_deleting_a_reminder_drops_its_unsent_messages(clock: Any, api: APIClient, own: dict[str, Any]) -> None:
    clock.move_to("2026-11-21 20:00Z")
    queue_all_due()
    assert api.delete(f"/api/reminders/{own['id']}/").status_code == 204
    assert make.refused(api.get(f"/api/reminders/{own['id']}/"), 404)
    assert messages()[-1] == ("21 20:00", "dropped", "deleted")
    clock.move_to("2026-11-22 20:00Z")
    queue_all_due()
    assert [due for due, _, _ in messages()] == ["21 07:30", "21 20:00", "22 07:30"]


def test_a_reminders_time_is_on_the_users_clock_even_after_midnight(
    clock: Any, api: APIClient, track: HabitTrack
) -> None:
    """If days start at 3:00, a reminder at 00:30 is sent in the night after its day."""
    api.patch("/api/users/me/", {"day_starts_at": 3})
    late = added(api, track, local_time="00:30")
    assert late["next_at"] == "2026-11-21T00:30:00Z"
    assert Reminder.objects.get(pk=late["id"]).next_day == date(2026, 11, 20)


@pytest.mark.parametrize("local_time", ["20:00", "07:30", None])
def test_two_reminders_at_the_same_time_are_refused(
    api: APIClient, own: dict[str, Any], track: HabitTrack, local_time: str | None
) -> None:
    before = make.everything()
    answer = api.post("/api/reminders/", {"track": track.pk, "local_time": local_time}, format="json")
    assert make.refused(answer) == [("time_taken", "local_time")]
    third = added(api, track, local_time="21:00")
    changes = {"local_time": local_time}
    assert make.refused(api.patch(f"/api/reminders/{third['id']}/", changes, format="json"))
    api.delete(f"/api/reminders/{third['id']}/")
    assert make.everything() == before


def test_the_number_of_reminders_per_track_is_limited(api: APIClient, track: HabitTrack) -> None:
    for number in range(1, MAX_PER_TRACK):
        added(api, track, local_time=f"12:{number:02}")
    answer = api.post("/api/reminders/", {"track": track.pk, "local_time": "23:00"})
    assert make.refused(answer) == [("too_many", "track")]


@pytest.mark.parametrize(
    ("given", "attr"),
    [
        ({"local_time": "25:00"}, "local_time"),
        ({"local_time": "07:30:30"}, "local_time"),
        ({"text": "x" * 201}, "text"),
        ({"is_on": "perhaps"}, "is_on"),
        ({"track": 10**18}, "track"),
        ({"track": None}, "track"),
    ],
)
def test_invalid_input_is_reported_and_changes_nothing(
    api: APIClient, track: HabitTrack, given: dict[str, Any], attr: str
) -> None:
    before = make.everything()
    body = {"track": track.pk, "local_time": "20:00", **given}
    assert [named for _, named in make.refused(api.post("/api/reminders/", body, format="json"))] == [attr]
    assert make.everything() == before


def test_reminders_of_a_left_habit_are_hidden_until_it_is_followed_again(clock: Any, alice: User, bob: User) -> None:
    theirs, bobs = make.follower(bob, make.habit(alice, time="07:30", is_published=True)), make.client(bob)
    own = added(bobs, theirs, local_time="20:00")
    bobs.delete(f"/api/tracks/{theirs.pk}/")
    assert bobs.get("/api/reminders/").json()["count"] == 0
    assert make.refused(bobs.patch(f"/api/reminders/{own['id']}/", {"text": "x"}), 404)
    assert make.refused(bobs.post("/api/reminders/", {"track": theirs.pk, "local_time": "21:00"}))
    bobs.post("/api/tracks/", {"habit": theirs.habit_id})
    assert [each["next_at"] for each in bobs.get("/api/reminders/").json()["results"]] == [
        "2026-11-21T07:30:00Z",
        "2026-11-21T20:00:00Z",
    ]


def test_the_list_can_be_filtered_and_its_query_count_is_constant(
    api: APIClient, alice: User, track: HabitTrack
) -> None:
    other = make.track(alice, time="08:00")
    added(api, other, local_time="20:00", is_on=False)
    assert [each["track"] for each in api.get(f"/api/reminders/?track={other.pk}").json()["results"]] == [other.pk] * 2
    assert [each["time"] for each in api.get("/api/reminders/?is_on=false").json()["results"]] == ["20:00"]

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            api.get("/api/reminders/?page_size=100")
        return len(made)

    few = queries()
    for _ in range(5):
        make.track(alice, time="09:00")
    assert queries() == few

"""The weekly digest: sent once, with a picture, on its day and hour by the user's clock."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from common.backoff import backoff
from notifications.channels.telegram.chats import disconnect_chat
from notifications.digest import services as digest
from notifications.digest.rules import WeeklyTime, covered_days
from notifications.models import Delivery, Digest
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.logs.services import DayEntry, set_days
from tracking.pauses.services import add
from users.models import User
from users.services import edit_profile, remove_account
from users.timing import Clock

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 23)


def subscriber(name: str = "alice", **profile: object) -> User:
    """A user with a habit since the 7th, done on all but two days of two weeks; the digest is on Mondays at 8:00."""
    with time_machine.travel("2026-11-07 08:00Z", tick=False):
        user = make.person(name, chat=True, **profile)
        track = make.track(user)
        make.track(user, name="Reading", action="read", schedule={"frequency": "weekly", "times_per_period": 1})
    with time_machine.travel("2026-11-22 20:00Z", tick=False):
        days = [DayEntry(day=date(2026, 11, day), status="completed") for day in range(9, 23) if day not in (10, 11)]
        set_days(user=user, track_id=track.pk, days=days, source="api", now=timezone.now())
        digest.update(user=user, is_on=True, weekday=0, hour=8, now=timezone.now())
    Delivery.objects.all().delete()  # messages of other kinds
    return user


def at(text: str) -> list[Delivery]:
    """Run a tick and send at an instant; return the digests in the outbox."""
    with time_machine.travel(text, tick=False):
        queue_all_due()
        send_all()
    return list(Delivery.objects.filter(kind=Delivery.Kind.DIGEST).order_by("pk"))


def test_the_digest_shows_the_past_week_with_changes_streaks_and_a_picture(telegram: FakeTelegram) -> None:
    subscriber()
    assert at("2026-11-23 07:59Z") == []
    [sent] = at("2026-11-23 08:00Z")
    assert (sent.state, sent.key) == ("sent", f"digest:{sent.user_id}:2026-11-23")
    [message] = telegram.messages(1001)
    assert message.method == "sendPhoto"
    assert message.text == (
        "📊 Your week, 16 November to 22 November\n"
        "Success: 88% (25 points more than the week before)\n"
        "7 days completed (2 more than the week before)\n"
        "🔥 Push-ups: 11 days"
    )


def test_the_digest_is_in_the_users_language(telegram: FakeTelegram) -> None:
    subscriber(language="ru")
    at("2026-11-23 08:00Z")
    assert telegram.messages(1001)[-1].text == (
        "📊 Ваша неделя, 16 ноября – 22 ноября\n"
        "Выполнение: 88% (на 25 пунктов больше, чем неделей раньше)\n"
        "7 выполненных дней (на 2 больше, чем неделей раньше)\n"
        "🔥 Push-ups: 11 дней"
    )


def test_the_digest_is_sent_once_a_week(telegram: FakeTelegram) -> None:
    subscriber()
    for _ in range(2):
        assert len(at("2026-11-23 08:00Z")) == 1
    assert Digest.objects.get().next_at == make.utc("2026-11-30 08:00")
    assert len(at("2026-11-30 08:00Z")) == 2


def test_after_an_outage_only_the_latest_digest_is_sent(telegram: FakeTelegram) -> None:
    subscriber()
    [late] = at("2026-12-07 20:00Z")
    assert (late.state, late.due_at, late.missed_count) == ("sent", make.utc("2026-12-07 08:00"), 2)


def test_a_digest_expires_after_a_day(telegram: FakeTelegram) -> None:
    subscriber()
    [late] = at("2026-11-24 08:00Z")
    assert late.state == "expired"


def test_a_change_of_zone_moves_the_digest(telegram: FakeTelegram) -> None:
    alice = subscriber()
    with time_machine.travel("2026-11-22 21:00Z", tick=False):
        edit_profile(user=alice, time_zone="Asia/Tokyo", now=timezone.now())
    assert Digest.objects.get().next_at == make.utc("2026-11-22 23:00")


def test_a_change_of_zone_does_not_move_a_due_digest(telegram: FakeTelegram) -> None:
    alice = subscriber()
    with time_machine.travel("2026-11-23 08:00Z", tick=False):
        edit_profile(user=alice, time_zone="America/New_York", now=timezone.now())
    assert Digest.objects.get().next_at == make.utc("2026-11-23 08:00")


@pytest.mark.parametrize("reason", ["turned off", "no channel is connected"])
def test_whether_a_digest_is_sent_is_decided_at_sending(telegram: FakeTelegram, reason: str) -> None:
    alice = subscriber()
    with time_machine.travel("2026-11-23 08:00Z", tick=False):
        queue_all_due()
        if reason == "turned off":
            digest.update(user=alice, is_on=False, now=timezone.now())
        else:
            disconnect_chat(user=alice)
    [dropped] = at("2026-11-23 08:01Z")
    assert (dropped.state, dropped.reason) == ("dropped", reason)


def test_an_unreachable_user_gets_no_digest_but_the_plan_advances(telegram: FakeTelegram) -> None:
    alice = subscriber()
    disconnect_chat(user=alice)
    assert at("2026-11-23 08:00Z") == []
    assert Digest.objects.get().next_at == make.utc("2026-11-30 08:00")


def test_without_a_chat_the_digest_goes_by_mail_if_enabled(telegram: FakeTelegram) -> None:
    alice = subscriber()
    disconnect_chat(user=alice)
    User.objects.filter(pk=alice.pk).update(reminders_by_email=True)
    mail.outbox.clear()
    [sent] = at("2026-11-23 08:00Z")
    assert (sent.state, sent.channel) == ("sent", "email")
    [arrived] = mail.outbox
    assert arrived.subject == "📊 Your week, 16 November to 22 November"
    assert [attached[0] for attached in arrived.attachments] == ["picture.png"]
    assert "To stop these mails:" in str(arrived.body)
    assert "Tick it off" not in str(arrived.body)


def test_if_the_chat_is_gone_the_digest_goes_by_mail(telegram: FakeTelegram) -> None:
    alice = subscriber()
    User.objects.filter(pk=alice.pk).update(reminders_by_email=True)
    telegram.fault("blocked", method="sendPhoto")
    mail.outbox.clear()
    [sent] = at("2026-11-23 08:00Z")
    assert (sent.state, sent.channel, len(mail.outbox)) == ("sent", "email", 1)


def test_without_a_bot_the_digest_is_printed(settings: Settings, capsys: pytest.CaptureFixture[str], db: None) -> None:
    settings.TELEGRAM_BOT_TOKEN = ""
    subscriber()
    capsys.readouterr()
    [sent] = at("2026-11-23 08:00Z")
    assert sent.state == "sent"
    assert "7 days completed (2 more than the week before)\n🔥 Push-ups: 11 days [a picture]" in capsys.readouterr().out


def test_a_week_without_due_habits_is_reported_as_such(telegram: FakeTelegram) -> None:
    alice = subscriber()
    with time_machine.travel("2026-11-22 21:00Z", tick=False):
        add(user=alice, track_id=None, first_day=date(2026, 11, 9), last_day=MONDAY, now=timezone.now())
        alice.tracks.first().logs.all().delete()  # type: ignore[union-attr]
    at("2026-11-23 08:00Z")
    assert "Success: nothing was due yet\n0 days completed" in telegram.messages(1001)[-1].text


def test_a_digest_that_fails_does_not_affect_others(telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    alice, bob = subscriber(), subscriber("bob")
    taken = digest._advance

    def faulty(one: Digest, now: datetime) -> Delivery | None:
        if one.user == alice:
            raise RuntimeError("a bug")
        return taken(one, now)

    monkeypatch.setattr(digest, "_advance", faulty)
    assert [each.user for each in at("2026-11-23 08:00Z")] == [bob]


def test_the_settings_are_deleted_with_the_account(telegram: FakeTelegram) -> None:
    remove_account(user=subscriber(), now=timezone.now())
    assert not Digest.objects.exists()


@pytest.mark.parametrize(
    ("zone", "day", "hour", "expected"),
    [
        # Nights of clock changes: in a gap the offset before it, in an overlap the first pass.
        ("Europe/Berlin", date(2026, 3, 29), 2, "2026-03-29 01:00"),
        ("Europe/Berlin", date(2026, 10, 25), 2, "2026-10-25 00:00"),
        ("America/New_York", MONDAY, 8, "2026-11-23 13:00"),
    ],
)
def test_the_hour_is_on_the_wall_clock(zone: str, day: date, hour: int, expected: str) -> None:
    weekly = WeeklyTime(Clock(zone), day.weekday(), hour)
    before = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    assert weekly.first_after(before).at == make.utc(expected)


def test_a_date_that_the_zone_skips_has_no_digest() -> None:
    weekly = WeeklyTime(Clock("Pacific/Apia"), 4, 8)  # Fridays; 30 December 2011 did not exist
    assert [each.day for each, _ in zip(weekly.from_day(date(2011, 12, 20)), range(2), strict=False)] == [
        date(2011, 12, 23),
        date(2012, 1, 6),
    ]


def test_from_noon_on_the_digest_covers_its_own_day() -> None:
    assert covered_days(MONDAY, 11) == (date(2026, 11, 16), date(2026, 11, 22))
    assert covered_days(MONDAY, 12) == (date(2026, 11, 17), MONDAY)


class TestSettings:
    """GET and PUT /api/digest/."""

    def test_the_digest_is_off_by_default(self, api: APIClient) -> None:
        shown = {"is_on": False, "weekday": "mon", "hour": 8, "next_at": None}
        assert api.get("/api/digest/").json() == shown
        assert not Digest.objects.exists()

    def test_the_answer_shows_the_next_digest(self, api: APIClient) -> None:
        with time_machine.travel("2026-12-05 08:00Z", tick=False):
            answer = api.put("/api/digest/", {"is_on": True, "weekday": "sun", "hour": 20})
        shown = {"is_on": True, "weekday": "sun", "hour": 20, "next_at": "2026-12-06T20:00:00Z"}
        assert (answer.status_code, answer.json()) == (200, shown)

    def test_fields_left_out_keep_their_values(self, api: APIClient) -> None:
        api.put("/api/digest/", {"is_on": True, "weekday": "fri", "hour": 7})
        shown = {"is_on": False, "weekday": "fri", "hour": 7, "next_at": None}
        assert api.put("/api/digest/", {"is_on": False}).json() == shown

    @pytest.mark.parametrize(
        ("body", "refused"),
        [
            ({}, ("required", "is_on")),
            ({"is_on": True, "weekday": 0}, ("invalid_choice", "weekday")),
            ({"is_on": True, "weekday": "noday"}, ("invalid_choice", "weekday")),
            ({"is_on": True, "hour": 24}, ("max_value", "hour")),
            ({"is_on": True, "hour": -1}, ("min_value", "hour")),
            ({"is_on": "perhaps"}, ("invalid", "is_on")),
        ],
    )
    def test_invalid_input_is_reported_and_changes_nothing(
        self, api: APIClient, body: dict[str, object], refused: tuple[str, str]
    ) -> None:
        assert make.refused(api.put("/api/digest/", body)) == [refused]
        assert not Digest.objects.exists()


@pytest.mark.parametrize("ahead", [timedelta(hours=3), timedelta(days=365)])
@pytest.mark.parametrize("back", ["2026-11-23 07:30Z", "2026-11-23 08:10Z"])
def test_a_fast_clock_at_one_tick_loses_and_repeats_no_digest(
    telegram: FakeTelegram, ahead: timedelta, back: str
) -> None:
    subscriber()
    with time_machine.travel("2026-11-23 06:29Z", tick=False):
        queue_all_due()
    with time_machine.travel(datetime.fromisoformat("2026-11-23 06:30Z") + ahead, tick=False):
        queue_all_due()
    at(back)
    [sent] = [each for each in at("2026-11-23 08:10Z") if each.state != "dropped"]
    assert (sent.state, sent.key) == ("sent", f"digest:{sent.user_id}:2026-11-23")
    assert Digest.objects.get().next_at == make.utc("2026-11-30 08:00")
    assert len(telegram.messages(1001)) == 1
    with time_machine.travel("2026-11-23 08:11Z", tick=False):
        assert digest.replan_after_fast_clock(now=timezone.now()) == 0, "it is planned again only once"


def test_a_plan_far_in_the_future_without_planned_at_is_made_again(telegram: FakeTelegram) -> None:
    subscriber()
    Digest.objects.update(next_at=make.utc("2027-11-22 08:00"), next_day=date(2027, 11, 22), planned_at=None)
    [sent] = at("2026-11-23 08:00Z")
    assert sent.state == "sent"


def test_planned_at_is_when_the_digest_was_planned(telegram: FakeTelegram) -> None:
    alice = subscriber()
    assert Digest.objects.get().planned_at == make.utc("2026-11-22 20:00")
    at("2026-11-23 08:00Z")
    assert Digest.objects.get().planned_at == make.utc("2026-11-23 08:00")
    with time_machine.travel("2026-11-23 09:00Z", tick=False):
        digest.update(user=alice, is_on=False, now=timezone.now())
    assert Digest.objects.get().planned_at is None, "nothing is planned"


def test_digests_that_cannot_be_planned_do_not_delay_others(
    telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest, "BATCH", 2)
    for name in ("alice", "bob"):
        subscriber(name)
    broken = set(Digest.objects.values_list("pk", flat=True))
    healthy = subscriber("charlie")
    take = digest._advance

    def fails(each: Digest, now: datetime) -> Delivery | None:
        if each.pk in broken:
            raise ValueError("a bug")
        return take(each, now)

    monkeypatch.setattr(digest, "_advance", fails)
    [sent] = at("2026-11-23 08:00Z")
    assert (sent.user, sent.state) == (healthy, "sent")
    waits = Digest.objects.filter(pk__in=broken)
    assert {(each.failures, each.last_error, each.retry_at) for each in waits} == {
        (1, "ValueError: a bug", make.utc("2026-11-23 08:00") + timedelta(seconds=5))
    }
    at("2026-11-23 08:00:04Z")
    assert {each.failures for each in waits.all()} == {1}
    at("2026-11-23 08:00:05Z")
    assert {(each.failures, each.retry_at) for each in waits.all()} == {
        (2, make.utc("2026-11-23 08:00") + timedelta(seconds=15))
    }
    monkeypatch.undo()
    assert len(at("2026-11-23 08:01Z")) == 3
    assert {(each.failures, each.last_error, each.retry_at) for each in waits.all()} == {(0, "", None)}


def test_a_retry_time_set_by_a_fast_clock_is_ignored(telegram: FakeTelegram) -> None:
    subscriber()
    Digest.objects.update(failures=3, retry_at=make.utc("2027-11-23 08:00"))
    assert len(at("2026-11-23 08:00Z")) == 1


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (30_000, 900)])
def test_the_backoff_starts_at_five_seconds_and_doubles_up_to_fifteen_minutes(failures: int, seconds: int) -> None:
    assert backoff(failures) == timedelta(seconds=seconds)

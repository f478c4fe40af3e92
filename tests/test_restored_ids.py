"""After a restore, or in a fresh database with the same bot, ids are given again: old buttons and links act on nothing."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone
from django.utils.http import int_to_base36
from pytest_django import Settings

from notifications.models import Delivery
from notifications.tasks import send_all
from notifications.telegram import stamps
from notifications.ticking import queue_all_due
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.fake_telegram.records import MessageRecord
from tests.telegram import MODES, notice
from tracking.models import HabitLog, HabitTrack, Pause
from users import tokens
from users.models import User
from users.tokens import LinkToken

pytestmark = pytest.mark.django_db

NO_LONGER = "This button no longer works."
LINKS = {
    "confirmation": tokens.confirmation,
    "email-change": tokens.email_change,
    "password-reset": tokens.password_reset,
    "unsubscribe": tokens.unsubscribe,
    "chat-link": tokens.chat_link,
}


@pytest.fixture(autouse=True)
def clock(telegram: FakeTelegram) -> Iterator[time_machine.Traveller]:
    """07:30 of a day; alice was there the day before."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as traveller:
        make.person("alice", chat=True)
        traveller.move_to("2026-11-21 07:30Z")
        yield traveller


def alice() -> User:
    return User.objects.get(username="alice")


def reminded(telegram: FakeTelegram) -> tuple[Delivery, MessageRecord]:
    """A reminder of alice's new habit, and its message."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        make.track(alice(), name="Meditate", time="07:30")
    queue_all_due()
    send_all()
    return Delivery.objects.get(kind="reminder"), telegram.messages(1001)[-1]


def restored(delivery: Delivery) -> HabitTrack:
    """What a restore brings: another reminder, of another habit, has the id now; that habit's track."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        gym = make.track(alice(), name="Gym", time="07:30")
    Delivery.objects.filter(pk=delivery.pk).update(
        track=gym,
        key=f"{gym.pk}:other",
        token="" if not delivery.token else "another_",
        message_id=F("message_id") + 40,
    )
    return gym


def tap(telegram: FakeTelegram, message: MessageRecord, data: str, mode: str = "polling") -> str:
    telegram.tap(message.chat_id, message.message_id, data, stale=True)
    MODES[mode](telegram)
    return notice(telegram)


@pytest.mark.parametrize("action", ["done", "skip", "later", "back", "in", "at"])
@pytest.mark.parametrize("is_old", [False, True], ids=["with a token", "from before there were tokens"])
def test_a_reminders_button_acts_on_no_other_reminder(telegram: FakeTelegram, action: str, is_old: bool) -> None:
    delivery, message = reminded(telegram)
    if is_old:
        Delivery.objects.update(token="")
        delivery.refresh_from_db()
    gym = restored(delivery)
    name = f"{delivery.pk}:{delivery.token}" if delivery.token else f"{delivery.pk}"
    data = f"{action}:{name}" + {"in": ":30", "at": ":2000"}.get(action, "")
    before = make.everything()
    assert tap(telegram, message, data) == NO_LONGER
    assert make.everything() == before
    assert not HabitLog.objects.filter(track=gym).exists()


def test_a_button_from_before_there_were_tokens_acts_on_no_reminder_that_has_one(telegram: FakeTelegram) -> None:
    delivery, message = reminded(telegram)
    assert delivery.token
    assert tap(telegram, message, f"done:{delivery.pk}") == NO_LONGER


@pytest.mark.parametrize("mode", MODES)
def test_a_button_from_before_there_were_tokens_still_works_under_its_own_message(
    telegram: FakeTelegram, settings: Settings, mode: str
) -> None:
    settings.TELEGRAM_WEBHOOK_SECRET = "hush"
    delivery, message = reminded(telegram)
    Delivery.objects.update(token="")
    for data in (f"later:{delivery.pk}", f"back:{delivery.pk}", f"done:{delivery.pk}"):
        said = tap(telegram, message, data, mode)
    assert said == "Well done!"
    assert HabitLog.objects.filter(track=delivery.track_id).count() == 1


@pytest.mark.parametrize("is_uncertain", [True, False])
def test_the_first_of_two_copies_from_before_there_were_tokens_works_as_well(
    telegram: FakeTelegram, is_uncertain: bool
) -> None:
    delivery, message = reminded(telegram)
    Delivery.objects.update(token="", uncertain=is_uncertain, message_id=F("message_id") + 1)
    expected = "Well done!" if is_uncertain else NO_LONGER
    assert tap(telegram, message, f"done:{delivery.pk}") == expected
    Delivery.objects.update(chat_id=1002)
    assert tap(telegram, message, f"done:{delivery.pk}") == NO_LONGER


@pytest.mark.parametrize("data", ["tick:{0}:2026-11-21", "did:{0}:2026-11-21", "pause:{0}", "pause:{0}:open"])
def test_a_tracks_button_acts_on_no_other_track(telegram: FakeTelegram, data: str) -> None:
    """The row that has the id now is alice's as well; it was made a microsecond later."""
    _, message = reminded(telegram)
    track = HabitTrack.objects.get()
    old = data.format(f"{track.pk}:{stamps.of_track(track)}")
    HabitTrack.objects.update(created_at=track.created_at + timedelta(microseconds=1))
    before = make.everything()
    for button in (old, data.format(track.pk)):
        assert tap(telegram, message, button) == NO_LONGER
    assert make.everything() == before
    track.refresh_from_db()
    assert tap(telegram, message, data.format(f"{track.pk}:{stamps.of_track(track)}")) != NO_LONGER


def test_a_pauses_button_ends_no_other_pause(telegram: FakeTelegram) -> None:
    _, message = reminded(telegram)
    tap(telegram, message, "pause:all:open")
    pause = Pause.objects.get()
    data = f"resume:{pause.pk}:{stamps.of_pause(pause)}"
    Pause.objects.update(track=HabitTrack.objects.get())
    for button in (data, f"resume:{pause.pk}"):
        assert tap(telegram, message, button) == NO_LONGER
    Pause.objects.update(track=None, first_day="2026-11-20")
    assert tap(telegram, message, data) == NO_LONGER
    Pause.objects.update(first_day="2026-11-21")
    assert tap(telegram, message, data) == "Resumed."


def test_stop_disconnects_no_other_account(telegram: FakeTelegram) -> None:
    _, message = reminded(telegram)
    data = f"stop:{alice().pk}:{stamps.of_user(alice())}"
    User.objects.update(date_joined=F("date_joined") + timedelta(microseconds=1))
    for button in (data, f"stop:{alice().pk}"):
        assert tap(telegram, message, button) == NO_LONGER
    assert alice().chat_connected


def test_stamps_are_the_same_after_a_restore(telegram: FakeTelegram) -> None:
    """They are made of what the database keeps."""
    reminded(telegram)
    made = make.track(alice(), name="Reading")
    assert stamps.of_track(made) == stamps.of_track(HabitTrack.objects.get(pk=made.pk))
    assert len({stamps.of_track(track) for track in HabitTrack.objects.all()}) == 2
    assert all(re.fullmatch(r"[\w-]{8}", stamps.of_track(track)) for track in HabitTrack.objects.all())


# Links


def another(user: User) -> User:
    """The account that has the id now, alike in all that it may be alike in."""
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now())
    return User.objects.get(pk=user.pk)


def former(link: LinkToken, user: User) -> str:
    """A link as it was mailed before the time of joining was signed."""
    return f"{int_to_base36(user.pk)}-{link.legacy.make_token(user)}"


@pytest.mark.parametrize("make_token", [LinkToken.make, former], ids=["now", "formerly"])
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_link_acts_on_no_other_account(
    clock: time_machine.Traveller, link: LinkToken, make_token: Callable[[LinkToken, User], str]
) -> None:
    token = make_token(link, alice())
    clock.shift(timedelta(minutes=5))
    assert link.read(token, User.objects.all()) == alice()
    another(alice())
    assert link.read(token, User.objects.all()) is None
    assert link.read(make_token(link, alice()), User.objects.all()) == alice()


def test_a_link_that_was_mailed_before_turns_mails_off_for_a_year(
    telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    User.objects.update(reminders_by_email=True)
    token = former(tokens.unsubscribe, alice())
    clock.shift(timedelta(days=399))
    assert make.client().post(f"/mails-off/{token}/").status_code == 200
    assert not alice().reminders_by_email
    clock.shift(timedelta(days=2))
    assert make.client().post(f"/mails-off/{token}/").status_code == 400


def test_a_link_that_was_mailed_before_turns_off_no_other_accounts_mails(
    telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    token = former(tokens.unsubscribe, alice())
    clock.shift(timedelta(days=1))
    another(alice())
    User.objects.update(reminders_by_email=True)
    assert make.client().post(f"/mails-off/{token}/").status_code == 400
    assert alice().reminders_by_email


def test_links_go_by_the_services_one_clock(monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller) -> None:
    """A worker whose own clock is off mails links that last as long as others."""
    token = tokens.chat_link.make(alice())
    monkeypatch.setattr("common.clock._clock.now", lambda: timezone.now() - timedelta(hours=1))
    clock.shift(timedelta(hours=1, minutes=9))
    assert tokens.chat_link.read(token, User.objects.all()) == alice()
    clock.shift(timedelta(minutes=2))
    assert tokens.chat_link.read(token, User.objects.all()) is None

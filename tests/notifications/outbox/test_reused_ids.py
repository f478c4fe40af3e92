"""After a restore, or in a new database with the same bot, ids are reused: old buttons and links must do nothing."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.db.models import F
from django.utils import timezone
from django.utils.http import int_to_base36
from pytest_django import Settings

from notifications.bot import stamps
from notifications.models import Delivery
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
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
    "chat-question": tokens.chat_question,
}


@pytest.fixture(autouse=True)
def clock(telegram: FakeTelegram) -> Iterator[time_machine.Traveller]:
    """It is 07:30; Alice registered the day before."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as traveller:
        make.person("alice", chat=True)
        traveller.move_to("2026-11-21 07:30Z")
        yield traveller


def alice() -> User:
    return User.objects.get(username="alice")


def reminded(telegram: FakeTelegram) -> tuple[Delivery, MessageRecord]:
    """Create a habit for Alice; return its sent reminder and the message in Telegram."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False):
        make.track(alice(), name="Meditate", time="07:30")
    queue_all_due()
    send_all()
    return Delivery.objects.get(kind="reminder"), telegram.messages(1001)[-1]


def restored(delivery: Delivery) -> HabitTrack:
    """Simulate a restore: another reminder, of another habit, gets the same id. Return that habit's track."""
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
def test_a_button_of_a_reminder_does_not_affect_another_reminder(
    telegram: FakeTelegram, action: str, is_old: bool
) -> None:
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


def test_an_old_button_without_a_token_does_not_affect_a_reminder_with_one(telegram: FakeTelegram) -> None:
    delivery, message = reminded(telegram)
    assert delivery.token
    assert tap(telegram, message, f"done:{delivery.pk}") == NO_LONGER


@pytest.mark.parametrize("mode", MODES)
def test_an_old_button_without_a_token_works_under_its_own_message(
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
def test_the_first_of_two_old_copies_without_a_token_works_too(telegram: FakeTelegram, is_uncertain: bool) -> None:
    delivery, message = reminded(telegram)
    Delivery.objects.update(token="", uncertain=is_uncertain, message_id=F("message_id") + 1)
    expected = "Well done!" if is_uncertain else NO_LONGER
    assert tap(telegram, message, f"done:{delivery.pk}") == expected
    Delivery.objects.update(sent_to="1002")
    assert tap(telegram, message, f"done:{delivery.pk}") == NO_LONGER


@pytest.mark.parametrize("data", ["tick:{0}:2026-11-21", "did:{0}:2026-11-21", "pause:{0}", "pause:{0}:open"])
def test_a_button_of_a_track_does_not_affect_another_track(telegram: FakeTelegram, data: str) -> None:
    """The track that has the id now also belongs to Alice and was created a microsecond later."""
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


def test_a_button_of_a_pause_does_not_end_another_pause(telegram: FakeTelegram) -> None:
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


def test_the_stop_button_does_not_disconnect_another_account(telegram: FakeTelegram) -> None:
    _, message = reminded(telegram)
    data = f"stop:{alice().pk}:{stamps.of_user(alice())}"
    User.objects.update(date_joined=F("date_joined") + timedelta(microseconds=1))
    for button in (data, f"stop:{alice().pk}"):
        assert tap(telegram, message, button) == NO_LONGER
    assert make.chat(alice()).is_connected


def test_stamps_are_the_same_after_a_restore(telegram: FakeTelegram) -> None:
    """They are computed from stored values only."""
    reminded(telegram)
    made = make.track(alice(), name="Reading")
    assert stamps.of_track(made) == stamps.of_track(HabitTrack.objects.get(pk=made.pk))
    assert len({stamps.of_track(track) for track in HabitTrack.objects.all()}) == 2
    assert all(re.fullmatch(r"[\w-]{8}", stamps.of_track(track)) for track in HabitTrack.objects.all())


# Links


def another(user: User) -> User:
    """Create the account that has the id now, equal to the old one in everything possible."""
    User.objects.filter(pk=user.pk).update(date_joined=timezone.now())
    return User.objects.get(pk=user.pk)


def former(link: LinkToken, user: User) -> str:
    """Return a token as it was made before it contained the time of registration."""
    return f"{int_to_base36(user.pk)}-{link.legacy.make_token(user)}"


@pytest.mark.parametrize("make_token", [LinkToken.make, former], ids=["now", "formerly"])
@pytest.mark.parametrize("link", LINKS.values(), ids=LINKS)
def test_a_link_does_not_work_for_another_account(
    clock: time_machine.Traveller, link: LinkToken, make_token: Callable[[LinkToken, User], str]
) -> None:
    token = make_token(link, alice())
    clock.shift(timedelta(minutes=5))
    assert link.read(token, User.objects.all()) == alice()
    another(alice())
    assert link.read(token, User.objects.all()) is None
    assert link.read(make_token(link, alice()), User.objects.all()) == alice()


def test_an_old_unsubscribe_link_works_for_a_year(telegram: FakeTelegram, clock: time_machine.Traveller) -> None:
    User.objects.update(reminders_by_email=True)
    token = former(tokens.unsubscribe, alice())
    clock.shift(timedelta(days=399))
    assert make.client().post(f"/mails-off/{token}/").status_code == 200
    assert not alice().reminders_by_email
    clock.shift(timedelta(days=2))
    assert make.client().post(f"/mails-off/{token}/").status_code == 400


def test_an_old_unsubscribe_link_does_not_work_for_another_account(
    telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    token = former(tokens.unsubscribe, alice())
    clock.shift(timedelta(days=1))
    another(alice())
    User.objects.update(reminders_by_email=True)
    assert make.client().post(f"/mails-off/{token}/").status_code == 400
    assert alice().reminders_by_email


def test_links_expire_by_the_service_clock(monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller) -> None:
    """Links mailed by a worker with a wrong machine clock last as long as others."""
    token = tokens.chat_link.make(alice())
    monkeypatch.setattr("common.clock._clock.now", lambda: timezone.now() - timedelta(hours=1))
    clock.shift(timedelta(hours=1, minutes=9))
    assert tokens.chat_link.read(token, User.objects.all()) == alice()
    clock.shift(timedelta(minutes=2))
    assert tokens.chat_link.read(token, User.objects.all()) is None

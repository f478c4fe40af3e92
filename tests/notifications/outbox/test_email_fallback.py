"""Reminders by mail, for users who enabled them and have no reachable chat."""

from collections.abc import Iterator
from datetime import timedelta
from smtplib import SMTPConnectError, SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from notifications.channels.email import EmailChannel
from notifications.channels.telegram.chats import connect_chat, disconnect_chat
from notifications.models import Delivery
from notifications.outbox import sending
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import HabitTrack
from users.models import Address, User
from users.services import request_password_reset

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(telegram: FakeTelegram) -> Iterator[HabitTrack]:
    """Alice's track with a due reminder; she enabled mails for when Telegram cannot reach her."""
    with time_machine.travel("2026-11-20 12:00Z", tick=False) as clock:
        alice = make.person("alice", chat=True)
        track = make.track(alice, time="07:30")
        send_all()
        User.objects.filter(pk=alice.pk).update(reminders_by_email=True)
        clock.move_to("2026-11-21 07:30Z")
        queue_all_due()
        mail.outbox.clear()
        yield track


def reminder() -> Delivery:
    return Delivery.objects.get(kind="reminder")


def away(*_: Any, **__: Any) -> None:
    raise SMTPConnectError(421, "away")


def mailed(due: HabitTrack) -> EmailMessage:
    """Send the reminder by mail and return the mail."""
    disconnect_chat(user=due.user)
    send_all()
    [sent] = mail.outbox
    return sent


def unsubscribe_path(sent: EmailMessage) -> str:
    """Return the path of the mail's unsubscribe link."""
    link = str(sent.extra_headers["List-Unsubscribe"])
    return link.strip("<>").removeprefix("http://localhost:8000")


def test_with_a_chat_the_reminder_goes_to_telegram(due: HabitTrack, telegram: FakeTelegram) -> None:
    send_all()
    assert (reminder().state, reminder().channel, mail.outbox) == ("sent", "telegram", [])


def test_without_a_chat_it_goes_by_mail_with_a_link_instead_of_buttons(due: HabitTrack, settings: Settings) -> None:
    disconnect_chat(user=due.user)
    send_all()
    [sent] = mail.outbox
    assert (sent.to, sent.subject) == (["alice@example.org"], "I will do ten push-ups at 07:30")
    assert "⏰ I will do ten push-ups at 07:30" in str(sent.body)
    assert settings.SITE_URL in str(sent.body)
    row = reminder()
    assert (row.state, row.channel, row.address, row.sent_to) == ("sent", "email", *["alice@example.org"] * 2)
    assert row.text == sent.body


def test_users_who_did_not_enable_mails_get_none(due: HabitTrack) -> None:
    User.objects.update(reminders_by_email=False)
    disconnect_chat(user=due.user)
    send_all()
    assert (reminder().state, reminder().reason, mail.outbox) == ("dropped", "no channel is connected", [])


def test_an_unconfirmed_address_gets_no_mail(due: HabitTrack) -> None:
    User.objects.update(confirmed_at=None)
    disconnect_chat(user=due.user)
    send_all()
    assert (reminder().state, mail.outbox) == ("dropped", [])


def test_other_kinds_of_messages_are_not_mailed(due: HabitTrack) -> None:
    disconnect_chat(user=due.user)
    Delivery.objects.filter(kind="reminder").update(kind="habit_created")
    send_all()
    assert (Delivery.objects.get(track=due, state="dropped").channel, mail.outbox) == ("telegram", [])


@pytest.mark.parametrize("fault", ["blocked", "deactivated", "chat_not_found"])
def test_after_a_permanent_error_of_the_chat_the_same_row_is_mailed(
    due: HabitTrack, telegram: FakeTelegram, fault: str
) -> None:
    telegram.fault(fault, method="sendMessage")  # type: ignore[arg-type]
    send_all()
    assert (reminder().state, reminder().channel, len(mail.outbox)) == ("sent", "email", 1)
    assert make.chat(due.user).unreachable_since is not None


def test_mails_are_sent_while_the_chat_is_unreachable_and_stop_when_it_is_connected_again(
    due: HabitTrack, telegram: FakeTelegram
) -> None:
    Address.objects.update(unreachable_since=timezone.now())
    send_all()
    assert (reminder().channel, len(mail.outbox)) == ("email", 1)
    connect_chat(user=due.user, chat_id=1001, confirmed=True, now=timezone.now())
    with time_machine.travel("2026-11-22 07:30Z", tick=False):
        queue_all_due()
        send_all()
    assert (Delivery.objects.get(day="2026-11-22").channel, len(mail.outbox)) == ("telegram", 1)


def test_while_the_mail_server_is_unavailable_a_mail_is_tried_again_until_it_expires(
    due: HabitTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    disconnect_chat(user=due.user)
    Delivery.objects.filter(kind="reminder").update(attempts=40)
    with monkeypatch.context() as patch:
        patch.setattr(EmailMessage, "send", away)
        send_all()
    assert (reminder().state, reminder().reason) == ("pending", "mail server: SMTPConnectError")
    assert timezone.now() < reminder().available_at
    with time_machine.travel("2026-11-21 08:00Z", tick=False):
        send_all()
    assert (reminder().state, len(mail.outbox)) == ("sent", 1)


def test_while_the_mail_server_is_unavailable_the_other_mails_are_not_tried_one_by_one(
    due: HabitTrack, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def count(*_: object, **__: object) -> None:
        tried.append(_)
        away()

    disconnect_chat(user=due.user)
    make.person("bob")
    make.person("charlie")
    Delivery.objects.filter(kind="email_confirmation").update(state="pending")
    User.objects.exclude(pk=due.user_id).update(confirmed_at=None)
    monkeypatch.setattr(EmailMessage, "send", count)
    send_all()
    assert len(tried) == 1
    assert Delivery.objects.filter(reason="the mail server is unavailable", attempts=0).count() == 2


def test_a_link_that_opens_the_account_is_not_stored(due: HabitTrack) -> None:
    request_password_reset(email="alice@example.org", now=timezone.now())
    send_all()
    assert "/reset/" in str(mail.outbox[-1].body)
    assert Delivery.objects.get(kind="password_reset").text == "Choose a new password"


def test_a_slow_mail_server_does_not_delay_chats(due: HabitTrack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails that do not fit into the time limit wait until newer messages to chats have been sent."""
    disconnect_chat(user=due.user)
    request_password_reset(email="alice@example.org", now=timezone.now())
    monkeypatch.setattr(EmailChannel, "max_batch_time", timedelta(0))
    monkeypatch.setattr(sending, "MAX_COMPOSED_AGE", -1.0)  # a slow mail also outlasts the last check of the others
    assert sending.send_batch(now=timezone.now()) == 2
    assert len(mail.outbox) == 1
    waiting = Delivery.objects.get(state="pending")
    assert (waiting.reason, waiting.attempts, waiting.lease) == ("waits for its turn", 0, None)
    with time_machine.travel("2026-11-21 07:31Z", tick=False):
        send_all()
    assert len(mail.outbox) == 2


def test_a_mail_with_a_permanent_error_fails(due: HabitTrack, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SMTPRecipientsRefused({"alice@example.org": (550, b"no such user")})

    disconnect_chat(user=due.user)
    monkeypatch.setattr(EmailMessage, "send", refuse)
    send_all()
    assert (reminder().state, reminder().reason) == ("failed", "refused: [550]")


@pytest.mark.parametrize(("code", "state"), [(554, "failed"), (451, "pending")])
def test_a_mail_refused_for_its_content_does_not_delay_others(
    due: HabitTrack, monkeypatch: pytest.MonkeyPatch, code: int, state: str
) -> None:
    refuse_to(monkeypatch, "alice@example.org", SMTPDataError(code, b"spam"))
    disconnect_chat(user=due.user)
    request_password_reset(email=make.person("bob").email, now=timezone.now())
    send_all()
    assert (reminder().state, reminder().reason, reminder().uncertain) == (state, f"refused: [{code}]", False)
    assert Delivery.objects.get(kind="password_reset").state == "sent"


def test_a_broken_connection_leaves_a_mail_uncertain(due: HabitTrack, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to(monkeypatch, "alice@example.org", SMTPServerDisconnected("Connection unexpectedly closed"))
    disconnect_chat(user=due.user)
    send_all()
    assert (reminder().state, reminder().uncertain) == ("pending", True)


@pytest.mark.parametrize("error", [OSError("no route"), SMTPConnectError(421, "busy")])
def test_a_mail_is_not_uncertain_if_the_mail_server_cannot_be_reached(
    due: HabitTrack, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(_: object) -> bool:
        raise error

    monkeypatch.setattr(EmailBackend, "open", refuse)
    disconnect_chat(user=due.user)
    send_all()
    assert (reminder().state, reminder().uncertain) == ("pending", False)
    assert reminder().reason == f"mail server: {type(error).__name__}"


def test_a_mail_that_cannot_be_built_does_not_affect_others(due: HabitTrack, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_to(monkeypatch, "alice@example.org", ValueError("no such header"))
    disconnect_chat(user=due.user)
    request_password_reset(email=make.person("bob").email, now=timezone.now())
    send_all()
    assert (reminder().state, reminder().reason) == ("pending", "internal error: ValueError")
    assert Delivery.objects.get(kind="password_reset").state == "sent"


def refuse_to(monkeypatch: pytest.MonkeyPatch, address: str, error: Exception) -> None:
    """Refuse mails to one address; accept all others."""
    send = EmailMessage.send

    def refuse(message: EmailMessage, *given: Any, **options: Any) -> int:
        if address in message.to:
            raise error
        return send(message, *given, **options)

    monkeypatch.setattr(EmailMessage, "send", refuse)


class TestUnsubscribing:
    """Mails are enabled in the profile and ended there, by a link, or by the mail program."""

    def test_mails_are_off_until_the_user_enables_them(self, due: HabitTrack) -> None:
        User.objects.update(reminders_by_email=False)
        api = make.client(due.user)
        assert api.get("/api/users/me/").json()["reminders_by_email"] is False
        assert api.patch("/api/users/me/", {"reminders_by_email": True}).json()["reminders_by_email"] is True
        assert mailed(due).to == ["alice@example.org"]

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("en", ("Tick it off here:\n", "To stop these mails:\n", "Stop reminder e-mails")),
            ("ru", ("Отметить здесь:\n", "Отписаться от этих писем:\n", "Отписаться от напоминаний по почте")),
        ],
    )
    def test_each_mail_has_an_unsubscribe_link_in_the_users_language(
        self, due: HabitTrack, client: Client, settings: Settings, language: str, words: tuple[str, str, str]
    ) -> None:
        User.objects.update(language=language)
        sent = mailed(due)
        tick, end, title = words
        assert f"{tick}{settings.SITE_URL}\n\n{end}{settings.SITE_URL}{unsubscribe_path(sent)}" in str(sent.body)
        assert title in client.get(unsubscribe_path(sent)).content.decode()
        assert User.objects.get(pk=due.user_id).reminders_by_email  # a GET request changes nothing
        assert client.post(unsubscribe_path(sent)).status_code == 200
        assert not User.objects.get(pk=due.user_id).reminders_by_email

    def test_a_mail_program_can_unsubscribe_more_than_once(self, due: HabitTrack) -> None:
        sent = mailed(due)
        assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        program = Client(enforce_csrf_checks=True)
        for _ in range(2):
            assert program.post(unsubscribe_path(sent), {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert not User.objects.get(pk=due.user_id).reminders_by_email

    def test_the_link_works_for_a_year_and_only_for_its_user(self, due: HabitTrack, client: Client) -> None:
        path = unsubscribe_path(mailed(due))
        bob = make.person("bob", reminders_by_email=True)
        forged = path.replace("unsubscribe/", "unsubscribe/1")
        with time_machine.travel("2027-11-20 12:00Z", tick=False):
            assert client.post(forged).status_code == 400
            assert User.objects.get(pk=due.user_id).reminders_by_email
            assert client.post(path).status_code == 200
        assert list(User.objects.filter(reminders_by_email=True)) == [bob]

    def test_waiting_mails_are_dropped_after_unsubscribing(
        self, due: HabitTrack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(EmailMessage, "send", away)
            disconnect_chat(user=due.user)
            send_all()
        User.objects.update(reminders_by_email=False)
        with time_machine.travel("2026-11-21 08:00Z", tick=False):
            send_all()
        assert (reminder().state, reminder().reason, mail.outbox) == ("dropped", "mails are turned off", [])

    def test_a_waiting_mail_goes_to_the_current_address(self, due: HabitTrack, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(EmailMessage, "send", away)
            disconnect_chat(user=due.user)
            send_all()
        User.objects.update(email="alice@example.net")
        with time_machine.travel("2026-11-21 08:00Z", tick=False):
            send_all()
        assert (mail.outbox[0].to, reminder().address) == (["alice@example.net"], "alice@example.net")

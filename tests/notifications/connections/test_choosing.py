"""A user's order of channels, and which kind of message goes where."""

from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings
from rest_framework.test import APIClient

from notifications.models import Delivery
from notifications.outbox import recipients
from notifications.tasks import send_all
from tests import make
from tests.fake_ntfy import FakeServer
from tests.fake_telegram import FakeTelegram
from tests.notifications.channels.conftest import reminder
from tracking.models import HabitTrack
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(due: HabitTrack, telegram: FakeTelegram) -> User:
    """Alice, with a due reminder, ntfy and a chat."""
    return make.connect(due.user, 1001)


def choose(user: User, **choices: Any) -> dict[str, Any]:
    answer = make.client(user).put("/api/channels/", choices)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_without_a_choice_the_order_is_the_services(both: User, telegram: FakeTelegram, server: FakeServer) -> None:
    send_all()
    assert (reminder().channel, len(telegram.messages(1001)), server.texts) == ("telegram", 1, [])


def test_messages_go_to_the_first_channel_in_the_users_order(
    both: User, telegram: FakeTelegram, server: FakeServer
) -> None:
    chosen = choose(both, order=["ntfy"])
    assert chosen["order"][:2] == ["ntfy", "telegram"] and chosen["order"][-1] == "email"
    send_all()
    assert (reminder().channel, len(server.texts), telegram.messages(1001)) == ("ntfy", 1, [])


def test_what_the_first_channel_refuses_for_good_goes_to_the_next_in_the_users_order(
    both: User, telegram: FakeTelegram, server: FakeServer
) -> None:
    choose(both, order=["ntfy", "telegram"])
    server.refuse(403)
    send_all()
    row = reminder()
    assert (row.state, row.channel, row.uncertain, len(telegram.messages(1001))) == ("sent", "telegram", False, 1)
    api = make.client(both)
    [ntfy] = [each for each in api.get("/api/channels/").json()["channels"] if each["name"] == "ntfy"]
    assert ntfy["unreachable_since"] is not None


def test_mail_may_come_first_for_those_who_want_it(both: User, server: FakeServer, telegram: FakeTelegram) -> None:
    choose(both, order=["email", "ntfy"])
    User.objects.update(reminders_by_email=True)
    mail.outbox.clear()
    send_all()
    assert (reminder().channel, len(mail.outbox), server.texts) == ("email", 1, [])


def test_a_kind_goes_only_to_the_channels_that_the_user_chose_for_it(
    both: User, telegram: FakeTelegram, server: FakeServer
) -> None:
    chosen = choose(both, kinds={"reminders": ["ntfy"], "news": []})
    assert chosen["kinds"]["reminders"] == ["ntfy"]
    assert chosen["kinds"]["digest"] == chosen["order"]
    make.habit(User.objects.get(pk=both.pk), name="Read")
    assert not Delivery.objects.filter(kind="habit_created").exists()
    send_all()
    assert (reminder().channel, len(server.texts), telegram.messages(1001)) == ("ntfy", 1, [])


def test_what_is_left_out_stays(both: User) -> None:
    choose(both, order=["ntfy"], kinds={"news": ["telegram"]}, quiet_hours={"start": "22:00", "end": "07:00"})
    chosen = choose(both, kinds={"digest": ["ntfy"]})
    assert chosen["kinds"]["news"] == ["telegram"] and chosen["order"][0] == "ntfy"
    assert chosen["quiet_hours"] == {"start": "22:00:00", "end": "07:00:00"}
    assert choose(both, quiet_hours=None)["quiet_hours"] is None


def test_what_was_read_can_be_sent_back(both: User) -> None:
    api = make.client(both)
    before = api.get("/api/channels/").json()
    assert api.put("/api/channels/", before).json() == before


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"order": ["ntfy", "ntfy"]}, ("repeated", "order")),
        ({"order": ["pigeon"]}, ("invalid_choice", "order.0")),
        ({"kinds": {"rumours": []}}, ("unknown_field", "kinds.rumours")),
        ({"quiet_hours": {"start": "22:00", "end": "22:00"}}, ("no_time", "quiet_hours")),
        ({"quiet_hours": {"start": "22:00"}}, ("required", "quiet_hours.end")),
    ],
)
def test_choices_that_mean_nothing_are_refused(api: APIClient, given: dict[str, Any], refused: Any) -> None:
    assert make.refused(api.put("/api/channels/", given)) == [refused]


def test_the_rule_of_order_and_kinds_runs_no_query_for_loaded_addresses(
    both: User, django_assert_num_queries: Any, settings: Settings
) -> None:
    choose(both, order=["ntfy", "telegram"], kinds={"digest": ["telegram"]})
    [row] = recipients.load(Delivery.objects.filter(kind="reminder"))
    with django_assert_num_queries(0):
        assert row.user is not None
        found = [each.channel for each in recipients.addresses_for(row.user, "reminder")]
        assert found == ["ntfy", "telegram"]
        assert [each.channel for each in recipients.addresses_for(row.user, "digest")] == ["telegram"]

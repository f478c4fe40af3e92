"""The archive of webhooks: what goes there, how it is shown and sent again, and how it ends."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from integrations import tasks
from integrations.models import ArchivedWebhook, Change, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import archive, rules, services
from tests import make
from tests.integrations.webhooks.conftest import NOW
from tests.integrations.webhooks.receiver import Receiver, Reply
from tracking.models import HabitTrack
from users import services as users
from users.models import User

HOOKS = "/api/webhooks/"
DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(alice: User, endpoint: WebhookEndpoint) -> HabitTrack:
    WebhookEndpoint.objects.update(events=["log.set"])
    return make.track(User.objects.get(pk=alice.pk))


def nightly(clock: Any, *, days: int) -> None:
    for _ in range(days):
        clock.shift(DAY)
        tasks.forget_old_changes()


def tell(track: HabitTrack, day: int, **fields: Any) -> None:
    make.log(track, NOW.date() - day * DAY, **fields)
    tasks.tell_programs()


def test_webhooks_that_were_taken_three_days_ago_are_moved_and_failed_ones_stay(
    endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    receiver.reply = lambda came: Reply(422 if b"poison" in came.body else 200)
    tell(track, 0)
    tell(track, 1, note="poison")
    nightly(clock, days=2)
    tell(track, 2)
    assert not ArchivedWebhook.objects.exists()
    nightly(clock, days=2)
    assert [each.state for each in ArchivedWebhook.objects.all()] == ["sent"]
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == ["pending", "sent"]


def test_attempts_are_shown_and_events_sent_again_wherever_their_webhook_is(
    api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    tell(track, 0)
    tell(track, 1)
    before = api.get(f"{HOOKS}{endpoint.pk}/attempts/").json()
    assert before["count"] == 2 and {each["type"] for each in before["results"]} == {"log.set"}
    nightly(clock, days=4)
    assert (WebhookDelivery.objects.count(), ArchivedWebhook.objects.count()) == (0, 2)
    assert api.get(f"{HOOKS}{endpoint.pk}/attempts/").json() == before
    [second, first] = receiver.received[::-1]
    assert api.post(f"{HOOKS}{endpoint.pk}/enable/").json() == {"queued": 0}  # it missed nothing
    for replay, ids in (({"event": first.id}, [first.id]), ({"since": NOW.isoformat()}, [first.id, second.id])):
        receiver.received.clear()
        assert api.post(f"{HOOKS}{endpoint.pk}/replay/", replay).json() == {"queued": len(ids)}
        tasks.tell_programs()
        assert sorted(each.id for each in receiver.received) == sorted(ids)
    assert {each.body for each in receiver.received} == {first.body, second.body}
    assert (WebhookDelivery.objects.count(), ArchivedWebhook.objects.count()) == (2, 0)


def test_an_endpoint_that_was_off_gets_what_it_missed_and_nothing_that_it_has(
    api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    tell(track, 0)
    receiver.answer(410)
    tell(track, 1)
    receiver.answer(200)
    nightly(clock, days=4)
    assert ArchivedWebhook.objects.count() == 1
    receiver.received.clear()
    assert api.post(f"{HOOKS}{endpoint.pk}/enable/").json() == {"queued": 1}
    tasks.tell_programs()
    [came] = receiver.received
    assert str(NOW.date() - DAY) in came.body.decode()


def test_when_a_change_is_forgotten_nothing_of_its_webhook_is_found(
    api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    tell(track, 0)
    nightly(clock, days=4)
    Change.objects.filter(type="log.set").delete()  # as when a grant ends
    assert api.get(f"{HOOKS}{endpoint.pk}/attempts/").json()["results"] == []
    assert api.post(f"{HOOKS}{endpoint.pk}/replay/", {"since": NOW.isoformat()}).json() == {"queued": 0}


def test_a_deleted_account_and_an_ended_endpoint_leave_nothing(
    alice: User, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    tell(track, 0)
    other = services.create(user=alice, name="Other", url=receiver.url, events=["log.set"], now=timezone.now()).endpoint
    tell(track, 1)
    nightly(clock, days=4)
    assert ArchivedWebhook.objects.count() == 3
    services.end(user=alice, endpoint_id=other.pk, now=timezone.now())
    nightly(clock, days=3)
    assert {each.endpoint_id for each in ArchivedWebhook.objects.all()} == {endpoint.pk}
    users.remove_account(user=User.objects.get(pk=alice.pk), now=timezone.now())
    assert not ArchivedWebhook.objects.exists() and not WebhookAttempt.objects.exists()


def test_old_attempts_and_archived_webhooks_are_deleted(
    endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    tell(track, 0)
    nightly(clock, days=4)
    assert ArchivedWebhook.objects.exists() and WebhookAttempt.objects.exists()
    nightly(clock, days=61)  # at most a month longer than they are kept
    assert not ArchivedWebhook.objects.exists() and not WebhookAttempt.objects.exists()


@pytest.mark.engine("postgresql", reason="PostgreSQL divides the tables by month")
def test_attempts_go_to_their_month_which_is_dropped_as_a_table(
    endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    nightly(clock, days=1)
    assert "integrations_webhookattempt_2026_11" in archive.ATTEMPTS.partitions()
    tell(track, 0)
    assert archive.ATTEMPTS.count_outside() == 0 and WebhookAttempt.objects.count() == 1
    clock.move_to(make.utc("2026-12-30 04:00"))
    services.forget_old(now=timezone.now(), may_go_on=lambda: True)
    assert WebhookAttempt.objects.count() == 1  # until its month is older than 30 days
    clock.shift(rules.ATTEMPTS_KEPT_FOR)
    services.forget_old(now=timezone.now(), may_go_on=lambda: True)
    assert not WebhookAttempt.objects.exists()
    assert "integrations_webhookattempt_2026_11" not in archive.ATTEMPTS.partitions()

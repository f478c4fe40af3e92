"""Web Push: what a browser shows, several browsers of a user, and what each answer of a push service means."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from common.redis import connection
from notifications.channels.webpush import rules, vapid
from notifications.channels.webpush.rules import Outcome
from notifications.models import Delivery, PushSubscription, VapidKey
from notifications.outbox import sending
from notifications.reminders.ticking import queue_all_due
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.notifications.channels.conftest import EVENING, MORNING, reminder
from tests.notifications.channels.fake_push import Browser, FakePush, verified
from tracking.models import HabitLog, HabitTrack
from users import export
from users.models import Address, User

pytestmark = pytest.mark.django_db

POINT = urlsafe_b64encode(b"\x04" + bytes(64)).decode().rstrip("=")  # as long as a browser's key


@pytest.fixture
def api(clock: Any, alice: User) -> APIClient:
    return make.client(alice)


@pytest.fixture
def laptop(push: FakePush, api: APIClient) -> Browser:
    return subscribe(api, push, "laptop")


@pytest.fixture
def due(laptop: Browser, alice: User, clock: Any) -> HabitTrack:
    track = make.track(alice, time="07:30", schedule={"frequency": "daily", "daily_amount": 10, "unit": "pages"})
    Delivery.objects.all().delete()
    clock.move_to(MORNING)
    queue_all_due()
    return track


def subscribe(api: APIClient, push: FakePush, name: str) -> Browser:
    made = push.browser(name)
    answer = api.post("/api/push/subscriptions/", made.subscription)
    assert answer.status_code == 201, answer.content
    return made


def address() -> Address:
    return Address.objects.get(channel="webpush")


def names() -> list[str]:
    return [each.push_url.rpartition("/")[2] for each in PushSubscription.objects.order_by("pk")]


def test_a_browser_shows_title_text_and_buttons(
    due: HabitTrack, laptop: Browser, push: FakePush, settings: Settings, api: APIClient
) -> None:
    send_all()
    [shown] = laptop.shown
    assert (shown["title"], shown["body"]) == ("⏰ I will do ten push-ups at 07:30", "10 pages")
    assert (shown["url"], [each["action"] for each in shown["actions"]]) == (settings.SITE_URL, ["done", "later"])
    [headers] = laptop.headers
    assert (headers["ttl"], headers["urgency"], headers["topic"]) == ("7200", "high", shown["tag"])
    assert len(headers["topic"]) == 32
    claims = verified(headers["authorization"], push.url)
    assert claims["k"] == api.get("/api/push/key/").json()["key"]
    assert claims["sub"].startswith("mailto:") and claims["exp"] == (MORNING + timedelta(hours=12)).timestamp()
    assert (reminder().state, reminder().channel) == ("sent", "webpush")


def test_done_and_later_work_once_without_a_session(
    due: HabitTrack, laptop: Browser, settings: Settings, clock: Any
) -> None:
    send_all()
    done, later = (each["url"].removeprefix(settings.SITE_URL) for each in laptop.shown[0]["actions"])
    worker = make.client()
    assert worker.get(done).status_code == 200 and not HabitLog.objects.exists()
    answer = worker.post(later).json()
    assert (answer["acted"], answer["later_at"]) == (True, "2026-11-21T08:30:00+00:00")
    assert worker.post(done).json()["errors"][0]["code"] == "already_used"
    clock.move_to(MORNING + timedelta(hours=1))
    send_all()
    done = laptop.shown[1]["actions"][0]["url"].removeprefix(settings.SITE_URL)
    assert worker.post(done).json()["acted"] and HabitLog.objects.get().status == "completed"


def test_every_browser_of_the_user_gets_a_message(
    due: HabitTrack, laptop: Browser, push: FakePush, api: APIClient
) -> None:
    phone = subscribe(api, push, "phone")
    send_all()
    assert (len(laptop.shown), len(phone.shown)) == (1, 1)
    listed = api.get("/api/push/subscriptions/").json()["results"]
    assert [set(each) for each in listed] == [{"id", "device", "created_at"}] * 2


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_removed_and_the_others_stay(
    due: HabitTrack, laptop: Browser, push: FakePush, api: APIClient, status: int
) -> None:
    phone = subscribe(api, push, "phone")
    push.statuses["/laptop"] = [status]
    send_all()
    assert (names(), len(phone.shown), reminder().state) == (["phone"], 1, "sent")
    assert address().unreachable_since is None


def test_without_any_browser_the_user_is_unreachable_until_one_subscribes_again(
    due: HabitTrack, push: FakePush, api: APIClient
) -> None:
    push.statuses["/laptop"] = [410]
    send_all()
    assert (names(), reminder().state) == ([], "failed")
    assert address().unreachable_since == MORNING
    subscribe(api, push, "laptop")
    assert address().unreachable_since is None


def test_what_no_browser_takes_goes_to_the_next_channel(
    due: HabitTrack, push: FakePush, telegram: FakeTelegram, api: APIClient
) -> None:
    make.connect(due.user, 1001)
    api.put("/api/channels/", {"order": ["webpush", "telegram"]})
    push.statuses["/laptop"] = [410]
    send_all()
    assert (reminder().channel, len(telegram.messages(1001)), names()) == ("telegram", 1, [])


def test_a_chat_that_refuses_but_was_connected_by_a_fast_clock_leaves_a_reminder_to_the_next_channel(
    due: HabitTrack, laptop: Browser, telegram: FakeTelegram, clock: Any, api: APIClient
) -> None:
    make.connect(due.user, 1001)
    api.put("/api/channels/", {"order": ["telegram", "webpush"]})
    Address.objects.filter(channel="telegram").update(connected_at=MORNING + timedelta(hours=4))
    telegram.set_status(1001, "deactivated")
    assert sending.send_batch(now=MORNING) == 1 and sending.send_batch(now=MORNING) == 0
    assert (reminder().state, reminder().attempts, reminder().channel) == ("pending", 1, "webpush")
    clock.move_to(reminder().available_at)
    send_all()
    assert (reminder().state, len(laptop.shown)) == ("sent", 1)


def test_where_push_services_do_not_accept_the_installation_another_channel_takes_the_message(
    due: HabitTrack, laptop: Browser, push: FakePush, alice: User, telegram: FakeTelegram
) -> None:
    make.connect(alice, 1001)
    make.client(alice).put("/api/channels/", {"order": ["webpush", "telegram"]})
    push.statuses["/laptop"] = [403]
    send_all()
    assert (reminder().state, reminder().channel, len(telegram.messages(1001))) == ("sent", "telegram", 1)
    assert (address().unreachable_since, names()) == (None, ["laptop"])


@pytest.mark.parametrize("status", [401, 403])
def test_where_push_services_do_not_accept_the_installation_messages_wait_and_its_operator_is_told(
    due: HabitTrack,
    laptop: Browser,
    push: FakePush,
    clock: Any,
    caplog: pytest.LogCaptureFixture,
    status: int,
) -> None:
    push.statuses["/laptop"] = [status]
    send_all()
    assert (reminder().state, reminder().waits_for, reminder().attempts) == ("pending", "chat", 1)
    assert (address().unreachable_since, names()) == (None, ["laptop"])
    [logged] = [each for each in caplog.records if each.levelname == "ERROR"]
    assert f"push service answered {status}" in logged.message and "check the server's clock" in logged.message
    clock.move_to(reminder().available_at)
    connection().flushdb()  # whose clock tests do not move
    send_all()
    assert (reminder().state, len(laptop.shown)) == ("sent", 1)


@pytest.mark.parametrize(
    ("status", "accepts", "state", "uncertain", "waits_for"),
    [
        (429, False, "pending", False, "chat"),
        (413, False, "failed", False, ""),
        (500, False, "pending", True, ""),
        (503, True, "pending", True, ""),
        (307, False, "pending", True, ""),
        ("cut", True, "pending", True, ""),
    ],
)
def test_what_a_push_service_answers(
    due: HabitTrack,
    push: FakePush,
    status: int | str,
    accepts: bool,
    state: str,
    uncertain: bool,
    waits_for: str,
) -> None:
    push.statuses["/laptop"], push.is_accepting_failures = [status], accepts
    push.retry_after = "600" if status == 429 else ""
    send_all()
    row = reminder()
    assert (row.state, row.uncertain, row.waits_for) == (state, uncertain, waits_for)
    if status == 429:
        assert (row.available_at - MORNING).total_seconds() == 600


def test_one_browser_that_has_it_is_enough_so_that_none_gets_it_twice() -> None:
    assert rules.overall([Outcome.UNCERTAIN, Outcome.SENT, Outcome.GONE]) == Outcome.SENT
    assert rules.overall([Outcome.GONE, Outcome.UNCERTAIN, Outcome.AWAY]) == Outcome.UNCERTAIN
    assert rules.overall([Outcome.GONE, Outcome.LATER]) == Outcome.LATER
    assert rules.overall([Outcome.GONE, Outcome.REFUSED, Outcome.FORBIDDEN]) == Outcome.FORBIDDEN
    assert rules.overall([Outcome.GONE, Outcome.GONE]) == rules.overall([]) == Outcome.GONE


def test_a_later_reminder_of_a_track_replaces_the_earlier_and_of_another_track_does_not() -> None:
    assert rules.topic_of("track:1") == rules.topic_of("track:1") != rules.topic_of("track:2")


def test_the_key_is_made_once(api: APIClient) -> None:
    first = vapid.load(now=EVENING)
    assert vapid.load(now=MORNING) == first
    assert api.get("/api/push/key/").json() == {"key": first.public}
    assert VapidKey.objects.count() == 1


def test_subscribing_again_changes_nothing_and_the_ninth_replaces_the_oldest(push: FakePush, api: APIClient) -> None:
    for number in range(rules.MAX_SUBSCRIPTIONS + 1):
        for _ in range(2):
            subscribe(api, push, f"browser-{number}")
    assert names() == [f"browser-{number}" for number in range(1, rules.MAX_SUBSCRIPTIONS + 1)]


def test_a_browser_is_of_who_uses_it_now_and_only_the_browser_can_change_that(
    laptop: Browser, push: FakePush, api: APIClient, bob: User
) -> None:
    others = make.client(bob)
    forged = {**laptop.subscription, "keys": {**laptop.subscription["keys"], "auth": "A" * 22}}
    assert make.refused(others.post("/api/push/subscriptions/", forged)) == [("address_taken", "endpoint")]
    assert others.post("/api/push/subscriptions/", laptop.subscription).status_code == 201
    assert (PushSubscription.objects.get().user, api.get("/api/push/subscriptions/").json()["count"]) == (bob, 0)
    assert Address.objects.get(user__username="alice", channel="webpush").address is None


def test_unsubscribing_the_last_browser_disconnects_the_channel(laptop: Browser, api: APIClient, bob: User) -> None:
    pk = PushSubscription.objects.get().pk
    assert make.client(bob).delete(f"/api/push/subscriptions/{pk}/").status_code == 404
    assert api.delete(f"/api/push/subscriptions/{pk}/").status_code == 204
    assert address().address is None


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({"endpoint": "https://127.0.0.1:22/x"}, ("port_not_allowed", "endpoint")),
        ({"endpoint": "gopher://push.example.org/x"}, ("invalid_url", "endpoint")),
        ({"keys": {"p256dh": "BA", "auth": "A" * 22}}, ("invalid_key", "p256dh")),
        ({"keys": {"p256dh": "!" * 87, "auth": "A" * 22}}, ("invalid_key", "p256dh")),
        ({"keys": {"p256dh": POINT, "auth": "A" * 20}}, ("invalid_key", "auth")),
        ({"keys": {"p256dh": POINT, "auth": "A" * 24}}, ("invalid_key", "auth")),
    ],
)
def test_what_is_no_subscription_is_refused(
    push: FakePush, api: APIClient, settings: Settings, change: dict[str, Any], refused: tuple[str, str]
) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    given = {**push.browser("x").subscription, "endpoint": "https://push.example.org/x"} | change
    assert make.refused(api.post("/api/push/subscriptions/", given)) == [refused]


def test_no_address_of_the_operators_network_is_called(due: HabitTrack, laptop: Browser, settings: Settings) -> None:
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    send_all()
    assert (reminder().state, laptop.shown) == ("failed", [])


def test_a_key_that_is_no_point_of_the_curve_ends_its_subscription(due: HabitTrack, laptop: Browser) -> None:
    PushSubscription.objects.update(public_key=urlsafe_b64encode(b"\x04" + b"\x01" * 64).decode())
    send_all()
    assert (names(), reminder().state) == ([], "failed")


def test_addresses_and_secrets_of_browsers_are_in_no_answer_and_no_export(
    laptop: Browser, push: FakePush, api: APIClient, alice: User
) -> None:
    shown = [api.get(path).content.decode() for path in ("/api/push/subscriptions/", "/api/channels/")]
    shown.append("".join(export.as_json(alice, now=EVENING)))
    for secret in (push.url, laptop.subscription["keys"]["auth"]):
        assert all(secret not in text for text in shown)

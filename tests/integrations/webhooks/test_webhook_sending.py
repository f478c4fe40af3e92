"""Sending of webhooks: signatures, retries, the breaker, being told of failures, replay."""

import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.db import OperationalError, transaction
from django.utils import timezone
from rest_framework.test import APIClient
from standardwebhooks import Webhook, WebhookVerificationError

from common import stopping
from common.outbound import connector
from integrations import tasks
from integrations.changes import services as changes
from integrations.models import Change, WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.webhooks import outbox, queries, rules, sending, services
from integrations.webhooks.queueing import queue_for_endpoints
from notifications.models import Delivery
from notifications.monitoring import heartbeats, liveness
from tests import make
from tests.integrations.webhooks.conftest import ALL, NOW
from tests.integrations.webhooks.receiver import Received, Receiver, Reply
from tracking.models import HabitTrack
from users.models import User

HOOKS = "/api/webhooks/"
TODAY, SECOND, HOUR, DAY = NOW.date(), timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
TAKEN, REFUSED = outbox.Result(200, "", "", 1), outbox.Result(500, "answered 500", "", 1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def track(alice: User, endpoint: WebhookEndpoint, receiver: Receiver) -> HabitTrack:
    """Alice's track; its program was told of it."""
    track = make.track(User.objects.get(pk=alice.pk))
    tasks.tell_programs()
    receiver.received.clear()
    return track


def fresh(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(pk=endpoint.pk)


def pass_time(clock: Any, until: datetime) -> None:
    """Let time pass as a worker sees it: a tick at each moment at which something can be sent."""
    while (at := queries.next_at(now=timezone.now())) is not None and at <= until:
        clock.move_to(at)
        tasks.tell_programs()
    clock.move_to(until)
    tasks.tell_programs()


class TestForm:
    def test_a_webhook_is_signed_as_standard_webhooks_says(
        self, api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
    ) -> None:
        make.log(track, TODAY, note="до завтрака")
        tasks.tell_programs()
        first = receiver.received[0]
        verified = Webhook(endpoint.signing_secret).verify(first.body, dict(first.headers))
        assert re.fullmatch(r"evt_[0-9a-f]{32}", first.id)
        assert first.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        assert first.headers["content-type"] == "application/json"
        position = verified["sequence"] - 1
        assert api.get("/api/changes/", {"after": position, "limit": 1}).json()["results"] == [verified]
        assert first.id == verified["id"]

    def test_while_a_secret_is_rotated_both_sign(
        self, api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        new = api.post(f"{HOOKS}{endpoint.pk}/rotate/").json()["secret"]
        make.log(track, TODAY)
        tasks.tell_programs()
        for secret in (endpoint.signing_secret, new):
            Webhook(secret).verify(receiver.received[-1].body, dict(receiver.received[-1].headers))
        clock.shift(rules.ROTATION)
        make.log(track, TODAY, status="skipped")
        tasks.tell_programs()
        last = receiver.received[-1]
        Webhook(new).verify(last.body, dict(last.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(endpoint.signing_secret).verify(last.body, dict(last.headers))

    def test_an_endpoint_gets_what_it_chose(
        self, api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
    ) -> None:
        api.patch(f"{HOOKS}{endpoint.pk}/", {"events": ["streak.extended"]})
        make.log(track, TODAY)
        tasks.tell_programs()
        assert receiver.types == ["streak.extended"]

    def test_nothing_of_another_person_is_sent(
        self, bob: User, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
    ) -> None:
        changes.start_recording(user=bob, now=NOW)
        make.log(make.track(User.objects.get(pk=bob.pk)), TODAY)
        tasks.tell_programs()
        assert receiver.received == [] and Change.objects.filter(user=bob, sequence__isnull=False).exists()

    def test_a_test_event_goes_to_this_webhook_alone(
        self, api: APIClient, endpoint: WebhookEndpoint, receiver: Receiver
    ) -> None:
        services.create(user=endpoint.user, name="Other", url=f"{receiver.url}/other", events=ALL, now=NOW)
        answer = api.post(f"{HOOKS}{endpoint.pk}/test/")
        tasks.tell_programs()
        [came] = receiver.received
        assert answer.status_code == 202 and answer.json() == {"event": came.id}
        assert (came.path, came.event["type"]) == ("/hook", "webhook.test")

    def test_the_documented_receiver_verifies_a_webhook(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
    ) -> None:
        text = (Path(project_settings.BASE_DIR) / "docs/webhooks.md").read_text(encoding="utf-8")
        code = text.partition("```python\n")[2].partition("```")[0].replace("whsec_…", endpoint.signing_secret)
        names: dict[str, Any] = {}
        exec(code, names)  # the example of the page
        make.log(track, TODAY)
        tasks.tell_programs()
        first = receiver.received[0]
        assert names["receive"](dict(first.headers), first.body) == 204
        assert names["receive"](dict(first.headers), first.body) == 204
        assert names["receive"](dict(first.headers), first.body + b" ") == 400
        assert names["seen"] == {first.id}


class TestRetries:
    def test_a_webhook_that_fails_is_tried_ten_times_over_75_hours(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        receiver.answer(500, b"no")
        times: list[datetime] = []
        receiver.reply = lambda _: times.append(timezone.now()) or Reply(500, b"no")  # type: ignore[func-returns-value]
        make.log(track, TODAY)
        tasks.tell_programs()
        pass_time(clock, NOW + 100 * HOUR)
        assert len(times) == 10 and len({each.id for each in receiver.received}) == 1
        waits = [later - earlier for earlier, later in pairwise(times)]
        for wait, planned in zip(waits, rules.RETRIES, strict=True):
            assert planned <= wait <= planned * (1 + rules.JITTER)
        assert timedelta(hours=75) <= times[-1] - times[0] <= timedelta(hours=84)
        delivery = WebhookDelivery.objects.get(change__type="log.set")
        assert (delivery.state, delivery.reason) == ("failed", "answered 500")
        assert {(each.status, each.answer) for each in WebhookAttempt.objects.filter(delivery=delivery)} == {
            (500, "no")
        }

    def test_a_redirect_is_a_failure_and_not_followed(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        receiver.answer(307, location=f"{receiver.url}/elsewhere")
        make.log(track, TODAY)
        tasks.tell_programs()
        assert [each.path for each in receiver.received] == ["/hook"]
        assert WebhookDelivery.objects.get(change__type="log.set").reason == "answered 307"

    @pytest.mark.parametrize(("status", "attempts"), [(429, 0), (503, 1)])
    def test_retry_after_is_obeyed(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any, status: int, attempts: int
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        receiver.answer(status, retry_after="600")
        make.log(track, TODAY)
        tasks.tell_programs()
        receiver.answer(200)
        clock.move_to(NOW + 599 * SECOND)
        make.log(track, TODAY, status="skipped")
        tasks.tell_programs()
        assert len(receiver.received) == 1
        assert WebhookDelivery.objects.filter(attempts=attempts, reason=f"answered {status}").count() == 1
        clock.move_to(NOW + 601 * SECOND)
        tasks.tell_programs()
        assert len(receiver.received) == 3

    def test_a_failure_counts_whatever_its_retry_after_is(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        receiver.answer(503, retry_after="Fri, 31 Dec 99999999999 23:59:59 GMT")
        make.log(track, TODAY)
        tasks.tell_programs()
        assert WebhookDelivery.objects.filter(attempts=1, reason="answered 503").count() == 1
        assert (fresh(endpoint).failures, fresh(endpoint).failing_since) == (1, NOW)

    @pytest.mark.parametrize("reply", [Reply(cut=True), Reply(404), Reply(500, b"\x00\xff" * 700)])
    def test_a_failure_is_kept_with_its_answer_and_tried_again(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any, reply: Reply
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        receiver.reply = lambda _: reply
        make.log(track, TODAY)
        tasks.tell_programs()
        attempt = WebhookAttempt.objects.get(delivery__change__type="log.set")
        assert attempt.status == (None if reply.cut else reply.status) and attempt.reason
        assert len(attempt.answer) <= rules.MAX_ANSWER_LENGTH and "\x00" not in attempt.answer
        receiver.answer(204)
        clock.shift(6 * SECOND)
        tasks.tell_programs()
        assert [each.id for each in receiver.received] == [receiver.received[0].id] * 2
        assert WebhookDelivery.objects.get(change__type="log.set").state == "sent"

    def test_an_inner_address_is_refused_at_connect(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, settings: Any
    ) -> None:
        settings.WEBHOOK_ALLOWED_NETWORKS = []
        WebhookEndpoint.objects.update(url="https://127.0.0.1:8443/", events=["log.set"])
        make.log(track, TODAY)
        tasks.tell_programs()
        assert WebhookDelivery.objects.get(change__type="log.set").reason == "this address is not allowed"


class TestBreaker:
    def test_after_three_failures_one_webhook_at_a_time_asks_whether_it_is_back(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        receiver.answer(500)
        for days in range(30):
            make.log(track, TODAY - days * DAY)
        tasks.tell_programs()
        tried = len(receiver.received)
        assert rules.BREAKS_AFTER <= tried <= 16
        clock.shift(rules.hold(tried))
        tasks.tell_programs()
        assert len(receiver.received) == tried + 1
        receiver.answer(200)
        pass_time(clock, timezone.now() + 20 * timedelta(minutes=1))
        assert not WebhookDelivery.objects.exclude(state="sent").exists()
        assert fresh(endpoint).failures == 0 and fresh(endpoint).failing_since is None

    def test_a_dead_endpoint_holds_up_no_other(
        self,
        alice: User,
        bob: User,
        endpoint: WebhookEndpoint,
        track: HabitTrack,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """While a call to one hangs, everything for the other goes out."""
        WebhookEndpoint.objects.update(events=["log.set"])
        other = services.create(user=bob, name="His", url=f"{receiver.url}/his", events=["log.set"], now=NOW).endpoint
        his = make.track(User.objects.get(pk=bob.pk))
        for days in range(40):
            make.log(track, TODAY - days * DAY)
            make.log(his, TODAY - days * DAY)
        post, sent = connector.post, Counter[str]()

        def hang(url: str, *args: Any, **options: Any) -> connector.Answer:
            if url == receiver.url:
                while sent[other.url] < 40:
                    time.sleep(0.005)
                raise connector.CallFailed("no answer within 15 s")
            answer = post(url, *args, **options)
            sent[url] += 1
            return answer

        monkeypatch.setattr(connector, "post", hang)
        tasks.tell_programs()
        assert len({each.id for each in receiver.received if each.path == "/hook/his"}) == 40

    def test_a_backlog_of_one_leaves_turns_to_others(
        self,
        bob: User,
        endpoint: WebhookEndpoint,
        track: HabitTrack,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sending, "PLACES", 1)  # one after the other, in the order in which they were taken
        for days in range(40):
            make.log(track, TODAY - days * DAY)
        services.create(user=bob, name="His", url=f"{receiver.url}/his", events=["track.started"], now=NOW)
        make.track(User.objects.get(pk=bob.pk))
        tasks.tell_programs()
        assert receiver.received[0].path == "/hook/his"  # Alice's was served before

    def test_a_webhook_that_alone_is_refused_does_not_open_it(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        receiver.reply = lambda came: Reply(422 if b"poison" in came.body else 200)
        make.log(track, TODAY, note="poison")
        tasks.tell_programs()
        for days in range(1, 20):
            clock.shift(60 * SECOND)
            make.log(track, TODAY - days * DAY)
            tasks.tell_programs()
        states = Counter(WebhookDelivery.objects.filter(change__type="log.set").values_list("state", flat=True))
        assert states == {"sent": 19, "pending": 1}
        assert fresh(endpoint).failures < rules.BREAKS_AFTER


def test_waits_that_a_fast_clock_wrote_end_when_it_is_right_again(
    endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    WebhookEndpoint.objects.update(events=["log.set"])
    receiver.answer(500)
    make.log(track, TODAY)
    clock.shift(365 * DAY)
    for days in range(4):
        make.log(track, TODAY - (days + 1) * DAY)
    tasks.tell_programs()
    assert fresh(endpoint).hold_until is not None
    clock.move_to(NOW)
    receiver.answer(200)
    tasks.tell_programs()
    pass_time(clock, NOW + HOUR)
    assert not WebhookDelivery.objects.exclude(state="sent").exists()


def test_a_clock_that_runs_ahead_deletes_no_changes(
    endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
) -> None:
    tasks.forget_old_changes()
    make.log(track, TODAY)
    tasks.tell_programs()
    clock.shift(365 * DAY)
    tasks.forget_old_changes()
    assert Change.objects.filter(type="log.set").exists()


class TestBeingTold:
    def fail_for(self, clock: Any, span: timedelta, track: HabitTrack) -> None:
        make.log(track, TODAY)
        tasks.tell_programs()
        pass_time(clock, NOW + span)

    def test_after_a_day_of_nothing_but_failures_the_user_is_told_once(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        receiver.answer(500)
        self.fail_for(clock, DAY - SECOND, track)
        assert make.mails() == []
        pass_time(clock, NOW + DAY)
        pass_time(clock, NOW + DAY + 3 * HOUR)
        [mail] = make.mails()
        assert mail.subject == "A webhook fails: Home server" and mail.to == [endpoint.user.email]
        assert "since 21 November at 12:00" in str(mail.body) and "5 days" in str(mail.body)

    def test_after_five_days_it_is_off_and_the_user_is_told_again(
        self, api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        receiver.answer(500)
        self.fail_for(clock, 5 * DAY, track)
        shown = api.get(f"{HOOKS}{endpoint.pk}/").json()
        assert (shown["off_reason"], shown["off_at"]) == ("failing", "2026-11-26T12:00:00Z")
        assert [mail.subject for mail in make.mails()][-1] == "A webhook is turned off: Home server"
        before = len(receiver.received)
        pass_time(clock, NOW + 9 * DAY)
        assert len(receiver.received) == before

    def test_the_mails_are_in_the_users_language(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        User.objects.update(language="ru")
        receiver.answer(500)
        self.fail_for(clock, DAY, track)
        make.mails()
        pass_time(clock, NOW + 5 * DAY)
        subjects = [mail.subject for mail in make.mails()]
        assert subjects == ["Вебхук не доходит: Home server", "Вебхук отключён: Home server"]

    def test_one_that_works_again_meanwhile_is_not_told_of(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        receiver.answer(500)
        self.fail_for(clock, DAY, track)
        receiver.answer(200)
        pass_time(clock, NOW + 3 * DAY)
        assert make.mails() == []
        assert Delivery.objects.get(kind="webhook_failing").state in {"dropped", "expired"}

    def test_410_turns_it_off_at_once_and_the_user_is_told(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
    ) -> None:
        receiver.answer(410)
        WebhookEndpoint.objects.update(events=["log.set"])
        make.log(track, TODAY)
        tasks.tell_programs()
        assert fresh(endpoint).off_reason == "gone"
        assert "410" in str(make.mails()[0].body)

    @pytest.mark.parametrize("how", ["gone", "failing"])
    def test_one_click_turns_it_on_and_sends_all_that_it_missed(
        self, api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any, how: str
    ) -> None:
        receiver.answer(410 if how == "gone" else 500)
        self.fail_for(clock, 5 * DAY, track)
        for days in range(1, 9):
            make.log(track, TODAY + 5 * DAY - days * DAY, note="while it was off")
            tasks.tell_programs()
        receiver.answer(200)
        receiver.received.clear()
        answer = api.post(f"{HOOKS}{endpoint.pk}/enable/")
        tasks.tell_programs()
        assert answer.status_code == 202 and answer.json()["queued"] == len(receiver.received)
        logged = [each.event["data"]["log"]["day"] for each in receiver.received if each.event["type"] == "log.set"]
        assert set(logged) == {str(TODAY)} | {str(TODAY + 5 * DAY - days * DAY) for days in range(1, 9)}
        assert Counter(each.id for each in receiver.received).most_common(1)[0][1] == 1
        assert fresh(endpoint).off_at is None


class TestReplay:
    def test_one_or_all_since_a_moment_with_the_same_ids(
        self, api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        make.log(track, TODAY - DAY)
        tasks.tell_programs()
        clock.shift(HOUR)
        make.log(track, TODAY)
        tasks.tell_programs()
        before = {each.id for each in receiver.received}
        early = receiver.received[0]
        receiver.received.clear()
        assert api.post(f"{HOOKS}{endpoint.pk}/replay/", {"event": early.id}).json() == {"queued": 1}
        tasks.tell_programs()
        assert [(each.id, each.body) for each in receiver.received] == [(early.id, early.body)]
        receiver.received.clear()
        queued = api.post(f"{HOOKS}{endpoint.pk}/replay/", {"since": "2026-11-21T12:30:00Z"}).json()["queued"]
        tasks.tell_programs()
        assert len(receiver.received) == queued == 2
        assert {each.id for each in receiver.received} < before

    def test_what_happened_before_it_was_added_can_be_sent_as_well(
        self, api: APIClient, alice: User, receiver: Receiver, clock: Any
    ) -> None:
        api.get("/api/changes/")
        make.log(make.track(User.objects.get(pk=alice.pk)), TODAY)
        clock.shift(HOUR)
        later = services.create(user=alice, name="Later", url=receiver.url, events=["log.set"], now=timezone.now())
        tasks.tell_programs()
        assert receiver.received == []
        api.post(f"{HOOKS}{later.endpoint.pk}/replay/", {"since": "2026-11-21T00:00:00Z"})
        tasks.tell_programs()
        assert receiver.types == ["log.set"]

    @pytest.mark.parametrize(
        ("body", "refusal"),
        [
            ({}, ("required", "since")),
            ({"since": "2026-11-21T00:00:00Z", "event": "evt_" + "0" * 32}, ("required", "since")),
            ({"event": "evt_" + "0" * 32}, ("no_such_event", "event")),
            ({"event": "evt_x"}, ("invalid", "event")),
            ({"since": "yesterday"}, ("invalid", "since")),
        ],
    )
    def test_bad_input_is_refused(
        self, api: APIClient, endpoint: WebhookEndpoint, body: dict[str, str], refusal: tuple[str, str]
    ) -> None:
        assert make.refused(api.post(f"{HOOKS}{endpoint.pk}/replay/", body)) == [refusal]

    def test_an_endpoint_that_is_off_is_turned_on_first(self, api: APIClient, endpoint: WebhookEndpoint) -> None:
        WebhookEndpoint.objects.update(off_at=NOW, off_reason="gone")
        for path, body in (("replay/", {"since": "2026-11-21T00:00:00Z"}), ("test/", {})):
            assert make.refused(api.post(f"{HOOKS}{endpoint.pk}/{path}", body)) == [("webhook_off", None)]

    def test_attempts_are_listed_newest_first_for_thirty_days(
        self, api: APIClient, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        receiver.answer(500, b"x" * 2000)
        make.log(track, TODAY)
        tasks.tell_programs()
        receiver.answer(200, b"ok")
        clock.shift(6 * SECOND)
        tasks.tell_programs()
        path = f"{HOOKS}{endpoint.pk}/attempts/"
        last, first = api.get(path).json()["results"][:2]
        assert (last["status"], last["reason"], last["answer"], last["type"]) == (200, "", "ok", "log.set")
        assert (first["status"], first["reason"], first["answer"]) == (500, "answered 500", "x" * 1024)
        assert last["event"] == first["event"] == receiver.received[0].id
        clock.shift(rules.ATTEMPTS_KEPT_FOR + DAY)
        assert api.get(path).json()["results"] == []
        tasks.forget_old_changes()
        assert not WebhookAttempt.objects.exists()


class TestNoSilentStop:
    def test_a_lag_without_a_heartbeat_is_a_stalled_job(
        self, endpoint: WebhookEndpoint, track: HabitTrack, clock: Any
    ) -> None:
        heartbeats.record("webhooks", now=NOW)
        make.log(track, TODAY)
        clock.shift(4 * 60)
        assert "webhooks" in liveness.stalled(now=timezone.now())
        heartbeats.reset_cache()
        tasks.tell_programs()
        assert "webhooks" not in liveness.stalled(now=timezone.now())
        assert not queries.lag(now=timezone.now())

    def test_what_waits_for_its_endpoint_is_not_late(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, clock: Any
    ) -> None:
        receiver.answer(500)
        make.log(track, TODAY)
        tasks.tell_programs()
        clock.shift(SECOND)
        assert not queries.lag(now=timezone.now())

    def test_a_sender_that_is_asked_to_stop_claims_nothing_more(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
    ) -> None:
        make.log(track, TODAY)
        changes.number(user_id=track.user_id, queue=queue_for_endpoints)
        stopping.request()
        try:
            tasks.tell_programs()
        finally:
            stopping.reset()
        assert receiver.received == []
        assert set(WebhookDelivery.objects.filter(change__type="log.set").values_list("state", "lease")) == {
            ("pending", None)
        }


class Crash(BaseException):
    """Stands for the end of a killed process."""


def crash_at(patch: pytest.MonkeyPatch, where: object, name: str, *, after: bool) -> None:
    """Crash at the next call of a function; later calls work, as in another process."""
    living = getattr(where, name)

    def crashing(*args: Any, **kwargs: Any) -> None:
        patch.setattr(where, name, living)
        if after:
            living(*args, **kwargs)
        raise Crash

    patch.setattr(where, name, crashing)


@pytest.fixture
def expire_leases(clock: Any) -> Callable[[], None]:
    def expire() -> None:
        leased = WebhookDelivery.objects.filter(lease__isnull=False)
        for each in leased:
            assert each.lease_until is not None
            each.lease_until -= HOUR
            each.save()

    return expire


class TestCrashPoints:
    @pytest.mark.parametrize(
        ("where", "name", "after", "copies"),
        [
            pytest.param(outbox, "claim", True, 1, id="after the claim"),
            pytest.param(outbox, "mark_sending", False, 1, id="before sending_at"),
            pytest.param(outbox, "mark_sending", True, 1, id="before the first byte"),
            pytest.param(outbox, "record_sent", False, 2, id="before the record"),
            pytest.param(outbox, "record_sent", True, 1, id="after the record"),
            pytest.param(tasks, "queue_for_endpoints", False, 1, id="before it is queued"),
            pytest.param(tasks, "queue_for_endpoints", True, 1, id="before the commit of its number"),
        ],
    )
    def test_nothing_is_lost_and_a_second_copy_has_the_same_id(
        self,
        endpoint: WebhookEndpoint,
        track: HabitTrack,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
        clock: Any,
        expire_leases: Callable[[], None],
        where: object,
        name: str,
        after: bool,
        copies: int,
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        make.log(track, TODAY)
        crash_at(monkeypatch, where, name, after=after)
        with pytest.raises(Crash):
            tasks.tell_programs()
        expire_leases()
        clock.shift(6 * SECOND)
        tasks.tell_programs()
        assert len(receiver.received) == copies
        assert len({(each.id, each.body) for each in receiver.received}) == 1
        delivery = WebhookDelivery.objects.get(change__type="log.set")
        assert (delivery.state, delivery.uncertain) == ("sent", copies == 2 or (name == "mark_sending" and after))

    def test_what_is_on_its_way_is_recorded_while_the_database_refuses_claims(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for days in range(12):
            make.log(track, TODAY - days * DAY)
        living, calls = outbox.claim, iter(range(100))

        def claim(**options: Any) -> Any:
            if next(calls):
                raise OperationalError("server closed the connection unexpectedly")
            return living(**options)

        monkeypatch.setattr(outbox, "claim", claim)
        with pytest.raises(OperationalError):
            tasks.tell_programs()
        sent = WebhookDelivery.objects.filter(state="sent", change__in=Change.objects.filter(sequence__gt=2))
        assert len(receiver.received) == sent.count() == outbox.PER_ENDPOINT

    def test_one_that_kills_every_sender_ends_as_failed_and_can_be_sent_again(
        self,
        api: APIClient,
        endpoint: WebhookEndpoint,
        track: HabitTrack,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
        clock: Any,
        expire_leases: Callable[[], None],
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        make.log(track, TODAY)
        for _ in range(5):
            crash_at(monkeypatch, outbox, "record_sent", after=False)
            with pytest.raises(Crash):
                tasks.tell_programs()
            expire_leases()
            outbox.reclaim_expired_leases(now=timezone.now())
            clock.shift(HOUR)
        tasks.tell_programs()
        delivery = WebhookDelivery.objects.get(change__type="log.set")
        assert (delivery.state, delivery.reason) == ("failed", "its senders crashed each time")
        api.post(f"{HOOKS}{endpoint.pk}/enable/")
        tasks.tell_programs()
        assert WebhookDelivery.objects.get(change__type="log.set").state == "sent"

    def test_a_result_under_a_lease_that_another_sender_took_changes_nothing(
        self, endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver, expire_leases: Callable[[], None]
    ) -> None:
        make.log(track, TODAY)
        changes.number(user_id=track.user_id, queue=queue_for_endpoints)
        lease, claimed = outbox.claim(limit=1, busy=(), now=NOW)
        expire_leases()
        outbox.reclaim_expired_leases(now=NOW)
        assert outbox.mark_sending(claimed, lease=lease) == []
        assert not outbox.record_sent([outbox.Attempt(claimed[0], TAKEN, lease)], now=NOW)
        assert not outbox.record_failure(outbox.Attempt(claimed[0], REFUSED, lease), now=NOW)
        assert not WebhookAttempt.objects.filter(delivery=claimed[0]).exists()
        assert outbox.claim(limit=1, busy=(), now=NOW)[1] == claimed


class TestRecording:
    @pytest.fixture
    def claimed(self, endpoint: WebhookEndpoint, track: HabitTrack) -> list[outbox.Attempt]:
        """Eight webhooks that were taken, under the lease of their sender."""
        for days in range(8):
            make.log(track, TODAY - days * DAY)
        changes.number(user_id=track.user_id, queue=queue_for_endpoints)
        lease, deliveries = outbox.claim(limit=8, busy=(), now=NOW)
        assert len(deliveries) == 8
        return [outbox.Attempt(each, TAKEN, lease) for each in outbox.mark_sending(deliveries, lease=lease)]

    def test_webhooks_that_were_taken_are_recorded_by_as_many_statements_as_one(
        self, claimed: list[outbox.Attempt], django_assert_num_queries: Any
    ) -> None:
        for part in (claimed[:1], claimed[1:]):
            with transaction.atomic(), django_assert_num_queries(6):  # two of them are the savepoint of a test
                assert outbox.record_sent(part, now=NOW) == len(part)
        assert WebhookAttempt.objects.filter(status=200, at=NOW, endpoint=claimed[0].delivery.endpoint).count() >= 8

    def test_those_of_which_the_lease_is_lost_hold_up_no_other(self, claimed: list[outbox.Attempt]) -> None:
        lost = {each.delivery.pk for each in claimed[:3]}
        WebhookDelivery.objects.filter(pk__in=lost).update(lease=uuid.uuid4())
        before = WebhookAttempt.objects.count()
        assert outbox.record_sent(claimed, now=NOW) == 5
        assert not WebhookDelivery.objects.filter(pk__in=lost, state="sent").exists()
        assert WebhookAttempt.objects.count() == before + 5

    def test_one_that_cannot_be_recorded_holds_up_no_other(
        self,
        endpoint: WebhookEndpoint,
        track: HabitTrack,
        receiver: Receiver,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        WebhookEndpoint.objects.update(events=["log.set"])
        for days in range(4):
            make.log(track, TODAY - days * DAY)
        living, first = outbox._attempt_row, [0]

        def failing(delivery: WebhookDelivery, *args: Any, **options: Any) -> WebhookAttempt:
            first[0] = first[0] or delivery.pk
            if delivery.pk == first[0]:
                raise ValueError
            return living(delivery, *args, **options)

        monkeypatch.setattr(outbox, "_attempt_row", failing)
        tasks.tell_programs()
        states = Counter(WebhookDelivery.objects.filter(change__type="log.set").values_list("state", flat=True))
        assert states == {"sent": 3, "pending": 1}


def test_the_body_is_json_that_says_what_the_headers_say(
    endpoint: WebhookEndpoint, track: HabitTrack, receiver: Receiver
) -> None:
    make.log(track, TODAY)
    tasks.tell_programs()
    for came in receiver.received:
        assert isinstance(came, Received)
        body = json.loads(came.body)
        assert body.keys() == {"id", "type", "timestamp", "sequence", "data"} and body["id"] == came.id

"""Composing a batch: the number of queries does not depend on the number of messages."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from community.challenges import services as challenges
from community.tasks import maintain_challenges
from integrations.grants import services as grants
from integrations.keys import services as keys
from integrations.models import LinkRequest
from notifications.bot import connecting
from notifications.channels.telegram.chats import connect_chat, mark_chat_unreachable
from notifications.channels.transport import Outgoing, TransportError
from notifications.connections import services as connections
from notifications.digest import services as digest
from notifications.models import Delivery, Digest
from notifications.outbox import recipients
from notifications.outbox.composing import compose
from notifications.outbox.subjects import NotSent
from notifications.reminders.ticking import queue_all_due
from tests import make
from tracking.goals import services as goals
from tracking.insights import summary
from tracking.models import HabitTrack
from users.models import Identity, Passkey, User
from users.scopes import Scope
from users.services import edit_profile, register, request_password_reset, request_sign_in_link
from users.signals import (
    email_changed,
    identity_connected,
    identity_removed,
    passkey_added,
    passkey_removed,
    password_changed,
    second_factor_changed,
)

pytestmark = pytest.mark.django_db

PEOPLE = 8
NOW = make.utc("2026-11-23 08:00")  # a Monday
MONDAY = date(2026, 11, 23)
# Messages that packages of integrations compose are tested there.
ELSEWHERE = {
    Delivery.Kind.WEBHOOK_FAILING,
    Delivery.Kind.WEBHOOK_OFF,
    Delivery.Kind.LINK_REQUESTED,
    Delivery.Kind.GRANT_CREATED,
}
KINDS = [kind for kind in Delivery.Kind if kind not in ELSEWHERE]


@pytest.fixture(scope="module")
def people_with_messages(shared_world: None) -> None:
    """Eight users with a message of each kind; half of them get mails instead."""
    with time_machine.travel("2026-11-10 08:00Z", tick=False) as clock:
        people = [person(number) for number in range(PEOPLE)]
        tracks = [make.track(user, name=f"Habit of {user.username}", time="08:00") for user in people]
        made = make_challenges(people, tracks)
        clock.move_to(make.utc("2026-11-22 12:00"))
        for number, track in enumerate(tracks):
            goals.create(user=track.user, track_id=track.pk, days=1, now=timezone.now())
            for day in range(16 - number % 6, 23):
                make.log(track, date(2026, 11, day))
            zone = "Europe/Berlin" if number % 2 else "UTC"
            digest.update(user=track.user, is_on=True, weekday=0, hour=9 if number % 2 else 8, now=timezone.now())
            edit_profile(user=track.user, time_zone=zone, language="ru" if number % 3 else "en", now=timezone.now())
        clock.move_to(NOW)
        challenges.cancel(user=people[0], challenge_id=made[1].pk, now=NOW)
        maintain_challenges()
        clubs = [make.partner("Club"), make.partner("Other club")]
        for number, user in enumerate(people):
            for club in clubs:
                grants.ask(partner=club, email=user.email, scopes=[Scope.LOGS_WRITE], now=NOW)
            asked = LinkRequest.objects.get(partner=clubs[0], email=user.email)
            grants.accept(user=user, request_id=asked.pk, password=make.PASSWORD, now=NOW)
            email_changed.send(User, user=user, before=f"old{number}@example.org", now=NOW)
            for sent in (password_changed, second_factor_changed, identity_removed, passkey_removed):
                sent.send(User, user=user, now=NOW)
            signs_in = {"user": user, "issuer": "https://id.example.org", "subject": f"{number}"}
            identity = Identity.objects.create(**signs_in, created_at=NOW, last_used_at=NOW)
            identity_connected.send(User, user=user, identity=identity, now=NOW)
            signs = {"credential_id": f"{number}", "public_key": "k", "user_handle": "h", "sign_count": 0}
            passkey = Passkey.objects.create(user=user, name=f"Phone {number}", created_at=NOW, **signs)
            passkey_added.send(User, user=user, passkey=passkey, now=NOW)
            register(email=f"new{number}@example.org", password=make.PASSWORD, username=f"new{number}", now=NOW)
            request_password_reset(email=user.email, now=NOW)
            for agent in ("Firefox/140.0", "curl/8.1"):
                make.sign_in(user, agent=agent)
            request_sign_in_link(email=user.email, now=NOW)
            keys.create(user=user, password=make.PASSWORD, name=f"Key {number}", scopes=list(Scope), now=NOW)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("django.conf.settings.TELEGRAM_BOT_TOKEN", "1:x")
                connecting.request_chat_confirmation(user=user, password=make.PASSWORD, chat_id=7000 + number, now=NOW)
            topic = {"channel": "ntfy", "name": "ntfy.sh/habi…", "target_url": "https://ntfy.sh/habits"}
            connections.request(user=user, password=make.PASSWORD, now=NOW, **topic)
            connections.send_test(user=user, channel="telegram", now=NOW)
            edit_profile(user=user, password=make.PASSWORD, email=f"newer{number}@example.org", now=NOW)
        queue_all_due()


@pytest.fixture
def world(people_with_messages: None) -> Iterator[time_machine.Traveller]:
    """It is the moment at which all of that is to be said."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def person(number: int) -> User:
    user = make.person(f"person{number}")
    user = connect_chat(user=user, chat_id=2000 + number, confirmed=True, now=timezone.now())
    if number % 2:
        User.objects.filter(pk=user.pk).update(reminders_by_email=True)
        mark_chat_unreachable(chat_id=2000 + number, now=timezone.now())
    return user


def make_challenges(people: Sequence[User], tracks: Sequence[HabitTrack]) -> list[Any]:
    """Create a challenge that ends on the 15th and one to cancel, on the first user's habit; all users join both."""
    habit = tracks[0].habit
    habit.is_published = True
    habit.save()
    made = [
        challenges.create(
            creator=people[0],
            habit_id=habit.pk,
            name=f"Until the {last}th",
            first_day=date(2026, 11, 11),
            last_day=date(2026, 11, last),
            is_public=True,
            now=timezone.now(),
        )
        for last in (15, 29)
    ]
    for user in people[1:]:
        for each in made:
            challenges.join(user=user, challenge_id=each.pk, now=timezone.now())
    return made


def queued(*kinds: str, each: int = PEOPLE) -> list[Delivery]:
    """Return `each` messages of each kind, loaded as a sender does."""
    found = []
    for kind in kinds:
        rows = Delivery.objects.filter(kind=kind, due_at__gt=NOW - timedelta(days=1), expires_at__gt=NOW)
        found += recipients.load(rows.select_related("reminder").order_by("-pk")[:each])
    return found


def queries(deliveries: list[Delivery]) -> int:
    with CaptureQueriesContext(connection) as made:
        composed = compose(deliveries, now=NOW)
    assert not [each for each in composed if isinstance(each, TransportError)]
    assert [each for each in composed if isinstance(each, Outgoing)]
    return len(made)


def remade(kind: str) -> None:
    """Make all messages of a kind due now, including those that were due earlier."""
    Delivery.objects.filter(kind=kind).update(
        due_at=NOW, available_at=NOW, expires_at=F("expires_at") + timedelta(days=30)
    )


def test_eight_messages_of_a_kind_take_as_many_queries_as_two(world: Any) -> None:
    few: dict[str, int] = {}
    for kind in KINDS:
        if kind != Delivery.Kind.DIGEST:  # its week depends on when it was due
            remade(kind)
        assert len(queued(kind)) >= PEOPLE - 1, kind
        few[kind] = queries(queued(kind, each=2))
        # The owner of the habit that the others follow is among all eight: their digests need no query for the name.
        assert queries(queued(kind)) == few[kind] - (kind == Delivery.Kind.DIGEST), kind
    mixed = queries(queued(*KINDS, each=2))
    assert queries(queued(*KINDS)) == mixed - 1  # that owner again
    assert mixed <= 25, few


def test_messages_of_a_batch_equal_those_composed_alone(world: Any) -> None:
    for kind in KINDS:
        if kind != Delivery.Kind.DIGEST:
            remade(kind)
    batch = queued(*KINDS)
    together = compose(batch, now=NOW)
    alone = [composed for delivery in batch for composed in compose([delivery], now=NOW)]
    assert together == alone
    assert len({str(each) for each in together}) > 100
    assert not [each for each in together if isinstance(each, NotSent) and each.reason == "turned off"]


def test_two_digests_of_one_user_each_cover_their_own_week(world: Any) -> None:
    [first] = queued(Delivery.Kind.DIGEST, each=1)
    before = Delivery.objects.get(pk=first.pk)
    before.pk, before.key = None, f"{first.key}:before"
    before.day, before.due_at = MONDAY - timedelta(days=7), first.due_at - timedelta(days=7)
    before.save()
    both = list(Delivery.objects.filter(pk__in=[first.pk, before.pk]).select_related("user", "reminder").order_by("pk"))
    together = compose(both, now=NOW)
    assert together == [composed for each in both for composed in compose([each], now=NOW)]
    texts = [each.message.text for each in together if isinstance(each, Outgoing)]
    assert len(set(texts)) == 2


def test_a_digest_that_cannot_be_composed_does_not_affect_others(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = queued(Delivery.Kind.DIGEST)
    broken = batch[3].user_id
    figures = summary._summary

    def fails(request: summary.SummaryRequest, *loaded: Any) -> Any:
        if request.user.pk == broken:
            raise ValueError("a bug")
        return figures(request, *loaded)

    monkeypatch.setattr(summary, "_summary", fails)
    composed = compose(batch, now=NOW)
    assert [index for index, each in enumerate(composed) if isinstance(each, TransportError)] == [3]
    assert len([each for each in composed if isinstance(each, Outgoing)]) == len(batch) - 1


def test_a_digest_is_dropped_if_it_was_turned_off_meanwhile(world: Any) -> None:
    batch = queued(Delivery.Kind.DIGEST, each=2)
    Digest.objects.filter(user=batch[0].user_id).update(is_on=False, next_at=None, next_day=None)
    refused, sent = compose(batch, now=NOW)
    assert isinstance(refused, NotSent) and refused.reason == "turned off"
    assert isinstance(sent, Outgoing)


def test_summaries_of_a_batch_equal_those_of_each_user(world: Any) -> None:
    people = list(User.objects.filter(username__startswith="person").order_by("pk"))
    wanted = [
        summary.SummaryRequest(user, MONDAY - timedelta(days=30 + number), MONDAY - timedelta(days=number % 3))
        for number, user in enumerate(people)
    ]
    alone = [summary.summary(each.user, first=each.first, last=each.last, now=NOW) for each in wanted]
    with CaptureQueriesContext(connection) as made:
        together = summary.summaries(wanted, now=NOW)
    assert together == alone
    assert len(made) <= 8

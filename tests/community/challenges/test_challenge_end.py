"""How a challenge ends: each member has their own last day; results are final once it is over everywhere."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common import stopping
from community import signals
from community.challenges import endings
from community.challenges import scores as challenge_scores
from community.challenges import services as challenges
from community.models import Challenge, ChallengeMember
from community.tasks import maintain_challenges
from config.celery import app
from habits.models import Habit
from notifications.channels.telegram.chats import connect_chat
from notifications.models import Delivery, Installation
from notifications.outbox import restore_detection
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import HabitTrack
from users.models import User
from users.services import edit_profile

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2027, 5, 1), date(2027, 5, 3)
OVER_EVERYWHERE = make.utc("2027-05-04 18:00")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(make.utc("2027-04-20 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def habit(alice: User) -> Habit:
    return make.habit(alice, name="Meditate", is_published=True)


def challenge_on(habit: Habit, *members: User) -> Challenge:
    assert habit.owner
    now = make.utc("2027-04-20 12:00")
    made = challenges.create(
        creator=habit.owner, habit_id=habit.pk, name="May", first_day=FIRST, last_day=LAST, is_public=True, now=now
    )
    for member in members:
        challenges.join(user=member, challenge_id=made.pk, now=now)
    return made


def track_of(user: User, challenge: Challenge) -> HabitTrack:
    return HabitTrack.objects.get(user=user, habit=challenge.habit)


def put(user: User, challenge: Challenge, day: date) -> Any:
    """Complete a day through the API; return the HTTP status."""
    path = f"/api/tracks/{track_of(user, challenge).pk}/logs/{day}/"
    return make.client(user).put(path, {"status": "completed"}).status_code


def results(challenge: Challenge) -> list[tuple[int | None, str, int]]:
    return list(standings_of(challenge).values_list("rank", "user__username", "completed"))


def standings_of(challenge: Challenge) -> Any:
    return ChallengeMember.objects.filter(challenge=challenge).order_by("-completed", "-strength", "pk")


def state(challenge: Challenge, user: User) -> str:
    return str(make.client(user).get(f"/api/challenges/{challenge.pk}/").json()["state"])


# Time zone, start of the day, and the last moment (UTC) to log the last day of the challenge, 3 May.
ZONES = [
    ("Pacific/Kiritimati", 0, "2027-05-03 09:59"),  # UTC+14
    ("Asia/Tokyo", 0, "2027-05-03 14:59"),
    ("Europe/Berlin", 4, "2027-05-04 01:59"),  # a day that starts at 4
    ("America/New_York", 0, "2027-05-04 03:59"),
    ("Pacific/Pago_Pago", 0, "2027-05-04 10:59"),  # UTC-11
    ("Pacific/Pago_Pago", 6, "2027-05-04 16:59"),
    ("Etc/GMT+12", 6, "2027-05-04 17:59"),
]


def test_results_become_final_after_the_last_day_of_every_member(habit: Habit, clock: time_machine.Traveller) -> None:
    people = [
        make.person(f"member{number}", time_zone=zone, day_starts_at=starts)
        for number, (zone, starts, _) in enumerate(ZONES)
    ]
    challenge = challenge_on(habit, *people)
    for user, (zone, _, last_moment) in zip(people, ZONES, strict=True):
        clock.move_to(make.utc(last_moment))
        assert user.clock.day_of(make.utc(last_moment)) == LAST, zone
        assert put(user, challenge, LAST) == 200, zone
        maintain_challenges()
        assert (state(challenge, user), results(challenge)[0][0]) == ("running", None), zone
    clock.move_to(OVER_EVERYWHERE)
    assert state(challenge, people[0]) == "over"
    maintain_challenges()
    fixed = results(challenge)
    assert [completed for _, _, completed in fixed] == [1] * len(ZONES) + [0]
    assert {rank for rank, _, completed in fixed if completed} == {1}
    assert fixed[-1] == (len(ZONES) + 1, "alice", 0)
    challenge.refresh_from_db()
    assert challenge.results_at == OVER_EVERYWHERE
    assert challenge.notified_at == OVER_EVERYWHERE


@pytest.mark.parametrize(
    ("zone", "over"), [("Pacific/Kiritimati", "2027-05-03 10:00"), ("Etc/GMT+12", "2027-05-04 12:00")]
)
def test_joining_after_ones_own_last_day_is_refused(
    habit: Habit, clock: time_machine.Traveller, zone: str, over: str
) -> None:
    challenge, late = challenge_on(habit), make.person("bob", time_zone=zone)
    clock.move_to(make.utc(over))
    refused = make.client(late).post(f"/api/challenges/{challenge.pk}/join/")
    assert make.refused(refused) == [("over", None)]


def test_travelling_west_extends_the_last_day_but_not_the_end(
    habit: Habit, bob: User, clock: time_machine.Traveller
) -> None:
    edit_profile(user=bob, time_zone="Pacific/Kiritimati", now=make.utc("2027-04-20 12:00"))
    challenge = challenge_on(habit, User.objects.get(pk=bob.pk))
    clock.move_to(make.utc("2027-05-03 10:00"))  # in Kiritimati 4 May has begun
    bob = edit_profile(user=bob, time_zone="Pacific/Pago_Pago", now=make.utc("2027-05-03 10:00"))  # here it is 2 May
    for day, at in ((2, "2027-05-03 10:30"), (3, "2027-05-04 10:30")):
        clock.move_to(make.utc(at))
        assert put(bob, challenge, date(2027, 5, day)) == 200
    clock.move_to(OVER_EVERYWHERE)
    maintain_challenges()
    assert results(challenge) == [(1, "bob", 2), (2, "alice", 0)]


def test_travelling_east_keeps_logged_days(habit: Habit, bob: User, clock: time_machine.Traveller) -> None:
    bob = edit_profile(user=bob, time_zone="Pacific/Pago_Pago", now=make.utc("2027-04-20 12:00"))
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-02 10:00"))  # in Pago Pago it is 1 May
    assert put(bob, challenge, FIRST) == 200
    bob = edit_profile(user=bob, time_zone="Pacific/Kiritimati", now=make.utc("2027-05-02 10:00"))  # here it is 3 May
    assert put(bob, challenge, LAST) == 200
    assert results(challenge) == [(None, "bob", 2), (None, "alice", 0)]
    clock.move_to(OVER_EVERYWHERE)
    maintain_challenges()
    assert results(challenge) == [(1, "bob", 2), (2, "alice", 0)]


def test_a_day_in_the_future_after_travel_counts_once_it_begins(
    habit: Habit, bob: User, clock: time_machine.Traveller
) -> None:
    bob = edit_profile(user=bob, time_zone="Pacific/Kiritimati", now=make.utc("2027-04-20 12:00"))
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-01 10:30"))  # in Kiritimati it is 2 May
    assert put(bob, challenge, date(2027, 5, 2)) == 200
    assert results(challenge)[0] == (None, "bob", 1)
    edit_profile(user=bob, time_zone="Pacific/Pago_Pago", now=make.utc("2027-05-01 10:30"))  # here it is 30 April
    assert {completed for _, _, completed in results(challenge)} == {0}
    clock.move_to(make.utc("2027-05-02 11:00"))  # 2 May has begun
    maintain_challenges()
    assert results(challenge)[0] == (None, "bob", 1)


def test_late_logs_count_until_the_end_and_not_after_it(
    habit: Habit, alice: User, bob: User, clock: time_machine.Traveller
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-04 17:00"))
    assert put(bob, challenge, FIRST) == 200
    assert results(challenge) == [(None, "bob", 1), (None, "alice", 0)]
    clock.move_to(OVER_EVERYWHERE)
    maintain_challenges()
    fixed = list(ChallengeMember.objects.order_by("pk").values())
    for user, day in ((alice, FIRST), (alice, LAST), (bob, LAST)):
        assert put(user, challenge, day) == 200
    bobs = make.client(bob)
    bobs.delete(f"/api/tracks/{track_of(bob, challenge).pk}/logs/{FIRST}/")
    edit_profile(user=bob, time_zone="Asia/Tokyo", now=OVER_EVERYWHERE)
    maintain_challenges()
    assert list(ChallengeMember.objects.order_by("pk").values()) == fixed
    bobs.delete(f"/api/tracks/{track_of(bob, challenge).pk}/")
    assert results(challenge) == [(1, "bob", 1), (2, "alice", 0)]


def test_the_strength_of_the_last_day_decides(
    habit: Habit, alice: User, bob: User, clock: time_machine.Traveller
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-03 12:00"))
    put(bob, challenge, LAST)
    now = make.client(bob).get("/api/summary/").json()["habits"][0]["strength"]
    put(alice, challenge, FIRST)  # her strength fades afterwards
    clock.move_to(make.utc("2027-05-04 12:00"))
    for user in (alice, bob):
        put(user, challenge, date(2027, 5, 4))  # after the challenge
    clock.move_to(OVER_EVERYWHERE)
    maintain_challenges()
    assert results(challenge) == [(1, "bob", 1), (2, "alice", 1)]
    assert ChallengeMember.objects.get(user=bob).strength == pytest.approx(now, abs=1e-4)


def test_members_with_a_chat_are_notified_once_with_their_rank(
    habit: Habit, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    bob, charlie = make.person("bob", chat=True), make.person("charlie", chat=True, language="ru")
    challenge = challenge_on(habit, bob, charlie)
    clock.move_to(make.utc("2027-05-03 12:00"))
    put(bob, challenge, LAST)
    clock.move_to(OVER_EVERYWHERE)
    for _ in range(2):
        maintain_challenges()
    deliveries = Delivery.objects.filter(kind=Delivery.Kind.CHALLENGE_ENDED).order_by("pk")
    assert [delivery.key for delivery in deliveries] == [
        f"challenge:{challenge.pk}:{user.pk}" for user in (bob, charlie)
    ]
    send_all()
    assert "🏁 May is over. Your place: 1 of 3, with 1 completed day." in capsys.readouterr().out
    assert set(deliveries.values_list("state", flat=True)) == {"sent"}


def test_a_member_who_leaves_before_the_message_is_sent_is_not_notified(
    habit: Habit, clock: time_machine.Traveller
) -> None:
    bob = make.person("bob", chat=True)
    challenge = challenge_on(habit, bob)
    clock.move_to(OVER_EVERYWHERE)
    maintain_challenges()
    challenges.leave(user=bob, challenge_id=challenge.pk, now=OVER_EVERYWHERE)
    send_all()
    assert Delivery.objects.filter(kind=Delivery.Kind.CHALLENGE_ENDED).values_list("state", "reason").get() == (
        "dropped",
        "left",
    )


def test_ending_continues_after_a_fault_where_it_stopped(
    habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [make.person(f"member{number}") for number in range(5)]
    challenge = challenge_on(habit, *people)
    monkeypatch.setattr(challenge_scores, "BATCH", 2)
    clock.move_to(OVER_EVERYWHERE)
    batches: list[int] = []

    def on_ended(members: list[ChallengeMember], **_: Any) -> None:
        batches.append(len(members))
        if len(batches) == 2:
            raise OperationalError("the database is away")

    signals.challenge_ended.connect(on_ended)
    try:
        with pytest.raises(OperationalError):
            maintain_challenges()
        assert ChallengeMember.objects.filter(is_notified=True).count() == 2
        clock.shift(timedelta(minutes=1))
        maintain_challenges()
    finally:
        signals.challenge_ended.disconnect(on_ended)
    assert batches == [2, 2, 2, 2]
    challenge.refresh_from_db()
    assert challenge.notified_at == OVER_EVERYWHERE + timedelta(minutes=1)
    assert results(challenge) == [(1, user, 0) for user in ("alice", *(person.username for person in people))]


def test_a_fault_in_finalizing_one_challenge_does_not_stop_others(
    habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = challenge_on(habit), challenge_on(habit)
    recount = challenge_scores.recount

    def faulty(challenge: Challenge, *args: Any, **options: Any) -> None:
        if challenge.pk == first.pk:
            raise ZeroDivisionError
        recount(challenge, *args, **options)

    monkeypatch.setattr(challenge_scores, "recount", faulty)
    with transaction.atomic():
        assert endings.finalize_ended(now=OVER_EVERYWHERE) == 1
    assert f"challenge to finalize {first.pk} fails" in caplog.text
    assert set(Challenge.objects.filter(results_at__isnull=False)) == {second}


def test_a_fault_in_notifying_one_challenge_does_not_stop_others(
    habit: Habit, clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = challenge_on(habit), challenge_on(habit)
    clock.move_to(OVER_EVERYWHERE)

    def on_ended(challenge: Challenge, **_: Any) -> None:
        if challenge == first:
            raise ZeroDivisionError

    signals.challenge_ended.connect(on_ended)
    try:
        maintain_challenges()
    finally:
        signals.challenge_ended.disconnect(on_ended)
    assert f"notifying a batch of members of challenge {first.pk} failed" in caplog.text
    assert set(Challenge.objects.filter(notified_at__isnull=False)) == {second}


def test_a_run_overtaken_by_another_changes_nothing(
    habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge_on(habit)
    clock.move_to(OVER_EVERYWHERE)
    counts = endings._count_final

    def overtaken(challenge: Challenge, *, now: datetime) -> int:
        monkeypatch.setattr(endings, "_count_final", counts)
        assert endings.finalize_ended(now=now) == 1
        return 0

    monkeypatch.setattr(endings, "_count_final", overtaken)
    assert endings.finalize_ended(now=OVER_EVERYWHERE) == 0


def test_a_run_without_work_takes_few_queries(habit: Habit) -> None:
    challenge_on(habit)
    with CaptureQueriesContext(connection) as captured:
        maintain_challenges()
    assert len([query for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]) == 7


def test_beat_queues_a_run_every_few_minutes_that_expires_before_the_next() -> None:
    entry = app.conf.beat_schedule["maintain-challenges"]
    assert entry["task"] == maintain_challenges.name
    assert entry["options"]["expire_seconds"] < 300
    assert entry["schedule"].is_due(make.utc("2027-05-01 12:00")).next <= 300 or entry["schedule"].minute == set(
        range(0, 60, 5)
    )


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_concurrent_runs_finalize_and_notify_once(habit: Habit, clock: time_machine.Traveller) -> None:
    people = [make.person(name, chat=True) for name in ("bob", "charlie")]
    people += [make.person(f"member{number}") for number in range(8)]
    challenge = challenge_on(habit, *people)
    clock.move_to(make.utc("2027-05-03 12:00"))
    for user in people[:3]:
        put(user, challenge, LAST)
    clock.move_to(OVER_EVERYWHERE)
    make.at_once([maintain_challenges] * 4)
    maintain_challenges()
    assert [rank for rank, _, _ in results(challenge)] == [1, 1, 1, *([4] * 8)]
    assert Delivery.objects.filter(kind=Delivery.Kind.CHALLENGE_ENDED).count() == 2
    challenge.refresh_from_db()
    assert challenge.notified_at == OVER_EVERYWHERE


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_results_are_consistent_when_members_log_while_it_ends(habit: Habit, clock: time_machine.Traveller) -> None:
    people = [make.person(f"member{number}") for number in range(4)]
    challenge = challenge_on(habit, *people)
    clock.move_to(OVER_EVERYWHERE)
    calls: list[Any] = [maintain_challenges] * 2
    calls += [lambda user=user: put(user, challenge, LAST) for user in people]
    make.at_once(calls)
    maintain_challenges()
    fixed = results(challenge)
    better = [sum(other > completed for _, _, other in fixed) for _, _, completed in fixed]
    assert [rank for rank, _, _ in fixed] == [number + 1 for number in better]
    assert HabitTrack.objects.filter(logs__day=LAST).count() == 4


# A clock that ran ahead.


AHEAD = OVER_EVERYWHERE + timedelta(days=365)


@pytest.mark.usefixtures("known_ahead")
def test_results_finalized_by_a_wrong_clock_are_discarded_and_sent_at_the_real_end(
    habit: Habit, alice: User, bob: User, telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    connect_chat(user=bob, chat_id=1002, confirmed=True, now=timezone.now())
    challenge = challenge_on(habit, User.objects.get(pk=bob.pk))
    clock.move_to(make.utc("2027-05-01 12:00"))
    put(bob, challenge, FIRST)
    clock.move_to(AHEAD)
    maintain_challenges()
    send_all()
    assert [rank for rank, *_ in results(challenge)] == [1, 2]
    assert len(messages_about_end(telegram)) == 1, "what was sent cannot be unsent"

    clock.move_to(make.utc("2027-05-02 12:00"))
    maintain_challenges()
    challenge.refresh_from_db()
    assert (challenge.results_at, challenge.notified_at) == (None, None)
    assert set(ChallengeMember.objects.values_list("rank", "is_final", "is_notified")) == {(None, False, False)}
    assert state(challenge, bob) == "running"
    assert [put(alice, challenge, date(2027, 5, day)) for day in (1, 2)] == [200, 200]
    assert results(challenge) == [(None, "alice", 2), (None, "bob", 1)]

    clock.move_to(OVER_EVERYWHERE)
    maintain_challenges()
    send_all()
    assert results(challenge) == [(1, "alice", 2), (2, "bob", 1)]
    assert len(messages_about_end(telegram)) == 2
    assert "Your place: 2 of 2" in messages_about_end(telegram)[-1]
    maintain_challenges()
    send_all()
    assert len(messages_about_end(telegram)) == 2, "sent once"


def messages_about_end(telegram: FakeTelegram) -> list[str]:
    return [message.text for message in telegram.messages(1002) if "is over" in message.text]


@pytest.mark.usefixtures("known_ahead")
def test_an_unsent_message_queued_by_a_wrong_clock_is_dropped(
    bob: User, habit: Habit, clock: time_machine.Traveller
) -> None:
    connect_chat(user=bob, chat_id=1002, confirmed=True, now=timezone.now())
    challenge_on(habit, User.objects.get(pk=bob.pk))
    clock.move_to(AHEAD)
    maintain_challenges()
    clock.move_to(make.utc("2027-05-02 12:00"))
    maintain_challenges()
    [early] = Delivery.objects.filter(kind="challenge_ended")
    assert (early.state, early.reason) == ("dropped", "the challenge ended too early: the clock ran ahead")
    clock.move_to(OVER_EVERYWHERE)
    maintain_challenges()
    assert Delivery.objects.filter(kind="challenge_ended", state="pending").count() == 1


@pytest.mark.usefixtures("known_ahead")
def test_members_counted_as_final_by_a_wrong_clock_continue(
    alice: User, bob: User, habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock was corrected before it had stored the ranks."""
    challenge = challenge_on(habit, bob)
    with monkeypatch.context() as patch:
        patch.setattr(endings, "_store_ranks", lambda *_, **__: False)
        clock.move_to(AHEAD)
        maintain_challenges()
    assert ChallengeMember.objects.filter(is_final=True).count() == 2
    clock.move_to(make.utc("2027-05-02 12:00"))
    maintain_challenges()
    put(bob, challenge, date(2027, 5, 2))
    assert results(challenge)[0] == (None, "bob", 1)


@pytest.mark.usefixtures("known_ahead")
def test_results_are_kept_if_the_habit_was_deleted(alice: User, bob: User, clock: time_machine.Traveller) -> None:
    habit = make.habit(alice, name="Meditate", is_published=True)
    challenge = challenge_on(habit, bob)
    clock.move_to(AHEAD)
    maintain_challenges()
    Challenge.objects.update(habit=None)
    now = make.utc("2027-05-02 12:00")
    clock.move_to(now)
    maintain_challenges()
    challenge.refresh_from_db()
    assert challenge.results_at == now
    assert {rank for rank, *_ in results(challenge)} == {1}


@pytest.mark.usefixtures("known_ahead")
def test_strengths_recounted_by_a_wrong_clock_are_recounted(
    alice: User, bob: User, habit: Habit, clock: time_machine.Traveller
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-01 12:00"))
    put(bob, challenge, FIRST)
    maintain_challenges()

    def stored() -> list[tuple[Any, ...]]:
        return list(standings_of(challenge).values_list("user__username", "completed", "strength", "recount_at"))

    before = stored()
    clock.move_to(make.utc("2027-05-03 15:00"))
    maintain_challenges()
    assert stored() != before
    clock.move_to(make.utc("2027-05-01 13:00"))
    maintain_challenges()
    assert stored() == before
    ChallengeMember.objects.update(recount_at=make.utc("2028-05-01 12:00"))
    maintain_challenges()
    assert stored() == before, "members without counted_at are left alone"


def test_a_member_who_cannot_be_notified_does_not_stop_others(
    alice: User, bob: User, charlie: User, habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user, chat in ((bob, 1002), (charlie, 1003)):
        connect_chat(user=user, chat_id=chat, confirmed=True, now=timezone.now())
    challenge = challenge_on(habit, User.objects.get(pk=bob.pk), User.objects.get(pk=charlie.pk))
    broken = [bob.pk]

    def fails(sender: Any, members: list[ChallengeMember], **_: Any) -> None:
        if {member.user_id for member in members} & set(broken):
            raise ValueError("a bug")

    signals.challenge_ended.connect(fails)
    try:
        clock.move_to(OVER_EVERYWHERE)
        maintain_challenges()
        assert list(Delivery.objects.filter(kind="challenge_ended").values_list("user", flat=True)) == [charlie.pk]
        broken.clear()
        maintain_challenges()
        assert Delivery.objects.filter(kind="challenge_ended").count() == 1, "the failing member is skipped"
        clock.move_to(OVER_EVERYWHERE + timedelta(minutes=5))
        maintain_challenges()
    finally:
        signals.challenge_ended.disconnect(fails)
    assert Delivery.objects.filter(kind="challenge_ended").count() == 2
    challenge.refresh_from_db()
    assert challenge.notified_at


def test_a_member_whose_recount_fails_does_not_stop_others(
    alice: User, bob: User, habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-01 12:00"))
    put(bob, challenge, FIRST)
    maintain_challenges()
    before = dict(standings_of(challenge).values_list("user__username", "recount_at"))
    strengths = challenge_scores._strengths

    def fails(tracks: Any, until: Any) -> Any:
        if any(track.user_id == alice.pk for track in tracks.values()):
            raise ValueError("a bug")
        return strengths(tracks, until)

    monkeypatch.setattr(challenge_scores, "_strengths", fails)
    clock.move_to(make.utc("2027-05-02 12:00"))
    maintain_challenges()
    after = dict(standings_of(challenge).values_list("user__username", "recount_at"))
    assert after["alice"] == before["alice"] and after["bob"] > before["bob"]
    monkeypatch.undo()
    clock.shift(timedelta(minutes=5))
    maintain_challenges()
    assert standings_of(challenge).get(user=alice).recount_at > make.utc("2027-05-02 12:00")


def test_a_run_that_is_stopped_leaves_the_rest_to_the_next(
    alice: User, bob: User, habit: Habit, clock: time_machine.Traveller
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(OVER_EVERYWHERE)
    stopping.request()
    try:
        assert (endings.finalize_ended(now=OVER_EVERYWHERE), endings.notify_members(now=OVER_EVERYWHERE)) == (0, 0)
    finally:
        stopping.reset()
    maintain_challenges()
    challenge.refresh_from_db()
    assert challenge.results_at and challenge.notified_at


def test_after_restoring_a_backup_a_message_that_may_have_been_sent_is_uncertain(
    bob: User, habit: Habit, clock: time_machine.Traveller
) -> None:
    connect_chat(user=bob, chat_id=1002, confirmed=True, now=timezone.now())
    challenge = challenge_on(habit, User.objects.get(pk=bob.pk))
    clock.move_to(OVER_EVERYWHERE + timedelta(days=365))
    restore_detection.installation()
    Installation.objects.update(uncertain_until=OVER_EVERYWHERE + timedelta(days=1))
    maintain_challenges()
    [delivery] = Delivery.objects.filter(kind="challenge_ended")
    assert delivery.uncertain
    challenge.refresh_from_db()
    assert challenge.notified_at
    later = make.utc("2028-06-01 12:00")
    clock.move_to(later)
    another = challenge_named("June", habit, bob, date(2028, 6, 1), date(2028, 6, 3))
    clock.move_to(make.utc("2028-06-04 18:00"))
    maintain_challenges()
    assert not Delivery.objects.get(key=f"challenge:{another.pk}:{bob.pk}").uncertain


def challenge_named(name: str, habit: Habit, member: User, first: date, last: date) -> Challenge:
    assert habit.owner
    now = timezone.now()
    made = challenges.create(
        creator=habit.owner, habit_id=habit.pk, name=name, first_day=first, last_day=last, is_public=True, now=now
    )
    challenges.join(user=User.objects.get(pk=member.pk), challenge_id=made.pk, now=now)
    return made

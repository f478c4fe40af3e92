"""How a challenge ends: for each member with their own last day, for all once it is over everywhere."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common import stopping
from community import challenges, endings, signals, standings
from community.models import Challenge, ChallengeMember
from community.tasks import look_after_challenges
from config.celery import app
from habits.models import Habit
from notifications import restore_detection
from notifications.models import Delivery, Installation
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import HabitTrack
from users.models import User
from users.services import connect_chat, edit_profile

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
    """PUT of a day's log through the API; its status."""
    path = f"/api/tracks/{track_of(user, challenge).pk}/logs/{day}/"
    return make.client(user).put(path, {"status": "completed"}).status_code


def results(challenge: Challenge) -> list[tuple[int | None, str, int]]:
    return list(standings_of(challenge).values_list("rank", "user__username", "completed"))


def standings_of(challenge: Challenge) -> Any:
    return ChallengeMember.objects.filter(challenge=challenge).order_by("-completed", "-strength", "pk")


def state(challenge: Challenge, user: User) -> str:
    return str(make.client(user).get(f"/api/challenges/{challenge.pk}/").json()["state"])


# When the last day (3 May) is over on the wall clock of a zone, in UTC, and the zone's last moment to log it.
ZONES = [
    ("Pacific/Kiritimati", 0, "2027-05-03 09:59"),  # UTC+14
    ("Asia/Tokyo", 0, "2027-05-03 14:59"),
    ("Europe/Berlin", 4, "2027-05-04 01:59"),  # a day that starts at 4
    ("America/New_York", 0, "2027-05-04 03:59"),
    ("Pacific/Pago_Pago", 0, "2027-05-04 10:59"),  # UTC-11
    ("Pacific/Pago_Pago", 6, "2027-05-04 16:59"),
    ("Etc/GMT+12", 6, "2027-05-04 17:59"),
]


def test_each_member_has_their_own_last_day_and_results_are_fixed_after_the_last_of_them(
    habit: Habit, clock: time_machine.Traveller
) -> None:
    people = [
        make.person(f"member{number}", time_zone=zone, day_starts_at=starts)
        for number, (zone, starts, _) in enumerate(ZONES)
    ]
    challenge = challenge_on(habit, *people)
    for user, (zone, _, last_moment) in zip(people, ZONES, strict=True):
        clock.move_to(make.utc(last_moment))
        assert user.clock.day_of(make.utc(last_moment)) == LAST, zone
        assert put(user, challenge, LAST) == 200, zone
        look_after_challenges()
        assert (state(challenge, user), results(challenge)[0][0]) == ("running", None), zone
    clock.move_to(OVER_EVERYWHERE)
    assert state(challenge, people[0]) == "over"
    look_after_challenges()
    fixed = results(challenge)
    assert [completed for _, _, completed in fixed] == [1] * len(ZONES) + [0]
    assert {rank for rank, _, completed in fixed if completed} == {1}
    assert fixed[-1] == (len(ZONES) + 1, "alice", 0)
    challenge.refresh_from_db()
    assert challenge.results_at == OVER_EVERYWHERE
    assert challenge.told_at == OVER_EVERYWHERE


@pytest.mark.parametrize(
    ("zone", "over"), [("Pacific/Kiritimati", "2027-05-03 10:00"), ("Etc/GMT+12", "2027-05-04 12:00")]
)
def test_who_comes_after_ones_own_last_day_is_too_late(
    habit: Habit, clock: time_machine.Traveller, zone: str, over: str
) -> None:
    challenge, late = challenge_on(habit), make.person("bob", time_zone=zone)
    clock.move_to(make.utc(over))
    refused = make.client(late).post(f"/api/challenges/{challenge.pk}/join/")
    assert make.refused(refused) == [("over", None)]


def test_a_member_who_flies_west_has_the_longer_last_day_and_the_end_is_the_same(
    habit: Habit, bob: User, clock: time_machine.Traveller
) -> None:
    edit_profile(user=bob, time_zone="Pacific/Kiritimati", now=make.utc("2027-04-20 12:00"))
    challenge = challenge_on(habit, User.objects.get(pk=bob.pk))
    clock.move_to(make.utc("2027-05-03 10:00"))  # in Kiritimati the 4th has begun
    bob = edit_profile(user=bob, time_zone="Pacific/Pago_Pago", now=make.utc("2027-05-03 10:00"))  # and here the 2nd
    for day, at in ((2, "2027-05-03 10:30"), (3, "2027-05-04 10:30")):
        clock.move_to(make.utc(at))
        assert put(bob, challenge, date(2027, 5, day)) == 200
    clock.move_to(OVER_EVERYWHERE)
    look_after_challenges()
    assert results(challenge) == [(1, "bob", 2), (2, "alice", 0)]


def test_a_member_who_flies_east_keeps_the_days_that_were_logged(
    habit: Habit, bob: User, clock: time_machine.Traveller
) -> None:
    bob = edit_profile(user=bob, time_zone="Pacific/Pago_Pago", now=make.utc("2027-04-20 12:00"))
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-02 10:00"))  # in Pago Pago the 1st
    assert put(bob, challenge, FIRST) == 200
    bob = edit_profile(user=bob, time_zone="Pacific/Kiritimati", now=make.utc("2027-05-02 10:00"))  # and here the 3rd
    assert put(bob, challenge, LAST) == 200
    assert results(challenge) == [(None, "bob", 2), (None, "alice", 0)]
    clock.move_to(OVER_EVERYWHERE)
    look_after_challenges()
    assert results(challenge) == [(1, "bob", 2), (2, "alice", 0)]


def test_a_day_that_travel_moved_into_the_future_counts_once_it_comes(
    habit: Habit, bob: User, clock: time_machine.Traveller
) -> None:
    bob = edit_profile(user=bob, time_zone="Pacific/Kiritimati", now=make.utc("2027-04-20 12:00"))
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-01 10:30"))  # in Kiritimati the 2nd
    assert put(bob, challenge, date(2027, 5, 2)) == 200
    assert results(challenge)[0] == (None, "bob", 1)
    edit_profile(user=bob, time_zone="Pacific/Pago_Pago", now=make.utc("2027-05-01 10:30"))  # and here 30 April
    assert {completed for _, _, completed in results(challenge)} == {0}
    clock.move_to(make.utc("2027-05-02 11:00"))  # the 2nd
    look_after_challenges()
    assert results(challenge)[0] == (None, "bob", 1)


def test_what_is_logged_late_counts_until_the_end_and_changes_nothing_after_it(
    habit: Habit, alice: User, bob: User, clock: time_machine.Traveller
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-04 17:00"))
    assert put(bob, challenge, FIRST) == 200
    assert results(challenge) == [(None, "bob", 1), (None, "alice", 0)]
    clock.move_to(OVER_EVERYWHERE)
    look_after_challenges()
    fixed = list(ChallengeMember.objects.order_by("pk").values())
    for user, day in ((alice, FIRST), (alice, LAST), (bob, LAST)):
        assert put(user, challenge, day) == 200
    bobs = make.client(bob)
    bobs.delete(f"/api/tracks/{track_of(bob, challenge).pk}/logs/{FIRST}/")
    edit_profile(user=bob, time_zone="Asia/Tokyo", now=OVER_EVERYWHERE)
    look_after_challenges()
    assert list(ChallengeMember.objects.order_by("pk").values()) == fixed
    bobs.delete(f"/api/tracks/{track_of(bob, challenge).pk}/")
    assert results(challenge) == [(1, "bob", 1), (2, "alice", 0)]


def test_the_strength_that_decides_is_that_of_the_last_day(
    habit: Habit, alice: User, bob: User, clock: time_machine.Traveller
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-03 12:00"))
    put(bob, challenge, LAST)
    now = make.client(bob).get("/api/summary/").json()["habits"][0]["strength"]
    put(alice, challenge, FIRST)  # has faded since
    clock.move_to(make.utc("2027-05-04 12:00"))
    for user in (alice, bob):
        put(user, challenge, date(2027, 5, 4))  # after it
    clock.move_to(OVER_EVERYWHERE)
    look_after_challenges()
    assert results(challenge) == [(1, "bob", 1), (2, "alice", 1)]
    assert ChallengeMember.objects.get(user=bob).strength == pytest.approx(now, abs=1e-4)


def test_members_with_a_chat_are_told_once_with_their_place(
    habit: Habit, clock: time_machine.Traveller, capsys: pytest.CaptureFixture[str]
) -> None:
    bob, charlie = make.person("bob", chat=True), make.person("charlie", chat=True, language="ru")
    challenge = challenge_on(habit, bob, charlie)
    clock.move_to(make.utc("2027-05-03 12:00"))
    put(bob, challenge, LAST)
    clock.move_to(OVER_EVERYWHERE)
    for _ in range(2):
        look_after_challenges()
    told = Delivery.objects.filter(kind=Delivery.Kind.CHALLENGE_ENDED).order_by("pk")
    assert [delivery.key for delivery in told] == [f"challenge:{challenge.pk}:{user.pk}" for user in (bob, charlie)]
    send_all()
    assert "🏁 May is over. Your place: 1 of 3, with 1 completed day." in capsys.readouterr().out
    assert set(told.values_list("state", flat=True)) == {"sent"}


def test_whoever_left_before_it_is_sent_is_not_told(habit: Habit, clock: time_machine.Traveller) -> None:
    bob = make.person("bob", chat=True)
    challenge = challenge_on(habit, bob)
    clock.move_to(OVER_EVERYWHERE)
    look_after_challenges()
    challenges.leave(user=bob, challenge_id=challenge.pk, now=OVER_EVERYWHERE)
    send_all()
    assert Delivery.objects.filter(kind=Delivery.Kind.CHALLENGE_ENDED).values_list("state", "reason").get() == (
        "dropped",
        "left",
    )


def test_it_ends_in_batches_and_after_a_fault_goes_on_where_it_was(
    habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [make.person(f"member{number}") for number in range(5)]
    challenge = challenge_on(habit, *people)
    monkeypatch.setattr(standings, "BATCH", 2)
    clock.move_to(OVER_EVERYWHERE)
    batches: list[int] = []

    def hear(members: list[ChallengeMember], **_: Any) -> None:
        batches.append(len(members))
        if len(batches) == 2:
            raise OperationalError("the database is away")

    signals.challenge_ended.connect(hear)
    try:
        with pytest.raises(OperationalError):
            look_after_challenges()
        assert ChallengeMember.objects.filter(is_told=True).count() == 2
        clock.shift(timedelta(minutes=1))
        look_after_challenges()
    finally:
        signals.challenge_ended.disconnect(hear)
    assert batches == [2, 2, 2, 2]
    challenge.refresh_from_db()
    assert challenge.told_at == OVER_EVERYWHERE + timedelta(minutes=1)
    assert results(challenge) == [(1, user, 0) for user in ("alice", *(person.username for person in people))]


def test_a_fault_in_one_challenge_takes_no_other_with_it(
    habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = challenge_on(habit), challenge_on(habit)
    recount = standings.recount

    def faulty(challenge: Challenge, *args: Any, **options: Any) -> None:
        if challenge.pk == first.pk:
            raise ZeroDivisionError
        recount(challenge, *args, **options)

    monkeypatch.setattr(standings, "recount", faulty)
    with transaction.atomic():
        assert endings.fix_ended(now=OVER_EVERYWHERE) == 1
    assert f"challenge to fix {first.pk} fails" in caplog.text
    assert set(Challenge.objects.filter(results_at__isnull=False)) == {second}


def test_a_fault_in_telling_of_one_challenge_takes_no_other_with_it(
    habit: Habit, clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = challenge_on(habit), challenge_on(habit)
    clock.move_to(OVER_EVERYWHERE)

    def hear(challenge: Challenge, **_: Any) -> None:
        if challenge == first:
            raise ZeroDivisionError

    signals.challenge_ended.connect(hear)
    try:
        look_after_challenges()
    finally:
        signals.challenge_ended.disconnect(hear)
    assert f"members of challenge {first.pk} cannot be told together" in caplog.text
    assert set(Challenge.objects.filter(told_at__isnull=False)) == {second}


def test_a_pass_that_another_has_overtaken_fixes_nothing_anew(
    habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge_on(habit)
    clock.move_to(OVER_EVERYWHERE)
    counts = endings._count

    def overtaken(challenge: Challenge, *, now: datetime) -> int:
        monkeypatch.setattr(endings, "_count", counts)
        assert endings.fix_ended(now=now) == 1
        return 0

    monkeypatch.setattr(endings, "_count", overtaken)
    assert endings.fix_ended(now=OVER_EVERYWHERE) == 0


def test_a_pass_over_nothing_asks_little_of_the_database(habit: Habit) -> None:
    challenge_on(habit)
    with CaptureQueriesContext(connection) as captured:
        look_after_challenges()
    assert len([query for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]) == 7


def test_beat_asks_for_a_pass_every_few_minutes_that_expires_before_the_next() -> None:
    entry = app.conf.beat_schedule["look-after-challenges"]
    assert entry["task"] == look_after_challenges.name
    assert entry["options"]["expire_seconds"] < 300
    assert entry["schedule"].is_due(make.utc("2027-05-01 12:00")).next <= 300 or entry["schedule"].minute == set(
        range(0, 60, 5)
    )


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_several_at_once_fix_and_tell_once(habit: Habit, clock: time_machine.Traveller) -> None:
    people = [make.person(name, chat=True) for name in ("bob", "charlie")]
    people += [make.person(f"member{number}") for number in range(8)]
    challenge = challenge_on(habit, *people)
    clock.move_to(make.utc("2027-05-03 12:00"))
    for user in people[:3]:
        put(user, challenge, LAST)
    clock.move_to(OVER_EVERYWHERE)
    make.at_once([look_after_challenges] * 4)
    look_after_challenges()
    assert [rank for rank, _, _ in results(challenge)] == [1, 1, 1, *([4] * 8)]
    assert Delivery.objects.filter(kind=Delivery.Kind.CHALLENGE_ENDED).count() == 2
    challenge.refresh_from_db()
    assert challenge.told_at == OVER_EVERYWHERE


@make.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_logging_while_it_ends_leaves_results_that_agree_with_themselves(
    habit: Habit, clock: time_machine.Traveller
) -> None:
    people = [make.person(f"member{number}") for number in range(4)]
    challenge = challenge_on(habit, *people)
    clock.move_to(OVER_EVERYWHERE)
    calls: list[Any] = [look_after_challenges] * 2
    calls += [lambda user=user: put(user, challenge, LAST) for user in people]
    make.at_once(calls)
    look_after_challenges()
    fixed = results(challenge)
    better = [sum(other > completed for _, _, other in fixed) for _, _, completed in fixed]
    assert [rank for rank, _, _ in fixed] == [number + 1 for number in better]
    assert HabitTrack.objects.filter(logs__day=LAST).count() == 4


# A clock that ran ahead.


AHEAD = OVER_EVERYWHERE + timedelta(days=365)


@pytest.mark.usefixtures("known_ahead")
def test_results_that_a_clock_ahead_fixed_are_taken_back_and_told_at_the_true_end(
    habit: Habit, alice: User, bob: User, telegram: FakeTelegram, clock: time_machine.Traveller
) -> None:
    connect_chat(user=bob, chat_id=1002, confirmed=True, now=timezone.now())
    challenge = challenge_on(habit, User.objects.get(pk=bob.pk))
    clock.move_to(make.utc("2027-05-01 12:00"))
    put(bob, challenge, FIRST)
    clock.move_to(AHEAD)
    look_after_challenges()
    send_all()
    assert [rank for rank, *_ in results(challenge)] == [1, 2]
    assert len(told_of(telegram)) == 1, "what was sent cannot be unsent"

    clock.move_to(make.utc("2027-05-02 12:00"))
    look_after_challenges()
    challenge.refresh_from_db()
    assert (challenge.results_at, challenge.told_at) == (None, None)
    assert set(ChallengeMember.objects.values_list("rank", "is_final", "is_told")) == {(None, False, False)}
    assert state(challenge, bob) == "running"
    assert [put(alice, challenge, date(2027, 5, day)) for day in (1, 2)] == [200, 200]
    assert results(challenge) == [(None, "alice", 2), (None, "bob", 1)]

    clock.move_to(OVER_EVERYWHERE)
    look_after_challenges()
    send_all()
    assert results(challenge) == [(1, "alice", 2), (2, "bob", 1)]
    assert len(told_of(telegram)) == 2
    assert "Your place: 2 of 2" in told_of(telegram)[-1]
    look_after_challenges()
    send_all()
    assert len(told_of(telegram)) == 2, "once"


def told_of(telegram: FakeTelegram) -> list[str]:
    return [message.text for message in telegram.messages(1002) if "is over" in message.text]


@pytest.mark.usefixtures("known_ahead")
def test_an_end_that_a_clock_ahead_queued_and_nobody_sent_is_dropped(
    bob: User, habit: Habit, clock: time_machine.Traveller
) -> None:
    connect_chat(user=bob, chat_id=1002, confirmed=True, now=timezone.now())
    challenge_on(habit, User.objects.get(pk=bob.pk))
    clock.move_to(AHEAD)
    look_after_challenges()
    clock.move_to(make.utc("2027-05-02 12:00"))
    look_after_challenges()
    [early] = Delivery.objects.filter(kind="challenge_ended")
    assert (early.state, early.reason) == ("dropped", "the challenge ended too early: the clock ran ahead")
    clock.move_to(OVER_EVERYWHERE)
    look_after_challenges()
    assert Delivery.objects.filter(kind="challenge_ended", state="pending").count() == 1


@pytest.mark.usefixtures("known_ahead")
def test_members_whom_a_clock_ahead_had_counted_for_the_last_time_go_on(
    alice: User, bob: User, habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was right again before it had fixed the ranks."""
    challenge = challenge_on(habit, bob)
    with monkeypatch.context() as patch:
        patch.setattr(endings, "_rank", lambda *_, **__: False)
        clock.move_to(AHEAD)
        look_after_challenges()
    assert ChallengeMember.objects.filter(is_final=True).count() == 2
    clock.move_to(make.utc("2027-05-02 12:00"))
    look_after_challenges()
    put(bob, challenge, date(2027, 5, 2))
    assert results(challenge)[0] == (None, "bob", 1)


@pytest.mark.usefixtures("known_ahead")
def test_results_stay_where_the_habit_is_gone(alice: User, bob: User, clock: time_machine.Traveller) -> None:
    habit = make.habit(alice, name="Meditate", is_published=True)
    challenge = challenge_on(habit, bob)
    clock.move_to(AHEAD)
    look_after_challenges()
    Challenge.objects.update(habit=None)
    now = make.utc("2027-05-02 12:00")
    clock.move_to(now)
    look_after_challenges()
    challenge.refresh_from_db()
    assert challenge.results_at == now
    assert {rank for rank, *_ in results(challenge)} == {1}


@pytest.mark.usefixtures("known_ahead")
def test_strengths_that_a_clock_ahead_carried_on_are_counted_again(
    alice: User, bob: User, habit: Habit, clock: time_machine.Traveller
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-01 12:00"))
    put(bob, challenge, FIRST)
    look_after_challenges()

    def stored() -> list[tuple[Any, ...]]:
        return list(standings_of(challenge).values_list("user__username", "completed", "strength", "carry_at"))

    before = stored()
    clock.move_to(make.utc("2027-05-03 15:00"))
    look_after_challenges()
    assert stored() != before
    clock.move_to(make.utc("2027-05-01 13:00"))
    look_after_challenges()
    assert stored() == before
    ChallengeMember.objects.update(carry_at=make.utc("2028-05-01 12:00"))
    look_after_challenges()
    assert stored() == before, "of before members said when they were counted"


def test_a_member_who_cannot_be_told_holds_up_no_other(
    alice: User, bob: User, charlie: User, habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user, chat in ((bob, 1002), (charlie, 1003)):
        connect_chat(user=user, chat_id=chat, confirmed=True, now=timezone.now())
    challenge = challenge_on(habit, User.objects.get(pk=bob.pk), User.objects.get(pk=charlie.pk))
    broken = [bob.pk]

    def fails(sender: Any, members: list[ChallengeMember], **_: Any) -> None:
        if {member.user_id for member in members} & set(broken):
            raise ValueError("a fault of ours")

    signals.challenge_ended.connect(fails)
    try:
        clock.move_to(OVER_EVERYWHERE)
        look_after_challenges()
        assert list(Delivery.objects.filter(kind="challenge_ended").values_list("user", flat=True)) == [charlie.pk]
        broken.clear()
        look_after_challenges()
        assert Delivery.objects.filter(kind="challenge_ended").count() == 1, "it stepped aside"
        clock.move_to(OVER_EVERYWHERE + timedelta(minutes=5))
        look_after_challenges()
    finally:
        signals.challenge_ended.disconnect(fails)
    assert Delivery.objects.filter(kind="challenge_ended").count() == 2
    challenge.refresh_from_db()
    assert challenge.told_at


def test_a_member_who_cannot_be_carried_on_holds_up_no_other(
    alice: User, bob: User, habit: Habit, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(make.utc("2027-05-01 12:00"))
    put(bob, challenge, FIRST)
    look_after_challenges()
    before = dict(standings_of(challenge).values_list("user__username", "carry_at"))
    strengths = standings._strengths

    def fails(tracks: Any, until: Any) -> Any:
        if any(track.user_id == alice.pk for track in tracks.values()):
            raise ValueError("a fault of ours")
        return strengths(tracks, until)

    monkeypatch.setattr(standings, "_strengths", fails)
    clock.move_to(make.utc("2027-05-02 12:00"))
    look_after_challenges()
    after = dict(standings_of(challenge).values_list("user__username", "carry_at"))
    assert after["alice"] == before["alice"] and after["bob"] > before["bob"]
    monkeypatch.undo()
    clock.shift(timedelta(minutes=5))
    look_after_challenges()
    assert standings_of(challenge).get(user=alice).carry_at > make.utc("2027-05-02 12:00")


def test_a_pass_that_is_asked_to_end_leaves_the_rest_to_the_next(
    alice: User, bob: User, habit: Habit, clock: time_machine.Traveller
) -> None:
    challenge = challenge_on(habit, bob)
    clock.move_to(OVER_EVERYWHERE)
    stopping.request()
    try:
        assert (endings.fix_ended(now=OVER_EVERYWHERE), endings.tell(now=OVER_EVERYWHERE)) == (0, 0)
    finally:
        stopping.reset()
    look_after_challenges()
    challenge.refresh_from_db()
    assert challenge.results_at and challenge.told_at


def test_after_a_restored_backup_an_end_that_may_have_been_told_is_uncertain(
    bob: User, habit: Habit, clock: time_machine.Traveller
) -> None:
    connect_chat(user=bob, chat_id=1002, confirmed=True, now=timezone.now())
    challenge = challenge_on(habit, User.objects.get(pk=bob.pk))
    clock.move_to(OVER_EVERYWHERE + timedelta(days=365))
    restore_detection.installation()
    Installation.objects.update(uncertain_until=OVER_EVERYWHERE + timedelta(days=1))
    look_after_challenges()
    [told] = Delivery.objects.filter(kind="challenge_ended")
    assert told.uncertain
    challenge.refresh_from_db()
    assert challenge.told_at
    later = make.utc("2028-06-01 12:00")
    clock.move_to(later)
    another = challenge_named("June", habit, bob, date(2028, 6, 1), date(2028, 6, 3))
    clock.move_to(make.utc("2028-06-04 18:00"))
    look_after_challenges()
    assert not Delivery.objects.get(key=f"challenge:{another.pk}:{bob.pk}").uncertain


def challenge_named(name: str, habit: Habit, member: User, first: date, last: date) -> Challenge:
    assert habit.owner
    now = timezone.now()
    made = challenges.create(
        creator=habit.owner, habit_id=habit.pk, name=name, first_day=first, last_day=last, is_public=True, now=now
    )
    challenges.join(user=User.objects.get(pk=member.pk), challenge_id=made.pk, now=now)
    return made

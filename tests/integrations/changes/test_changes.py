"""Changes of a person: what is recorded, in which order, and how a program reads them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from achievements.models import Achievement
from community.challenges import endings
from community.challenges import services as challenges
from integrations import tasks
from integrations.changes import lapses, recording, rules, services
from integrations.changes.rules import ChangeType
from integrations.models import Change, ChangeStream, StreakWatch
from tests import make
from tracking.models import HabitTrack
from tracking.tasks import apply_pending_changes
from users.models import User
from users.scopes import Scope
from users.services import remove_account

NOW = make.utc("2026-11-21 12:00")
TODAY, CHANGES = NOW.date(), "/api/changes/"
A_DAY = timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def start(api: APIClient) -> int:
    """The position at which alice's program starts."""
    return int(api.get(CHANGES).json()["after"])


@pytest.fixture
def track(alice: User) -> HabitTrack:
    return make.track(alice, name="Push-ups")


def read(api: APIClient, after: int, **query: int) -> list[dict[str, Any]]:
    """Read all changes after a position, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = api.get(CHANGES, {"after": after, **query})
        assert answer.status_code == 200, answer.content
        body = answer.json()
        found += body["results"]
        assert body["after"] >= after
        after = body["after"]
        if not body["has_more"]:
            return found


def types(changes: list[dict[str, Any]]) -> list[str]:
    return [each["type"] for each in changes]


class TestRecording:
    def test_nothing_is_recorded_of_somebody_whose_changes_no_program_asks_for(self, track: HabitTrack) -> None:
        make.log(track, TODAY)
        assert not Change.objects.exists() and not StreakWatch.objects.exists()

    def test_a_log_comes_before_the_streak_that_it_extends_and_what_that_earns(
        self, api: APIClient, alice: User, track: HabitTrack
    ) -> None:
        Achievement.objects.create(kind="days", target=1, name_en="First day", created_at=NOW)
        api.post("/api/goals/", {"track": track.pk, "days": 1})
        position = api.get(CHANGES).json()["after"]
        make.log(track, TODAY, note="before coffee")
        found = read(api, position)
        assert types(found)[:3] == ["log.set", "streak.extended", "goal.reached"]
        assert set(types(found)[3:]) == {"achievement.awarded"}
        assert [each["sequence"] for each in found] == list(range(position + 1, position + 1 + len(found)))
        log, streak = found[0]["data"], found[1]["data"]
        assert log["log"] == api.get(f"/api/tracks/{track.pk}/logs/{TODAY}/").json()
        assert log["track"] == streak["track"]
        assert (streak["streak_before"], streak["track"]["current_streak"]) == (0, 1)
        assert streak["track"]["lapses_at"] == "2026-11-23T00:00:00Z"

    def test_a_cleared_day_takes_back_the_streak_and_the_achievement(
        self, api: APIClient, track: HabitTrack, start: int
    ) -> None:
        Achievement.objects.filter(pk__gt=0).delete()
        Achievement.objects.create(kind="days", target=1, name_en="First day", created_at=NOW)
        make.log(track, TODAY)
        middle = read(api, start)[-1]["sequence"]
        api.delete(f"/api/tracks/{track.pk}/logs/{TODAY}/")
        found = read(api, middle)
        assert types(found) == ["log.cleared", "streak.lost", "achievement.withdrawn"]
        assert found[0]["data"]["day"] == str(TODAY)
        assert found[2]["data"]["achievement"]["name"] == "First day"

    def test_what_changes_nothing_is_not_told(self, api: APIClient, track: HabitTrack, start: int) -> None:
        make.log(track, TODAY)
        before = len(read(api, start))
        make.log(track, TODAY)
        assert len(read(api, start)) == before

    def test_habits_tracks_and_pauses(self, api: APIClient, start: int) -> None:
        habit = api.post("/api/habits/", {"name": "Read", "frequency": "daily"}).json()
        api.patch(f"/api/habits/{habit['id']}/", {"name": "Read a page"})
        track = habit["track"]
        pause = api.post("/api/pauses/", {"track": track, "first_day": str(TODAY)}).json()
        api.patch(f"/api/pauses/{pause['id']}/", {"last_day": str(TODAY + A_DAY)})
        api.delete(f"/api/pauses/{pause['id']}/")
        api.patch(f"/api/tracks/{track}/", {"archived": True})
        api.patch(f"/api/tracks/{track}/", {"archived": False})
        api.delete(f"/api/habits/{habit['id']}/")
        found = read(api, start)
        assert sorted(types(found)) == sorted(
            [
                *("habit.created", "track.started", "habit.changed"),
                *("pause.started", "pause.started", "pause.ended", "pause.started", "pause.ended"),
                *("habit.deleted", "track.left"),
            ]
        )
        by_type = {each["type"]: each["data"] for each in found}
        assert by_type["habit.created"]["habit"]["name"] == "Read"
        assert by_type["habit.changed"]["habit"]["name"] == "Read a page"
        assert by_type["habit.deleted"]["habit"] == {"id": habit["id"], "name": "Read a page"}
        assert by_type["track.left"]["deleted"] is True
        assert by_type["pause.ended"]["pause"]["reason"] == "archived"

    def test_followers_are_told_of_the_habit_without_what_is_the_owners(
        self, alice: User, bob: User, charlie: User
    ) -> None:
        habit = make.habit(alice, name="Walk", is_published=True)
        for user in (bob, charlie):
            make.follower(user, habit)
        program = make.client(bob)
        position = program.get(CHANGES).json()["after"]
        make.client(alice).patch(f"/api/habits/{habit.pk}/", {"name": "Walk far"})
        [found] = read(program, position)
        assert (found["type"], found["data"]["habit"]["name"]) == ("habit.changed", "Walk far")
        assert "is_published" not in found["data"]["habit"]
        assert Change.objects.count() == 1

    def test_an_abandoned_habit_is_deleted_for_its_owner_alone(self, alice: User, bob: User) -> None:
        habit = make.habit(alice, name="Walk", is_published=True)
        make.follower(bob, habit)
        hers, his = make.client(alice), make.client(bob)
        positions = [client.get(CHANGES).json()["after"] for client in (hers, his)]
        hers.delete(f"/api/habits/{habit.pk}/")
        assert types(read(hers, positions[0])) == ["habit.deleted", "track.left"]
        assert types(read(his, positions[1])) == []

    def test_the_members_of_a_challenge_are_told_of_its_end(
        self, api: APIClient, alice: User, track: HabitTrack, start: int, clock: Any
    ) -> None:
        day = TODAY + A_DAY
        challenge = challenges.create(
            creator=alice, habit_id=track.habit_id, name="One day", first_day=day, last_day=day, now=NOW
        )
        clock.move_to(NOW + 5 * A_DAY)
        endings.finalize_ended(now=timezone.now())
        endings.notify_members(now=timezone.now())
        told = [each["data"] for each in read(api, start) if each["type"] == "challenge.ended"]
        assert [each["challenge"]["id"] for each in told] == [challenge.pk]
        assert told[0]["rank"] == 1 and "code" not in told[0]["challenge"]

    def test_a_failed_transaction_leaves_no_change(
        self, track: HabitTrack, start: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object, **__: object) -> None:
            raise RuntimeError("broken")

        monkeypatch.setattr("integrations.changes.recording.record_days", fails)
        with pytest.raises(RuntimeError):
            make.log(track, TODAY)
        assert not Change.objects.exists()

    def test_a_deleted_account_leaves_nothing(self, alice: User, track: HabitTrack, start: int) -> None:
        make.log(track, TODAY)
        remove_account(user=User.objects.get(pk=alice.pk), now=NOW)
        assert not Change.objects.exists() and not ChangeStream.objects.exists() and not StreakWatch.objects.exists()

    def test_the_stream_is_locked_before_its_changes_as_numbering_does(
        self, alice: User, track: HabitTrack, start: int
    ) -> None:
        """In the other order the two would wait for each other."""
        make.log(track, TODAY)
        with CaptureQueriesContext(connection) as ran, transaction.atomic():
            services.delete_for_user(user=alice)
        assert "changestream" in next(each["sql"] for each in ran if "integrations_" in each["sql"])

    def test_a_track_is_deleted_whatever_was_told_of_it(self, api: APIClient, track: HabitTrack, start: int) -> None:
        make.log(track, TODAY)
        User.objects.update(records_changes=False)
        assert api.delete(f"/api/habits/{track.habit_id}/").status_code == 204

    def test_a_check_off_of_a_recorded_person_makes_few_more_statements(
        self, api: APIClient, track: HabitTrack, start: int
    ) -> None:
        """Two for the streak that was told, one for the logs, one for each row that is written."""
        make.log(track, TODAY - A_DAY)
        counts = []
        for records in (True, False):
            User.objects.update(records_changes=records)
            api.delete(f"/api/tracks/{track.pk}/logs/{TODAY}/")
            with CaptureQueriesContext(connection) as captured:
                api.put(f"/api/tracks/{track.pk}/logs/{TODAY}/", {"status": "completed"})
            counts.append(len(captured))
        assert counts[0] - counts[1] == 5


class TestLostStreaks:
    def test_a_streak_is_told_lost_once_within_the_minute_in_which_it_lapses(
        self, api: APIClient, track: HabitTrack, start: int, clock: Any
    ) -> None:
        make.log(track, TODAY)
        middle = read(api, start)[-1]["sequence"]
        clock.move_to(make.utc("2026-11-22 23:59"))
        tasks.tell_programs()
        assert read(api, middle) == []
        clock.move_to(make.utc("2026-11-23 00:00"))
        for _ in range(3):
            tasks.tell_programs()
        [lost] = read(api, middle)
        assert (lost["type"], lost["data"]["streak_before"]) == ("streak.lost", 1)
        assert lost["data"]["track"]["current_streak"] == 0
        assert lost["timestamp"] == "2026-11-23T00:00:00Z"

    def test_a_streak_of_before_a_program_asked_is_told_lost_as_well(
        self, api: APIClient, track: HabitTrack, clock: Any
    ) -> None:
        make.log(track, TODAY)
        position = api.get(CHANGES).json()["after"]
        clock.move_to(NOW + 2 * A_DAY)
        tasks.tell_programs()
        assert types(read(api, position)) == ["streak.lost"]

    def test_a_lost_streak_that_is_begun_again_is_lost_again(
        self, api: APIClient, track: HabitTrack, start: int, clock: Any
    ) -> None:
        for days in (0, 3):
            clock.move_to(NOW + days * A_DAY)
            make.log(track, TODAY + days * A_DAY)
            clock.move_to(NOW + (days + 2) * A_DAY)
            tasks.tell_programs()
        streaks = [each for each in types(read(api, start)) if each.startswith("streak.")]
        assert streaks == ["streak.extended", "streak.lost"] * 2

    def test_a_log_that_saves_the_streak_meanwhile_wins(
        self, api: APIClient, track: HabitTrack, start: int, clock: Any
    ) -> None:
        make.log(track, TODAY)
        clock.move_to(NOW + 2 * A_DAY)
        make.log(track, TODAY + A_DAY)
        tasks.tell_programs()
        assert "streak.lost" not in types(read(api, start))

    def test_time_alone_extends_the_streak_of_a_limit_habit(self, api: APIClient, alice: User, clock: Any) -> None:
        make.limit(alice, 2, "daily")
        position = api.get(CHANGES).json()["after"]
        clock.move_to(NOW + A_DAY)
        apply_pending_changes()
        assert types(read(api, position)) == ["streak.extended"]

    def test_one_that_cannot_be_told_holds_up_no_other(
        self, api: APIClient, alice: User, start: int, clock: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bad, good = make.track(alice, name="Bad"), make.track(alice, name="Good")
        for track in (bad, good):
            make.log(track, TODAY)
        middle = read(api, start)[-1]["sequence"]
        clock.move_to(NOW + 2 * A_DAY)
        living = recording.record_streak

        def record(*, track: HabitTrack, **rest: Any) -> None:
            if track.pk == bad.pk:
                raise RuntimeError("broken")
            living(track=track, **rest)

        monkeypatch.setattr(lapses, "record_streak", record)
        tasks.tell_programs()
        assert [each["data"]["track"]["id"] for each in read(api, middle)] == [good.pk]


class TestReading:
    def test_the_first_answer_says_where_to_start_and_from_when_to_read_everything(self, api: APIClient) -> None:
        assert api.get(CHANGES).json() == {
            "results": [],
            "after": 0,
            "has_more": False,
            "read_all_from": "2026-11-21T12:01:00Z",
        }

    def test_later_starts_need_not_wait(self, api: APIClient, track: HabitTrack, start: int, clock: Any) -> None:
        make.log(track, TODAY)
        clock.move_to(NOW + A_DAY)
        answer = api.get(CHANGES).json()
        assert answer["read_all_from"] == "2026-11-22T12:00:00Z"
        assert read(api, answer["after"]) == []

    def test_pages_have_each_change_once(self, api: APIClient, track: HabitTrack, start: int) -> None:
        for days in range(12):
            make.log(track, TODAY - days * A_DAY)
        whole = read(api, start)
        assert len(whole) > 12
        assert [each["id"] for each in read(api, start, limit=1)] == [each["id"] for each in whole]

    def test_who_was_away_for_a_month_loses_nothing(
        self, api: APIClient, track: HabitTrack, start: int, clock: Any
    ) -> None:
        for days in range(30):
            clock.move_to(NOW + days * A_DAY)
            make.log(track, TODAY + days * A_DAY)
            tasks.forget_old_changes()
        clock.move_to(NOW + 31 * A_DAY)
        assert types(read(api, start)).count("log.set") == 30

    def test_a_position_whose_changes_are_not_kept_is_gone(
        self, api: APIClient, track: HabitTrack, start: int, clock: Any
    ) -> None:
        make.log(track, TODAY)
        last = read(api, start)[-1]["sequence"]
        clock.move_to(NOW + rules.KEPT_FOR + A_DAY)
        tasks.forget_old_changes()
        assert make.refused(api.get(CHANGES, {"after": start}), 410) == [("position_gone", None)]
        assert read(api, last) == []

    def test_a_position_that_was_never_given_is_gone(self, api: APIClient, start: int) -> None:
        """Also after a backup was restored: the numbers were given to other changes."""
        assert make.refused(api.get(CHANGES, {"after": start + 1}), 410) == [("position_gone", None)]

    def test_recording_ends_when_nobody_asks_and_old_positions_with_it(
        self, api: APIClient, alice: User, track: HabitTrack, start: int, clock: Any
    ) -> None:
        make.log(track, TODAY)
        last = read(api, start)[-1]["sequence"]
        clock.move_to(NOW + rules.UNREAD_FOR + 2 * A_DAY)
        tasks.forget_old_changes()
        assert not User.objects.get(pk=alice.pk).records_changes and not StreakWatch.objects.exists()
        make.log(track, TODAY + A_DAY)
        assert make.refused(api.get(CHANGES, {"after": last}), 410) == [("position_gone", None)]
        answer = api.get(CHANGES).json()
        make.log(track, TODAY + 2 * A_DAY)
        assert types(read(api, answer["after"]))[0] == "log.set"

    @pytest.mark.parametrize(
        ("scope", "seen"),
        [
            (Scope.HABITS_READ, {"goal"}),
            (Scope.STATS_READ, {"streak"}),
            (Scope.PROFILE_READ, set()),
        ],
    )
    def test_a_key_sees_what_its_scopes_read(
        self, api: APIClient, alice: User, track: HabitTrack, scope: Scope, seen: set[str]
    ) -> None:
        Achievement.objects.all().delete()
        api.post("/api/goals/", {"track": track.pk, "days": 1})
        position = api.get(CHANGES).json()["after"]
        make.log(track, TODAY)
        program = make.program(make.key(alice, Scope.LOGS_READ, scope).text)
        found = read(program, position, limit=1)
        assert {each["type"].partition(".")[0] for each in found} == {"log"} | seen
        assert program.get(CHANGES, {"after": position}).json()["after"] == position + 3

    @pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=0", "limit=501", "since=1"])
    def test_bad_input_is_refused(self, api: APIClient, query: str) -> None:
        assert make.refused(api.get(f"{CHANGES}?{query}"))

    def test_another_person_sees_none_of_it(self, api: APIClient, bob: User, track: HabitTrack, start: int) -> None:
        make.log(track, TODAY)
        program = make.client(bob)
        assert read(program, program.get(CHANGES).json()["after"]) == []


def test_every_type_has_a_scope() -> None:
    assert {rules.scope_of(each) for each in ChangeType} <= set(Scope)


@pytest.mark.engine("postgresql", reason="SQLite writes one after the other")
@pytest.mark.django_db(transaction=True)
def test_parallel_logs_are_numbered_without_gap_in_the_order_of_their_track(alice: User) -> None:
    tracks = [make.track(alice, name=f"Habit {number}") for number in range(4)]
    api = make.client(alice)
    position = api.get(CHANGES).json()["after"]

    def write(track: HabitTrack) -> Callable[[], None]:
        def run() -> None:
            for days in range(5):
                make.log(track, TODAY - days * A_DAY, amount=days + 1)
                services.number(user_id=alice.pk, queue=lambda *_: None)

        return run

    make.at_once([write(track) for track in tracks])
    found = read(api, position)
    assert [each["sequence"] for each in found] == list(range(position + 1, position + 1 + len(found)))
    for track in tracks:
        own = [each["data"] for each in found if each["type"] == "log.set" and each["data"]["track"]["id"] == track.pk]
        assert [each["log"]["day"] for each in own] == [str(TODAY - days * A_DAY) for days in range(5)]

"""The API of achievements: the list with progress, the ones held, those of one's own habits; the admin; messages."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.admin.sites import site
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from achievements.awards import services
from achievements.awards.services import MAX_PER_HABIT
from achievements.models import Achievement, UserAchievement
from habits.services import edit_habit
from notifications.models import Delivery
from notifications.tasks import send_all
from tests import make
from tests.fake_telegram import FakeTelegram
from tracking.models import HabitTrack
from tracking.tracks.services import leave
from users.models import User
from users.services import edit_profile

TODAY = date(2026, 11, 21)
PATH = "/api/achievements/"
GIVEN: dict[str, Any] = {"name_en": "Three times", "picture": "🥉", "kind": "days", "target": 3}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(f"{TODAY} 12:00Z", tick=False) as traveller:
        yield traveller


def shown(api: APIClient, **filters: Any) -> list[dict[str, Any]]:
    answer = api.get(PATH, {"page_size": 100} | filters)
    assert answer.status_code == 200, answer.content
    return list(answer.json()["results"])


def one(api: APIClient, name: str) -> dict[str, Any]:
    return next(each for each in shown(api) if each["name"] == name)


def keep(track: HabitTrack, *backs: int) -> None:
    for back in backs:
        make.log(track, TODAY - timedelta(days=back))


def publish(owner: User) -> HabitTrack:
    """Publish a habit and return the owner's track of it."""
    return make.track(owner, name="Shared", is_published=True)


def added(api: APIClient, track: HabitTrack, **given: Any) -> dict[str, Any]:
    answer = api.post(PATH, GIVEN | {"habit": track.habit_id} | given)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


# The list and progress.


def test_a_new_user_sees_the_starting_set_without_progress(api: APIClient) -> None:
    everything = shown(api)
    assert len(everything) == 13
    assert {each["progress"]["share"] for each in everything} == {0.0}
    assert everything[0] == {
        "id": everything[0]["id"],
        "name": "7 days in a row",
        "description": "A habit completed on seven scheduled days in a row.",
        "picture": "🔥",
        "habit": None,
        "kind": "streak",
        "target": 7,
        "window_days": None,
        "unit": "day",
        "progress": {"current": 0, "target": 7, "share": 0.0},
        "held": False,
        "day": None,
        "awarded_at": None,
        "is_own": False,
    }
    assert api.get(f"{PATH}{everything[0]['id']}/").json() == everything[0]
    assert len(api.get(PATH).json()["results"]) == 5


def test_progress_is_that_of_the_best_habit(api: APIClient, alice: User) -> None:
    keep(make.track(alice, name="Much"), 3, 2, 1, 0)
    keep(make.track(alice, name="Little"), 1, 0)
    progress = {each["name"]: each["progress"] for each in shown(api)}
    assert progress["7 days in a row"] == {"current": 4, "target": 7, "share": 0.5714}
    assert progress["100 days done"] == {"current": 4, "target": 100, "share": 0.04}
    assert progress["25 days out of 30"] == {"current": 4, "target": 25, "share": 0.16}
    assert progress["A full month"] == {"current": 4, "target": 30, "share": 0.1333}
    assert progress["Second nature"]["current"] == 19
    assert progress["Five in a day"] == {"current": 2, "target": 5, "share": 0.4}
    assert progress["Back again"] == {"current": 0, "target": 1, "share": 0.0}


def test_a_lapsed_streak_is_no_progress(api: APIClient, alice: User, clock: Any) -> None:
    keep(make.track(alice), 2, 1, 0)
    clock.shift(timedelta(days=2))
    assert one(api, "7 days in a row")["progress"]["current"] == 0


def test_a_held_achievement_has_full_progress_and_its_day(api: APIClient, alice: User, clock: Any) -> None:
    keep(make.track(alice), *range(7))
    clock.shift(timedelta(days=9))
    held = one(api, "7 days in a row")
    assert (held["held"], held["day"], held["awarded_at"]) == (True, "2026-11-21", "2026-11-21T12:00:00Z")
    assert held["progress"] == {"current": 7, "target": 7, "share": 1.0}


def test_mine_names_the_habit_that_earned_it(api: APIClient, alice: User) -> None:
    track = make.track(alice, name="Push-ups")
    keep(track, *range(7))
    [award] = api.get(f"{PATH}mine/").json()["results"]
    assert award == {
        "id": UserAchievement.objects.get().pk,
        "achievement": {
            name: one(api, "7 days in a row")[name]
            for name in ("id", "name", "description", "picture", "kind", "target", "window_days", "unit")
        },
        "habit": {"id": track.habit_id, "name": "Push-ups"},
        "day": "2026-11-21",
        "awarded_at": "2026-11-21T12:00:00Z",
    }


def test_names_are_in_the_users_language(api: APIClient, alice: User) -> None:
    edit_profile(user=alice, language="ru", now=timezone.now())
    assert shown(api)[0]["name"] == "7 дней подряд"
    assert shown(api)[0]["description"].startswith("Привычка выполнена семь запланированных дней")
    Achievement.objects.create(name_en="English only", description_en="Said in English", kind="days", target=2)
    assert shown(api)[-1]["description"] == "Said in English"


def test_the_list_is_filtered_by_habit_kind_and_held(api: APIClient, alice: User) -> None:
    track = publish(alice)
    own = added(api, track)
    keep(track, *range(7))
    assert [each["id"] for each in shown(api, habit=track.habit_id)] == [own["id"]]
    assert {each["kind"] for each in shown(api, kind="comeback")} == {"comeback"}
    assert [each["name"] for each in shown(api, held="true")] == ["7 days in a row", "Three times"]
    assert len(shown(api, held="false")) == 12
    assert make.refused(api.get(PATH, {"kind": "luck"})) == [("invalid_choice", "kind")]
    assert make.refused(api.get(PATH, {"habit": "x"})) == [("invalid", "habit")]


def test_the_lists_take_a_fixed_number_of_queries(api: APIClient, alice: User) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as made:
            assert api.get(path, {"page_size": 100}).status_code == 200
        return len(made)

    keep(make.track(alice), *range(7))
    few = queries(PATH), queries(f"{PATH}mine/")
    for number in range(5):
        track = make.track(alice, name=f"Habit {number}", is_published=True)
        Achievement.objects.create(name_en=f"Mine {number}", habit=track.habit, kind="days", target=1)
        Achievement.objects.create(name_en=f"More {number}", habit=track.habit, kind="days", target=900)
        keep(track, 1, 0)
    assert UserAchievement.objects.count() > 5
    assert (queries(PATH), queries(f"{PATH}mine/")) == few


# Achievements of one's own habits.


def test_a_follower_earns_what_the_habits_owner_added(api: APIClient, alice: User, bob: User) -> None:
    hers = publish(alice)
    made = added(api, hers, name_ru="Три раза", description_en="Done three times.")
    assert (made["name"], made["description"], made["picture"]) == ("Three times", "Done three times.", "🥉")
    assert (made["habit"], made["is_own"]) == ({"id": hers.habit_id, "name": "Shared"}, True)
    his = make.client(bob)
    assert (one(his, "Three times")["is_own"], one(his, "Three times")["held"]) == (False, False)
    keep(make.follower(bob, hers.habit), 2, 1, 0)
    assert one(his, "Three times")["held"] is True
    assert one(api, "Three times")["held"] is False


@pytest.mark.parametrize(
    ("given", "code", "attr"),
    [
        ({"habit": None}, "null", "habit"),
        ({"habit": 10**9}, "does_not_exist", "habit"),
        ({"habit": 2**70}, "max_value", "habit"),
        ({"name_en": ""}, "required", "name_en"),
        ({"name_en": "x" * 101}, "max_length", "name_en"),
        ({"picture": ""}, "blank", "picture"),
        ({"kind": "luck"}, "invalid_choice", "kind"),
        ({"kind": "habits_in_a_day"}, "invalid_choice", "kind"),
        ({"target": 0}, "min_value", "target"),
        ({"target": 10**6}, "max_value", "target"),
        ({"kind": "strength", "target": 101}, "target_out_of_range", "target"),
        ({"kind": "days_in_window"}, "required", "window_days"),
        ({"kind": "days_in_window", "window_days": 2}, "window_out_of_range", "window_days"),
        ({"window_days": 9}, "not_for_this_kind", "window_days"),
        ({"unit": "day"}, "not_for_this_kind", "unit"),
        ({"kind": "streak", "unit": "hour"}, "invalid_choice", "unit"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(
    api: APIClient, alice: User, given: dict[str, Any], code: str, attr: str
) -> None:
    body = GIVEN | {"habit": publish(alice).habit_id} | given
    before = make.everything()
    assert make.refused(api.post(PATH, body)) == [(code, attr)]
    assert make.everything() == before


def test_achievements_are_refused_for_unpublished_pleasant_or_foreign_habits(
    api: APIClient, alice: User, bob: User
) -> None:
    private, pleasant = make.habit(alice), make.habit(alice, is_pleasant=True, is_published=True)
    assert make.refused(api.post(PATH, GIVEN | {"habit": private.pk})) == [("not_published", "habit")]
    assert make.refused(api.post(PATH, GIVEN | {"habit": pleasant.pk})) == [("pleasant", "habit")]
    his = GIVEN | {"habit": publish(bob).habit_id}
    assert make.refused(api.post(PATH, his)) == [("does_not_exist", "habit")]


def test_the_number_of_achievements_of_a_habit_is_limited(api: APIClient, alice: User) -> None:
    track = publish(alice)
    rows = [Achievement(habit=track.habit, name_en="x", kind="days") for _ in range(MAX_PER_HABIT - 1)]
    Achievement.objects.bulk_create(rows)
    last = added(api, track)
    full = GIVEN | {"habit": track.habit_id}
    assert make.refused(api.post(PATH, full)) == [("too_many", "habit")]
    assert api.delete(f"{PATH}{last['id']}/").status_code == 204
    added(api, track)


def test_achievements_created_and_retired_repeatedly_do_not_pile_up(
    api: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_PER_HABIT_WITH_RETIRED", 2)
    track = publish(alice)
    for _ in range(3):
        assert api.delete(f"{PATH}{added(api, track)['id']}/").status_code == 204
    assert Achievement.objects.filter(habit=track.habit).count() == 1
    for back in range(2):
        mine = added(api, track, target=1)
        keep(track, back)
        assert api.delete(f"{PATH}{mine['id']}/").status_code == 204
    body = GIVEN | {"habit": track.habit_id}
    assert make.refused(api.post(PATH, body)) == [("too_many", "habit")]
    assert api.get(f"{PATH}mine/").json()["count"] == 2


def test_achievements_of_a_habit_that_becomes_pleasant_are_deleted(api: APIClient, alice: User) -> None:
    track = publish(alice)
    path = f"{PATH}{added(api, track)['id']}/"
    edit_habit(owner=alice, habit_id=track.habit_id, now=timezone.now(), is_pleasant=True)
    make.refused(api.get(path), 404)


def test_texts_can_always_change_and_the_rule_until_somebody_earns_it(api: APIClient, alice: User) -> None:
    track = publish(alice)
    path = f"{PATH}{added(api, track)['id']}/"
    answer = api.patch(path, {"target": 2, "name_en": "Twice"})
    assert (answer.status_code, answer.json()["target"], answer.json()["name"]) == (200, 2, "Twice")
    assert make.refused(api.patch(path, {"kind": "strength", "target": 200})) == [("target_out_of_range", "target")]
    keep(track, 1, 0)
    assert api.get(path).json()["held"] is True
    assert make.refused(api.patch(path, {"target": 3})) == [("rule_was_earned", "target")]
    assert api.patch(path, {"target": 2, "picture": "🥈"}).json()["picture"] == "🥈"
    make.refused(api.put(path, GIVEN), 405)


def test_a_retired_achievement_is_visible_to_its_holders_only(api: APIClient, alice: User, bob: User) -> None:
    track = publish(alice)
    path = f"{PATH}{added(api, track, target=1)['id']}/"
    keep(track, 0)
    assert api.delete(path).status_code == 204
    assert api.get(path).json()["held"] is True
    make.refused(make.client(bob).get(path), 404)
    make.refused(api.patch(path, {"target": 2}), 404)
    make.refused(api.delete(path), 404)


def test_achievements_of_other_users_and_of_staff_cannot_be_changed(api: APIClient, alice: User, bob: User) -> None:
    hers = f"{PATH}{added(api, publish(alice))['id']}/"
    everybodys = f"{PATH}{Achievement.objects.filter(habit=None).earliest('pk').pk}/"
    his, before = make.client(bob), make.everything()
    for path in (hers, everybodys):
        assert his.get(path).status_code == 200
        for answer in (his.patch(path, {"name_en": "Mine"}), his.patch(path, {"target": "x"}), his.delete(path)):
            assert make.refused(answer, 404) == [("not_found", None)]
    assert make.everything() == before


def test_achievements_of_an_unpublished_habit_are_visible_to_its_trackers(
    api: APIClient, alice: User, bob: User, charlie: User
) -> None:
    track = publish(alice)
    path = f"{PATH}{added(api, track)['id']}/"
    followed = make.follower(bob, track.habit)
    assert make.client(charlie).get(path).status_code == 200
    edit_habit(owner=alice, habit_id=track.habit_id, now=timezone.now(), is_published=False)
    for user, status in ((alice, 200), (bob, 200), (charlie, 404)):
        assert make.client(user).get(path).status_code == status, user
        listed = "Three times" in [each["name"] for each in shown(make.client(user))]
        assert listed == (status == 200), user
    assert shown(make.client(charlie), habit=track.habit_id) == []
    leave(user=bob, track_id=followed.pk, now=timezone.now())
    assert make.client(bob).get(path).status_code == 404


def test_an_earned_achievement_stays_visible_after_leaving_the_habit(api: APIClient, alice: User, bob: User) -> None:
    hers = publish(alice)
    path = f"{PATH}{added(api, hers, target=1)['id']}/"
    his = make.follower(bob, hers.habit)
    keep(his, 0)
    edit_habit(owner=alice, habit_id=hers.habit_id, now=timezone.now(), is_published=False)
    leave(user=bob, track_id=his.pk, now=timezone.now())
    assert make.client(bob).get(path).json()["held"] is True
    assert make.client(bob).get(f"{PATH}mine/").json()["count"] == 1


def test_signing_in_is_required(stranger: APIClient) -> None:
    for path in (PATH, f"{PATH}mine/", f"{PATH}1/"):
        make.refused(stranger.get(path), 401)
    make.refused(stranger.post(PATH, GIVEN), 401)


# The tables and the admin.


@pytest.mark.parametrize(
    "row",
    [
        {"name_en": ""},
        {"target": 0},
        {"target": 4000},
        {"kind": "strength", "target": 101},
        {"kind": "days_in_window"},
        {"kind": "days_in_window", "window_days": 2},
        {"kind": "days_in_window", "window_days": 400},
    ],
)
def test_the_database_refuses_invalid_rules(row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Achievement.objects.create(**{"name_en": "x", "kind": "days", "target": 3} | row)


def test_the_database_refuses_a_habit_for_a_rule_that_counts_habits(alice: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Achievement.objects.create(name_en="x", kind="habits_in_a_day", target=3, habit=make.habit(alice))


def test_the_database_refuses_a_second_award(alice: User) -> None:
    award = {
        "user": alice,
        "achievement": Achievement.objects.earliest("pk"),
        "day": TODAY,
        "awarded_at": timezone.now(),
    }
    UserAchievement.objects.create(**award)
    with pytest.raises(IntegrityError), transaction.atomic():
        UserAchievement.objects.create(**award)


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("staff@example.org", make.PASSWORD))
    return client


ADMIN = "/admin/achievements/achievement/"
FORM = {"picture": "🥇", "name_en": "Ten days", "name_ru": "Десять дней", "kind": "days", "target": 10, "unit": ""}


def test_staff_add_an_achievement_in_both_languages(admin: Client) -> None:
    assert admin.post(f"{ADMIN}add/", FORM).status_code == 302
    made = Achievement.objects.get(name_en="Ten days")
    assert (made.name_in("ru"), made.kind, made.target, made.habit) == ("Десять дней", "days", 10, None)
    page = admin.get(ADMIN)
    assert page.status_code == 200 and "Ten days" in page.content.decode()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "luck"}, "kind"),
        ({"kind": "strength", "target": 101}, "target"),
        ({"kind": "days_in_window"}, "window_days"),
        ({"unit": "day"}, "unit"),
        ({"name_en": "", "name_ru": ""}, "name_en"),
    ],
)
def test_the_admin_refuses_an_invalid_rule_naming_the_field(admin: Client, given: dict[str, Any], field: str) -> None:
    page = admin.post(f"{ADMIN}add/", FORM | given)
    assert page.status_code == 200
    assert field in page.context["adminform"].form.errors
    assert not Achievement.objects.filter(picture="🥇").exists()


def test_the_admin_does_not_change_the_rule_of_an_earned_achievement(admin: Client, alice: User) -> None:
    admin.post(f"{ADMIN}add/", FORM | {"target": 1})
    keep(make.track(alice), 0)
    made = Achievement.objects.get(name_en="Ten days")
    page = admin.post(f"{ADMIN}{made.pk}/change/", FORM)
    assert page.status_code == 200 and "kind" in page.context["adminform"].form.errors
    assert admin.post(f"{ADMIN}{made.pk}/change/", FORM | {"target": 1, "picture": "🥈"}).status_code == 302
    made.refresh_from_db()
    assert (made.target, made.picture) == (1, "🥈")


def test_staff_see_awards_but_cannot_change_them(admin: Client, alice: User) -> None:
    keep(make.track(alice), *range(7))
    award = UserAchievement.objects.get()
    page = admin.get("/admin/achievements/userachievement/")
    assert page.status_code == 200 and "7 days in a row" in page.content.decode()
    shown = admin.get(f"/admin/achievements/userachievement/{award.pk}/change/")
    assert shown.status_code == 200 and b'name="_save"' not in shown.content
    assert site.is_registered(UserAchievement)


# Telegram messages.


@pytest.fixture
def running(telegram: FakeTelegram) -> HabitTrack:
    """Alice's track, six days into a streak. She has a chat, and the message about the new habit has been sent."""
    track = make.track(make.person("alice", chat=True), name="Running")
    keep(track, 6, 5, 4, 3, 2, 1)
    send_all()
    telegram.reset()
    for chat_id in make.CHATS.values():
        telegram.add_chat(chat_id)
    return track


def texts(telegram: FakeTelegram) -> list[str]:
    send_all()
    return [each.text for each in telegram.messages(1001)]


def delivery_states() -> list[tuple[str, str]]:
    return list(Delivery.objects.filter(kind="achievement").values_list("state", "reason"))


def test_earning_it_repeatedly_sends_one_message(running: HabitTrack, telegram: FakeTelegram) -> None:
    keep(running, 0)
    message = "🔥 Achievement: 7 days in a row\nA habit completed on seven scheduled days in a row.\nRunning"
    assert texts(telegram) == [message]
    make.log(running, TODAY, "missed")
    keep(running, 0)
    assert texts(telegram) == [message]
    assert delivery_states() == [("sent", "")]


def test_the_message_is_in_the_users_language(running: HabitTrack, telegram: FakeTelegram) -> None:
    edit_profile(user=running.user, language="ru", now=timezone.now())
    keep(running, 0)
    assert "7 дней подряд" in texts(telegram)[0]


def test_an_award_revoked_before_the_message_was_sent_is_sent_when_earned_again(
    running: HabitTrack, telegram: FakeTelegram
) -> None:
    keep(running, 0)
    make.log(running, TODAY, "missed")
    assert texts(telegram) == []
    assert delivery_states() == [("dropped", "withdrawn")]
    keep(running, 0)
    assert len(texts(telegram)) == 1
    assert delivery_states() == [("sent", "")]


def test_revoked_and_earned_again_before_the_message_was_sent_it_is_sent_once(
    running: HabitTrack, telegram: FakeTelegram
) -> None:
    keep(running, 0)
    make.log(running, TODAY, "missed")
    keep(running, 0)
    assert len(texts(telegram)) == 1


def test_an_award_of_several_habits_names_no_habit(telegram: FakeTelegram) -> None:
    Achievement.objects.all().delete()
    Achievement.objects.create(name_en="Two at once", picture="✌️", kind="habits_in_a_day", target=2)
    alice = make.person("alice", chat=True)
    tracks = [make.track(alice, name="One"), make.track(alice, name="Other")]
    for track in tracks:
        keep(track, 0)
    assert texts(telegram)[-1] == "✌️ Achievement: Two at once"


def test_without_a_chat_no_message_is_queued(api: APIClient, alice: User) -> None:
    keep(make.track(alice), *range(7))
    assert one(api, "7 days in a row")["held"] is True
    assert delivery_states() == []

"""The links behind buttons: once, for a short time, without a session, and for nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from notifications.models import Delivery
from notifications.taps import links
from notifications.taps.links import TapAction, TapTarget
from tests.notifications.channels.conftest import MORNING, reminder
from tracking.logs.services import set_day
from tracking.models import HabitLog, HabitTrack
from users import tokens
from users.services import reset_password

pytestmark = pytest.mark.django_db


def path(action: TapAction = TapAction.DONE, delivery: Delivery | None = None) -> str:
    row = delivery or reminder()
    made = links.make(TapTarget(action, row.pk, row.token), now=MORNING)
    return "/t/" + made.rstrip("/").rpartition("/")[2] + "/"


def code(answer: Any) -> str:
    found: str = answer.json()["errors"][0]["code"]
    return found


def test_opening_a_link_changes_nothing_and_a_post_acts(due: HabitTrack, stranger: APIClient) -> None:
    page = stranger.get(path(), headers={"Accept": "text/html"})
    assert page.status_code == 200 and "<form" in page.content.decode() and not HabitLog.objects.exists()
    assert page["Referrer-Policy"] == "no-referrer" and page["X-Robots-Tag"] == "noindex"
    assert stranger.head(path()).status_code == 200 and not HabitLog.objects.exists()
    done = stranger.post(path(), headers={"Accept": "text/html"})
    assert "Well done!" in done.content.decode()
    assert HabitLog.objects.get(track=due).status == "completed"


def test_a_link_works_once(due: HabitTrack, stranger: APIClient) -> None:
    assert stranger.post(path()).status_code == 200
    again = stranger.post(path())
    assert (again.status_code, code(again)) == (409, "already_used")
    assert code(stranger.post(path(TapAction.LATER))) == "already_used"


def test_a_day_that_is_logged_already_stays(due: HabitTrack, stranger: APIClient) -> None:
    set_day(user=due.user, track_id=due.pk, day=MORNING.date(), source="api", status="skipped", now=MORNING)
    assert code(stranger.post(path())) == "already_logged"
    assert code(stranger.post(path(TapAction.LATER))) == "already_logged"
    assert HabitLog.objects.get().status == "skipped"


def test_later_is_an_hour_later_and_not_after_the_day(due: HabitTrack, stranger: APIClient, clock: Any) -> None:
    clock.move_to(MORNING.replace(hour=19, minute=10))
    assert stranger.post(path(TapAction.LATER)).json()["later_at"] == "2026-11-21T20:10:00+00:00"
    Delivery.objects.update(tapped_at=None)
    Delivery.objects.filter(key__startswith="later:").delete()
    first = Delivery.objects.get()
    clock.move_to(MORNING.replace(hour=23, minute=10))
    late = links.make(TapTarget(TapAction.LATER, first.pk, first.token), now=MORNING.replace(hour=23))
    assert code(stranger.post("/t/" + late.rstrip("/").rpartition("/")[2] + "/")) == "too_late"


def test_a_link_ends_after_twelve_hours(due: HabitTrack, stranger: APIClient, clock: Any) -> None:
    clock.move_to(MORNING + timedelta(hours=12, seconds=1))
    assert stranger.post(path()).status_code == 404


def test_a_forged_link_does_nothing(due: HabitTrack, stranger: APIClient) -> None:
    good = path()
    row = reminder()
    for forged in (good[:-3] + "xy/", good.replace("done", "later"), good.replace(f":{row.pk}:", f":{row.pk + 1}:")):
        assert stranger.post(forged).status_code == 404
    assert stranger.post(path(delivery=Delivery(pk=row.pk, token="another"))).status_code == 404
    assert not HabitLog.objects.exists()


def test_a_reset_of_the_password_ends_links(due: HabitTrack, stranger: APIClient) -> None:
    link = path()
    user = due.user
    user.refresh_from_db()
    reset_password(token=tokens.password_reset.make(user), password="an even better battery", now=MORNING)
    assert stranger.post(link).status_code == 404


def test_a_habit_that_is_no_longer_followed_is_not_ticked(due: HabitTrack, stranger: APIClient) -> None:
    HabitTrack.objects.update(left_at=MORNING)
    assert code(stranger.post(path())) == "left"


def test_the_page_is_in_the_language_of_the_user(due: HabitTrack, stranger: APIClient) -> None:
    due.user.language = "ru"
    due.user.save(update_fields=["language"])
    assert "Готово" in stranger.get(path(), headers={"Accept": "text/html"}).content.decode()

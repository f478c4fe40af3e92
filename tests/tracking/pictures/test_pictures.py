"""Pictures: the heatmap of a track and the trend of all tracks: access, content, and valid SVG."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from tests import make
from tracking.logs.services import DayEntry, set_days
from tracking.models import HabitTrack
from tracking.pauses import services as pauses
from tracking.pictures import geometry as pictures
from tracking.pictures.geometry import Mark, Week
from users.models import User

TODAY = "2026-11-21"  # a Saturday
SVG = "{http://www.w3.org/2000/svg}"
TREND = "/api/summary/trend.svg"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(make.utc(f"{TODAY} 12:00"), tick=False) as traveller:
        yield traveller


@pytest.fixture
def track(alice: User) -> HabitTrack:
    """A track of ten push-ups a day."""
    return make.track(alice, schedule={"daily_amount": 10, "unit": "push-ups"})


def day(back: int) -> date:
    return date.fromisoformat(TODAY) - timedelta(days=back)


def heatmap_path(track: HabitTrack) -> str:
    return f"/api/tracks/{track.pk}/heatmap.svg"


def drawn(api: APIClient, path: str, **options: Any) -> ElementTree.Element:
    answer = api.get(path, **options)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "image/svg+xml"
    return ElementTree.fromstring(answer.content)


def marks(svg: ElementTree.Element) -> Counter[str]:
    """Return the number of cells per mark, without the one in the legend."""
    names = {mark.value for mark in Mark}
    found = Counter(each.get("class", "") for each in svg.iter() if each.get("class") in names)
    return found - Counter(names)


def text_of(svg: ElementTree.Element, name: str) -> str:
    return svg.findtext(f"{SVG}{name}") or ""


def bars(svg: ElementTree.Element) -> list[str]:
    return [each.get("height", "") for each in svg.iter(f"{SVG}rect") if each.get("class") == "bar"][:-1]


def test_each_day_shows_its_share_of_the_daily_amount(api: APIClient, track: HabitTrack) -> None:
    for back, amount in enumerate(("10", "12", "7", "5", "1")):
        api.put(f"/api/tracks/{track.pk}/logs/{day(back)}/", {"amount": amount})
    make.log(track, day(5), "missed")
    make.log(track, day(6), "skipped")
    make.log(track, day(9))
    assert marks(drawn(api, heatmap_path(track))) == {
        "full": 3, "much": 1, "half": 1, "little": 1, "missed": 1, "skipped": 1, "nothing": 2, "outside": 360,
    }  # fmt: skip


def test_days_that_are_not_due_and_paused_days_look_different(api: APIClient, alice: User) -> None:
    track = make.track(alice, schedule={"weekdays": frozenset({0, 2})})
    make.log(track, day(12))  # a Monday
    pauses.add(user=alice, track_id=None, first_day=day(4), last_day=day(3), now=timezone.now())
    found = marks(drawn(api, heatmap_path(track)))
    assert (found["full"], found["nothing"], found["paused"], found["not-due"]) == (1, 2, 2, 8)


def test_days_completed_in_a_pause_are_shown_as_completed(api: APIClient, alice: User, track: HabitTrack) -> None:
    make.log(track, TODAY)
    pauses.add(user=alice, track_id=track.pk, first_day=day(0), last_day=None, now=timezone.now())
    found = marks(drawn(api, heatmap_path(track)))
    assert (found["full"], found["paused"]) == (1, 0)


def test_skipped_paused_and_missed_days_differ_by_symbols_not_only_by_colour(api: APIClient, track: HabitTrack) -> None:
    svg = drawn(api, heatmap_path(track))
    signs = [each.get("d") for each in svg.iter(f"{SVG}path") if each.get("class") == "sign"]
    assert len(signs) == len(set(signs)) == 3


def test_the_share_uses_the_amount_in_force_on_the_day(api: APIClient, track: HabitTrack, clock: Any) -> None:
    make.log(track, TODAY)
    clock.shift(timedelta(days=1))
    assert api.patch(f"/api/habits/{track.habit_id}/", {"daily_amount": "100"}).status_code == 200
    make.log(track, day(-1), "partial", amount=10)
    found = marks(drawn(api, heatmap_path(track)))
    assert (found["full"], found["little"]) == (1, 1)


def test_the_alternative_text_says_what_the_picture_shows(api: APIClient, track: HabitTrack) -> None:
    make.log(track, TODAY)
    make.log(track, day(1), "skipped")
    svg = drawn(api, heatmap_path(track))
    assert (svg.get("role"), svg.get("aria-labelledby")) == ("img", "title desc")
    assert text_of(svg, "title") == "Push-ups: the past year"
    assert text_of(svg, "desc") == (
        "From 2025-11-17 to 2026-11-21: 1 day completed, 0 partly done, 0 missed, 1 skipped, 0 paused, 0 without an entry."
    )
    trend = drawn(api, TREND)
    assert (trend.get("role"), text_of(trend, "title")) == ("img", "Success per week")
    assert text_of(trend, "desc").startswith("From 2025-11-22 to 2026-11-21: 100% completed over all habits")


def test_pictures_use_their_owners_language_with_its_plural_forms(alice: User) -> None:
    api, track = make.client(alice), make.track(alice, name="Чтение")
    assert api.patch("/api/users/me/", {"language": "ru"}).status_code == 200
    said = []
    for back in range(2):
        make.log(track, day(back))
        said.append(text_of(drawn(api, heatmap_path(track)), "desc"))
    assert [each.split(": ", 1)[1].split(",")[0] for each in said] == ["1 выполненный день", "2 выполненных дня"]
    assert said[0].startswith("С 2025-11-17 по 2026-11-21: 1 выполненный день, частично: 0, не сделано: 0,")
    words = {each.text for each in drawn(api, heatmap_path(track)).iter(f"{SVG}text")}
    assert {"Чтение", "нет записи", "Ноя", "Пн"} <= words
    assert not any(each.isascii() and each.isalpha() for each in words if each)
    trend = drawn(api, TREND)
    assert text_of(trend, "title") == "Выполнение по неделям"
    assert {"одна неделя", "последние четыре недели"} <= {each.text for each in trend.iter(f"{SVG}text")}


def test_partly_done_days_are_listed_after_completed_ones(api: APIClient, track: HabitTrack) -> None:
    for back, amount in enumerate((7, 5, 1)):
        make.log(track, day(back), "partial", amount=amount)
    svg = drawn(api, heatmap_path(track))
    assert "0 days completed, 3 partly done, 0 missed" in text_of(svg, "desc")
    shown = next(each.text for each in svg.iter(f"{SVG}text") if each.get("class") == "summary")
    assert shown == "0 days completed, 3 partly done in the year to 2026-11-21"


def test_the_alternative_text_of_the_trend_names_the_best_and_the_weakest_week(
    api: APIClient, track: HabitTrack
) -> None:
    for back in (13, 12, 11):  # Sunday; Monday, Tuesday
        make.log(track, day(back))
    assert text_of(drawn(api, TREND), "desc") == (
        "From 2025-11-22 to 2026-11-21: 23% completed over all habits. "
        "Best: 100% in the week of 2026-11-02; weakest: 0% in the week of 2026-11-16."
    )


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "a & b \"c\" 'd' ]]>", "x\u0001\u001b\ufffey\u2028", "读" * 99]
)
def test_any_habit_name_is_escaped(api: APIClient, alice: User, name: str) -> None:
    habit = make.habit(alice)
    habit.name = name  # as a row from before control characters were refused
    habit.save()
    answer = api.get(heatmap_path(HabitTrack.objects.get(habit=habit)))
    svg = ElementTree.fromstring(answer.content)
    assert b"<script" not in answer.content.lower()
    assert {each.tag.removeprefix(SVG) for each in svg.iter()} <= {
        "svg", "title", "desc", "style", "rect", "circle", "text", "g", "path"
    }  # fmt: skip
    assert text_of(svg, "title") == f"{pictures.printable(name)}: the past year"
    heading = next(each for each in svg.iter(f"{SVG}text") if each.get("class") == "heading").text or ""
    assert len(heading) <= 45


def test_pictures_support_light_and_dark_mode_and_contain_no_script(api: APIClient, track: HabitTrack) -> None:
    for path in (heatmap_path(track), TREND):
        answer = api.get(path)
        assert b"prefers-color-scheme: dark" in answer.content
        assert b"script" not in answer.content
        assert {"default-src 'none'", "style-src 'unsafe-inline'"} <= set(answer["Content-Security-Policy"].split("; "))
        assert drawn(api, path).get("viewBox", "").startswith("0 0 360 ")


def test_no_browser_or_proxy_stores_a_picture(api: APIClient, track: HabitTrack) -> None:
    for path in (heatmap_path(track), TREND):
        answer = api.get(path)
        assert answer["Cache-Control"] == "no-store"
        assert "Authorization" in answer["Vary"]


def test_another_users_track_gives_404_and_no_sign_in_gives_401(
    track: HabitTrack, charlie: User, stranger: APIClient
) -> None:
    make.refused(make.client(charlie).get(heatmap_path(track)), 404)
    make.refused(stranger.get(heatmap_path(track)), 401)
    make.refused(stranger.get(TREND), 401)


def test_other_users_days_are_not_in_the_trend(api: APIClient, track: HabitTrack, charlie: User) -> None:
    make.log(track, day(3))
    assert len(bars(drawn(api, TREND))) == 1
    assert bars(drawn(make.client(charlie), TREND)) == []


@pytest.mark.parametrize(
    "accept", ["image/svg+xml", "image/avif,image/webp,*/*;q=0.8", "application/json", "text/html"]
)
def test_the_response_is_a_picture_for_every_accept_header(api: APIClient, track: HabitTrack, accept: str) -> None:
    drawn(api, heatmap_path(track), headers={"accept": accept})
    make.refused(api.get("/api/tracks/999999/heatmap.svg", headers={"accept": accept}), 404)


def test_coordinates_are_the_same_in_every_language(api: APIClient, track: HabitTrack) -> None:
    make.log(track, day(20))
    here = api.get(TREND).content
    assert api.get(TREND, headers={"accept-language": "de"}).content == here


def test_a_week_shows_the_success_rate_of_the_periods_that_ended_in_it(api: APIClient, track: HabitTrack) -> None:
    for back in (13, 12, 11):  # Sunday; Monday, Tuesday
        make.log(track, day(back))
    # 100 % of one day; 2 of 7; 0 of 5, as today is open
    assert bars(drawn(api, TREND)) == ["120", "34.29", "1.5"]


@pytest.mark.parametrize(("name", "weeks"), [("last_week", 2), ("last_month", 5), ("last_year", 53)])
def test_a_range_ends_today(api: APIClient, alice: User, track: HabitTrack, name: str, weeks: int) -> None:
    said = [DayEntry(day=day(back), status="completed") for back in range(366)]
    for few in (said[:300], said[300:]):
        set_days(user=alice, track_id=track.pk, days=few, source="api", now=timezone.now())
    svg = drawn(api, f"{TREND}?range={name}")
    assert bars(svg) == ["120"] * weeks


def test_an_unknown_range_is_refused(api: APIClient) -> None:
    assert make.refused(api.get(f"{TREND}?range=ever")) == [("invalid_choice", "range")]


def test_both_pictures_are_drawn_without_data(api: APIClient, track: HabitTrack) -> None:
    assert marks(drawn(api, heatmap_path(track)))["nothing"] == 1
    assert "Nothing was due yet" in text_of(drawn(api, TREND), "desc")


def queries_of(api: APIClient, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        drawn(api, path)
    return len(queries)


def test_the_number_of_queries_does_not_depend_on_habits_or_history(
    api: APIClient, alice: User, track: HabitTrack
) -> None:
    make.log(track, TODAY)
    few = queries_of(api, heatmap_path(track)), queries_of(api, TREND)
    for number in range(8):
        make.log(make.track(alice, name=f"Habit {number}"), day(number))
    said = [DayEntry(day=day(back), status="completed") for back in range(360)]
    set_days(user=alice, track_id=track.pk, days=said, source="api", now=timezone.now())
    assert (queries_of(api, heatmap_path(track)), queries_of(api, TREND)) == few


def test_the_line_is_the_four_week_average_and_is_interrupted_when_nothing_was_due() -> None:
    first = date(2026, 9, 7)
    given = [(7, 7), (0, 7), (7, 7), (7, 7), (7, 7), (0, 0), (7, 7), (7, 7)]
    weeks = [Week(first + timedelta(weeks=at), done, required) for at, (done, required) in enumerate(given)]
    lines = pictures.trend(weeks, first=first, today=date(2026, 11, 1)).lines
    heights = [[y for _, y in line] for line in lines]
    top, bottom = pictures.TOP, pictures.BOTTOM
    three_quarters = bottom - (bottom - top) * 3 / 4
    assert heights == [
        [top, (top + bottom) / 2, 96, three_quarters, three_quarters],
        [top, top],
    ]


@pytest.mark.parametrize(
    ("share", "mark"),
    [(0.01, Mark.LITTLE), (0.33, Mark.LITTLE), (1 / 3, Mark.HALF), (2 / 3, Mark.HALF), (0.67, Mark.MUCH),
     (0.99, Mark.MUCH), (1.0, Mark.FULL), (3.0, Mark.FULL)],
)  # fmt: skip
def test_shares_of_exactly_one_or_two_thirds_have_the_middle_mark(share: float, mark: Mark) -> None:
    assert pictures.mark_of_share(share) is mark


def test_a_column_is_a_week_from_monday_to_sunday_and_the_second_band_continues() -> None:
    cells = pictures.heatmap("Push-ups", {}, today=date.fromisoformat(TODAY)).cells
    places = [(cell.x, cell.y) for cell in cells]
    left, top, pitch = pictures.GRID_LEFT, pictures.GRID_TOP, pictures.PITCH
    assert places[:8] == [(left, top + pitch * row) for row in range(7)] + [(left + pitch, top)]
    assert places[7 * pictures.BAND] == (left, top + pictures.BAND_HEIGHT)


def test_after_the_end_of_a_habit_nothing_is_marked(api: APIClient, alice: User, clock: Any) -> None:
    track = make.track(alice, end_date=day(0))
    clock.shift(timedelta(days=3))
    found = marks(drawn(api, heatmap_path(track)))
    assert (found["nothing"], found["not-due"]) == (1, 0)


def test_bars_start_at_the_bottom_line() -> None:
    weeks = [Week(date(2026, 11, 2) + timedelta(weeks=at), done, 7) for at, done in enumerate((0, 3, 7))]
    for bar in pictures.trend(weeks, first=weeks[0].first, today=date(2026, 11, 22)).bars:
        assert bar.y + bar.height == pytest.approx(pictures.BOTTOM, abs=0.01)


@pytest.mark.parametrize("today", [date(2026, 11, 16) + timedelta(days=after) for after in range(7)])
def test_every_cell_lies_within_the_picture(today: date) -> None:
    shown = pictures.heatmap("Push-ups", {}, today=today)
    assert len(shown.cells) == 52 * 7 + today.weekday() + 1
    assert len({(cell.x, cell.y) for cell in shown.cells}) == len(shown.cells)
    assert max(cell.x + pictures.CELL for cell in shown.cells) <= pictures.WIDTH
    assert max(cell.y + pictures.CELL for cell in shown.legend) <= shown.height

"""/timezone: cities in any language and script, and offsets as people mean them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from notifications.telegram import zones
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.fake_telegram.records import MessageRecord
from tests.telegram import poll
from users.models import User

NOW = "2026-11-21 08:00Z"


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        *(("São Paulo", "America/Sao_Paulo"), ("sao paulo", "America/Sao_Paulo"), ("SÃO PAULO", "America/Sao_Paulo")),
        *(("Zürich", "Europe/Zurich"), ("Zuerich", "Europe/Zurich"), ("Zu\u0308rich", "Europe/Zurich")),
        *(("Київ", "Europe/Kyiv"), ("Киев", "Europe/Kyiv"), ("Kiev", "Europe/Kyiv"), ("Kyiv", "Europe/Kyiv")),
        *(("Köln", "Europe/Berlin"), ("koeln", "Europe/Berlin"), ("Cologne", "Europe/Berlin")),
        *(("東京", "Asia/Tokyo"), ("大阪", "Asia/Tokyo"), ("서울", "Asia/Seoul"), ("القاهرة", "Africa/Cairo")),
        *(("Αθήνα", "Europe/Athens"), ("თბილისი", "Asia/Tbilisi"), ("İstanbul", "Europe/Istanbul")),
        *(("Łódź", "Europe/Warsaw"), ("lodz", "Europe/Warsaw"), ("København", "Europe/Copenhagen")),
        *(("Нью-Йорк", "America/New_York"), ("нью йорк", "America/New_York"), ("new_york", "America/New_York")),
        *(("Санкт-Петербург", "Europe/Moscow"), ("St. Petersburg", "Europe/Moscow"), ("кишинев", "Europe/Chisinau")),
        *(("Calcutta", "Asia/Kolkata"), ("Rangoon", "Asia/Yangon"), ("Saigon", "Asia/Ho_Chi_Minh")),
        *(("europe/berlin", "Europe/Berlin"), ("Europe/Kiev", "Europe/Kiev"), ("Etc/GMT+5", "Etc/GMT+5")),
        *(("UTC", "UTC"), ("Ho Chi Minh", "Asia/Ho_Chi_Minh"), ("  PARIS ", "Europe/Paris"), ("berl", "Europe/Berlin")),
    ],
)
def test_a_city_is_found_as_people_write_it(written: str, zone: str) -> None:
    assert zones.find(written, most=8) == [zone]


@pytest.mark.parametrize(
    ("written", "fitting"),
    [
        ("Córdoba", {"Europe/Madrid", "America/Argentina/Cordoba"}),
        ("San Jose", {"America/Costa_Rica", "America/Los_Angeles"}),
        ("birmingham", {"Europe/London", "America/Chicago"}),
    ],
)
def test_of_several_cities_with_a_name_none_is_guessed(written: str, fitting: set[str]) -> None:
    assert set(zones.find(written, most=8)) == fitting


@pytest.mark.parametrize("written", ["Atlantis", "", "   ", "🏝", "ы" * 4000, "'", "+", "/", "GMT-13", "GMT+15"])
def test_what_is_no_city_is_not_found(written: str) -> None:
    assert zones.find(written, most=8) == []


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        *(("GMT+5", 5), ("UTC+5", 5), ("utc +3", 3), ("UTC + 3", 3), ("UTC−3", -3), ("UTC-3", -3), ("UTC–3", -3)),
        *(("+5", 5), ("-3", -3), ("−3", -3), ("+05", 5), ("+0530", 5.5), ("GMT+5:30", 5.5), ("UTC+5.5", 5.5)),
        *(("UTC+5,5", 5.5), ("UTC-3:30", -3.5), ("UTC+5:45", 5.75), ("UTC+12.75", 12.75), ("＋９", 9), ("UTC 3", 3)),
        *(("UTC+14", 14), ("UTC-12", -12), ("GMT+0", 0), ("UTC-0", 0), ("МСК+2", 5), ("MSK-1", 2), ("gmt+5h", 5)),
    ],
)
def test_an_offset_is_what_people_mean(written: str, hours: float) -> None:
    """East of Greenwich is ahead, whatever the zone database calls it."""
    assert zones.offset_of(written) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "written", ["5", "UTC", "GMT", "+15", "UTC-13", "+", "UTC+5:99", "Berlin", "", "+5 hours ago", "Etc/GMT+5"]
)
def test_what_is_no_offset_is_none(written: str) -> None:
    assert zones.offset_of(written) is None


def test_a_zone_of_an_offset_has_that_offset() -> None:
    now = datetime.fromisoformat("2026-07-01T12:00:00+00:00")
    for quarters in range(-48, 57):
        ahead = timedelta(minutes=15 * quarters)
        fixed = zones.fixed(ahead)
        assert (fixed is None) == bool(quarters % 4)
        found = zones.with_offset(ahead, now=now, language="ru", most=8)
        assert len(found) <= 8
        for zone in [*found, *filter(None, [fixed])]:
            assert now.astimezone(ZoneInfo(zone)).utcoffset() == ahead
        if fixed is not None:
            assert zones.name(fixed) == zones.offset_name(ahead)


@pytest.fixture
def alice(telegram: FakeTelegram, db: None) -> Iterator[User]:
    with time_machine.travel(NOW, tick=False):
        yield make.person("alice", chat=True)


def said(telegram: FakeTelegram, text: str) -> MessageRecord:
    telegram.send_text(1001, text)
    poll(telegram)
    return telegram.messages(1001)[-1]


def offset(user: User) -> timedelta | None:
    user.refresh_from_db()
    return timezone.now().astimezone(user.tzinfo).utcoffset()


@pytest.mark.parametrize(("written", "hours", "name"), [("GMT+5", 5, "UTC+5"), ("UTC−3", -3, "UTC-3")])
def test_an_offset_is_set_and_cities_with_the_same_time_are_offered(
    telegram: FakeTelegram, alice: User, written: str, hours: int, name: str
) -> None:
    answer = said(telegram, f"/timezone {written}")
    assert offset(alice) == timedelta(hours=hours)
    assert f"Your time zone is {name} now; it is {8 + hours:02}:00 there." in answer.text
    telegram.tap(1001, answer.message_id, answer.buttons[0])
    poll(telegram)
    alice.refresh_from_db()
    assert not alice.time_zone.startswith("Etc/")
    assert offset(alice) == timedelta(hours=hours)


def test_a_half_hour_has_no_zone_of_its_own_so_places_are_offered(telegram: FakeTelegram, alice: User) -> None:
    answer = said(telegram, "/timezone GMT+5:30")
    assert answer.text == "Which one is “UTC+5:30”?"
    assert answer.buttons == ["Kolkata", "Colombo"]
    telegram.tap(1001, answer.message_id, "Kolkata")
    poll(telegram)
    assert offset(alice) == timedelta(hours=5.5)


def test_an_offset_that_the_clocks_show_already_keeps_the_seasons(telegram: FakeTelegram, alice: User) -> None:
    said(telegram, "/timezone Berlin")
    answer = said(telegram, "/timezone +1")
    alice.refresh_from_db()
    assert alice.time_zone == "Europe/Berlin"
    assert "Berlin" not in answer.buttons and "Paris" in answer.buttons


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Nowhere is it UTC+5:15 now."), ("ru", "Сейчас нигде нет времени UTC+5:15.")]
)
def test_an_offset_of_no_place_changes_nothing(telegram: FakeTelegram, alice: User, language: str, words: str) -> None:
    User.objects.update(language=language)
    answer = said(telegram, "/timezone +5:15")
    assert answer.text.startswith(words)
    alice.refresh_from_db()
    assert alice.time_zone == "UTC"


def test_a_city_that_is_in_several_places_is_offered(telegram: FakeTelegram, alice: User) -> None:
    answer = said(telegram, "/timezone Córdoba")
    assert answer.text == "Which one is “Córdoba”?"
    telegram.tap(1001, answer.message_id, "Madrid")
    poll(telegram)
    alice.refresh_from_db()
    assert alice.time_zone == "Europe/Madrid"

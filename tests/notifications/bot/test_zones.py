"""/timezone: cities in any language and script, and UTC offsets."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from notifications.bot import zones
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
        *(("MSK", "Europe/Moscow"), ("мск", "Europe/Moscow"), (" jst ", "Asia/Tokyo"), ("YEKT", "Asia/Yekaterinburg")),
        *(("CET", "CET"), ("EST", "EST")),
        *(("UTC", "UTC"), ("Ho Chi Minh", "Asia/Ho_Chi_Minh"), ("  PARIS ", "Europe/Paris"), ("berl", "Europe/Berlin")),
    ],
)
def test_a_city_is_found_in_all_usual_spellings(written: str, zone: str) -> None:
    assert zones.find(written, limit=8) == [zone]


@pytest.mark.parametrize(
    ("written", "fitting"),
    [
        ("Córdoba", {"Europe/Madrid", "America/Argentina/Cordoba"}),
        ("San Jose", {"America/Costa_Rica", "America/Los_Angeles"}),
        ("birmingham", {"Europe/London", "America/Chicago"}),
        ("CST", {"America/Chicago", "Asia/Shanghai", "America/Mexico_City"}),
        ("BST", {"Europe/London", "Asia/Dhaka"}),
    ],
)
def test_all_zones_with_a_city_of_the_name_are_found(written: str, fitting: set[str]) -> None:
    assert set(zones.find(written, limit=8)) == fitting


def test_every_abbreviation_stands_for_zones_that_exist_and_is_no_zone_itself() -> None:
    for names, found in zones.ABBREVIATIONS.items():
        assert set(found) <= zones.all_zones()
        for name in names.split():
            assert name.upper() not in zones.all_zones()
            assert zones.find(name, limit=8) == list(found)


@pytest.mark.parametrize(
    "written", ["Factory", "localtime", "Atlantis", "", "   ", "🏝", "ы" * 4000, "'", "+", "/", "GMT-13", "GMT+15"]
)
def test_other_text_finds_no_zone(written: str) -> None:
    assert zones.find(written, limit=8) == []


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        *(("GMT+5", 5), ("UTC+5", 5), ("utc +3", 3), ("UTC + 3", 3), ("UTC−3", -3), ("UTC-3", -3), ("UTC–3", -3)),
        *(("+5", 5), ("-3", -3), ("−3", -3), ("+05", 5), ("+0530", 5.5), ("GMT+5:30", 5.5), ("UTC+5.5", 5.5)),
        *(("UTC+5,5", 5.5), ("UTC-3:30", -3.5), ("UTC+5:45", 5.75), ("UTC+12.75", 12.75), ("＋９", 9), ("UTC 3", 3)),
        *(("UTC+14", 14), ("UTC-12", -12), ("GMT+0", 0), ("UTC-0", 0), ("МСК+2", 5), ("MSK-1", 2), ("gmt+5h", 5)),
    ],
)
def test_an_offset_is_parsed_in_all_usual_spellings(written: str, hours: float) -> None:
    """East of Greenwich is positive, unlike in the names of the tz database."""
    assert zones.parse_offset(written) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "written", ["5", "UTC", "GMT", "+15", "UTC-13", "+", "UTC+5:99", "Berlin", "", "+5 hours ago", "Etc/GMT+5"]
)
def test_other_text_is_not_parsed_as_an_offset(written: str) -> None:
    assert zones.parse_offset(written) is None


def test_zones_for_an_offset_have_that_offset() -> None:
    now = datetime.fromisoformat("2026-07-01T12:00:00+00:00")
    for quarters in range(-48, 57):
        expected = timedelta(minutes=15 * quarters)
        fixed = zones.fixed_zone(expected)
        assert (fixed is None) == bool(quarters % 4)
        found = zones.zones_at_offset(expected, now=now, language="ru", limit=8)
        assert len(found) <= 8
        for zone in [*found, *filter(None, [fixed])]:
            assert now.astimezone(ZoneInfo(zone)).utcoffset() == expected
        if fixed is not None:
            assert zones.display_name(fixed) == zones.format_offset(expected)


@pytest.fixture
def alice(telegram: FakeTelegram, db: None) -> Iterator[User]:
    with time_machine.travel(NOW, tick=False):
        yield make.person("alice", chat=True)


def reply_to(telegram: FakeTelegram, text: str) -> MessageRecord:
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
    answer = reply_to(telegram, f"/timezone {written}")
    assert offset(alice) == timedelta(hours=hours)
    assert f"Your time zone is now {name}; it is {8 + hours:02}:00 there." in answer.text
    telegram.tap(1001, answer.message_id, answer.buttons[0])
    poll(telegram)
    alice.refresh_from_db()
    assert not alice.time_zone.startswith("Etc/")
    assert offset(alice) == timedelta(hours=hours)


def test_cities_are_offered_for_an_offset_without_a_fixed_zone(telegram: FakeTelegram, alice: User) -> None:
    answer = reply_to(telegram, "/timezone GMT+5:30")
    assert answer.text == "Which one is “UTC+5:30”?"
    assert answer.buttons == ["Kolkata", "Colombo"]
    telegram.tap(1001, answer.message_id, "Kolkata")
    poll(telegram)
    assert offset(alice) == timedelta(hours=5.5)


def test_an_offset_that_the_current_zone_has_keeps_that_zone(telegram: FakeTelegram, alice: User) -> None:
    reply_to(telegram, "/timezone Berlin")
    answer = reply_to(telegram, "/timezone +1")
    alice.refresh_from_db()
    assert alice.time_zone == "Europe/Berlin"
    assert "Berlin" not in answer.buttons and "Paris" in answer.buttons


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "No place is at UTC+5:15 right now."), ("ru", "Сейчас смещения UTC+5:15 нет нигде.")],
)
def test_an_unused_offset_changes_nothing(telegram: FakeTelegram, alice: User, language: str, words: str) -> None:
    User.objects.update(language=language)
    answer = reply_to(telegram, "/timezone +5:15")
    assert answer.text.startswith(words)
    alice.refresh_from_db()
    assert alice.time_zone == "UTC"


def test_a_city_name_with_several_zones_offers_a_choice(telegram: FakeTelegram, alice: User) -> None:
    answer = reply_to(telegram, "/timezone Córdoba")
    assert answer.text == "Which one is “Córdoba”?"
    telegram.tap(1001, answer.message_id, "Madrid")
    poll(telegram)
    alice.refresh_from_db()
    assert alice.time_zone == "Europe/Madrid"

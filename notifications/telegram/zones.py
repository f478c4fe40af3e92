"""Finding a time zone by a city's name, in whatever language and script, or by what a clock shows. Pure."""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from notifications.telegram.city_names import fold, spellings

# What most people of a language choose from.
LIKELY = {
    "en": (
        "Europe/London",
        "Europe/Berlin",
        "America/New_York",
        "America/Chicago",
        "America/Los_Angeles",
        "Asia/Kolkata",
        "Asia/Singapore",
        "Australia/Sydney",
    ),
    "ru": (
        "Europe/Moscow",
        "Europe/Kaliningrad",
        "Europe/Samara",
        "Asia/Yekaterinburg",
        "Asia/Novosibirsk",
        "Asia/Krasnoyarsk",
        "Asia/Vladivostok",
        "Asia/Almaty",
    ),
}

# Cities that are no zone's own, as people there and in our languages write them. The names of zones' own cities in other
# languages are in city_names.json. A name may be in several places.
MORE_CITIES = {
    "Africa/Cairo": "Alexandria, Александрия, الإسكندرية",
    "Africa/Johannesburg": "Cape Town, Kapstadt, Кейптаун, Pretoria, Durban",
    "America/Bogota": "Medellín, Cali",
    "America/Caracas": "Valencia, Maracaibo",
    "America/Chicago": "Houston, Dallas, Austin, San Antonio, New Orleans, Birmingham, Memphis",
    "America/Costa_Rica": "San José",
    "America/Edmonton": "Calgary",
    "America/Los_Angeles": "San Francisco, Сан-Франциско, San Diego, San José, Seattle, Сиэтл, Portland, Las Vegas, Лас-Вегас",
    "America/Mexico_City": "Guadalajara, Puebla",
    "America/New_York": "Boston, Бостон, Washington, Вашингтон, Miami, Майами, Atlanta, Philadelphia, Portland, NYC",
    "America/Sao_Paulo": "Rio de Janeiro, Рио-де-Жанейро, Brasília, Belo Horizonte, Curitiba, Porto Alegre",
    "America/Toronto": "Montréal, Монреаль, Ottawa, Québec",
    "Asia/Almaty": "Астана, Astana, Алма-Ата, Шымкент, Караганда",
    "Asia/Barnaul": "Барнаул",
    "Asia/Dubai": "Abu Dhabi, Абу-Даби",
    "Asia/Jerusalem": "Tel Aviv, Тель-Авив, תל אביב, Haifa, Хайфа, חיפה",
    "Asia/Kolkata": "Delhi, New Delhi, Дели, दिल्ली, Mumbai, Bombay, Мумбаи, मुंबई, Bangalore, Bengaluru, Chennai, Hyderabad",
    "Asia/Shanghai": "Beijing, Peking, Pékin, Pekín, Пекин, 北京, Guangzhou, 广州, Shenzhen, 深圳, Chengdu, 成都, Wuhan",
    "Asia/Tashkent": "Ташкент",
    "Asia/Tokyo": "Osaka, Осака, 大阪, Kyoto, Киото, 京都, Yokohama, 横浜, Nagoya, 名古屋, Sapporo, 札幌",
    "Asia/Vladivostok": "Хабаровск, Khabarovsk",
    "Asia/Yekaterinburg": "Пермь, Perm, Тюмень, Tyumen, Уфа, Ufa, Челябинск, Chelyabinsk, Оренбург, Сургут, Магнитогорск",
    "Europe/Belgrade": "Novi Sad, Нови Сад, Niš",
    "Europe/Berlin": "Köln, Cologne, Кёльн, München, Munich, Мюнхен, Hamburg, Гамбург, Frankfurt, Франкфурт, Stuttgart, "
    "Düsseldorf, Дюссельдорф, Leipzig, Лейпциг, Dresden, Дрезден, Nürnberg, Nuremberg, Hannover, Bremen",
    "Europe/Copenhagen": "Aarhus, Odense",
    "Europe/Istanbul": "Ankara, Анкара, İzmir, Измир, Antalya, Анталья",
    "Europe/Kyiv": "Львів, Львов, Lviv, Lemberg, Lwów, Харків, Харьков, Kharkiv, Kharkov, Одеса, Одесса, Odesa, Odessa, "
    "Дніпро, Днепр, Dnipro, Запоріжжя, Запорожье, Вінниця, Винница",
    "Europe/Lisbon": "Porto, Порту",
    "Europe/London": "Edinburgh, Эдинбург, Manchester, Манчестер, Birmingham, Glasgow, Liverpool, Cardiff",
    "Europe/Madrid": "Barcelona, Барселона, Sevilla, Seville, València, Valencia, Córdoba, Málaga, Bilbao, Zaragoza",
    "Europe/Minsk": "Гомель, Гродно, Брест, Витебск, Могилёв",
    "Europe/Moscow": "Санкт-Петербург, Петербург, Питер, Saint Petersburg, St. Petersburg, Sankt Petersburg, Воронеж, Казань, "
    "Kazan, Краснодар, Нижний Новгород, Ростов-на-Дону, Сочи, Sochi, Тула, Ярославль, Рязань, Белгород, Махачкала",
    "Europe/Oslo": "Bergen, Trondheim",
    "Europe/Paris": "Lyon, Лион, Marseille, Марсель, Toulouse, Nice, Ницца, Bordeaux, Strasbourg, Straßburg, Lille, Nantes",
    "Europe/Prague": "Brno, Ostrava, Karlovy Vary",
    "Europe/Rome": "Milano, Milan, Mailand, Милан, Napoli, Naples, Neapel, Torino, Turin, Firenze, Florence, Florenz, Venezia, "
    "Venice, Venedig, Венеция, Bologna",
    "Europe/Saratov": "Саратов",
    "Europe/Stockholm": "Göteborg, Gothenburg, Malmö, Uppsala",
    "Europe/Vienna": "Salzburg, Graz, Linz, Innsbruck",
    "Europe/Warsaw": "Kraków, Krakau, Cracow, Краков, Łódź, Wrocław, Breslau, Вроцлав, Gdańsk, Danzig, Гданьск, Poznań",
    "Europe/Zurich": "Genève, Geneva, Genf, Женева, Basel, Bern, Berne, Lausanne",
    "Pacific/Auckland": "Wellington, Christchurch",
}

MAX_OFFSETS = timedelta(hours=-12), timedelta(hours=14)  # that there are on Earth
_MINUS = dict.fromkeys(map(ord, "−‐‑‒–—﹣－"), "-")
_OFFSET = re.compile(r"(utc|gmt|мск|msk)?([+-]?)(\d{1,2})(?:[:.,]?([0-5]\d)|[.,](5|25|75))?(?:h|ч)?")
_BASES = {"мск": timedelta(hours=3), "msk": timedelta(hours=3)}


def find(text: str, *, most: int) -> list[str]:
    """Return zones for what somebody wrote, the best first: a zone's own name, a city, or the beginning of one."""
    if exact := _by_name().get(" ".join(text.casefold().replace("_", " ").split())):
        return [exact]
    wanted = fold(text)
    if not wanted:
        return []
    if named := _by_city().get(wanted):
        return list(named)[:most]
    begun = [zone for city, zones in _by_city().items() if city.startswith(wanted) for zone in zones]
    held = [zone for name, zone in _by_name().items() if wanted in fold(name) and _is_of_a_place(zone)]
    return list(dict.fromkeys(_present().get(zone, zone) for zone in [*begun, *held]))[:most]


def known() -> frozenset[str]:
    """Return the names of all zones."""
    return frozenset(_by_name().values())


def offset_of(text: str) -> timedelta | None:
    """Return how far ahead of UTC somebody says that their clock is: "GMT+5", "utc −3:30", "+5", "МСК+2".

    East is ahead, as people mean it; the zone database's Etc/GMT-5 has the sign of POSIX. None for what is no offset.
    """
    written = unicodedata.normalize("NFKC", text).translate(_MINUS).casefold()
    written = "".join(written.split())
    found = _OFFSET.fullmatch(written)
    if found is None:
        return None
    base, sign, hours, minutes, parts = found.groups()
    if not sign and not base:  # a number alone
        return None
    ahead = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if parts:
        ahead += timedelta(hours=float(f"0.{parts}"))
    ahead = _BASES.get(base, timedelta(0)) + (-ahead if sign == "-" else ahead)
    least, greatest = MAX_OFFSETS
    return ahead if least <= ahead <= greatest else None


def offset_name(ahead: timedelta) -> str:
    """Return an offset as people write it: "UTC+5", "UTC-3:30", "UTC"."""
    minutes = round(ahead.total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")


def fixed(ahead: timedelta) -> str | None:
    """Return the zone that always has an offset; None where there is none, as for half hours."""
    hours, rest = divmod(ahead, timedelta(hours=1))
    if rest:
        return None
    name = f"Etc/GMT{-hours:+d}" if hours else "UTC"
    return name if name in known() else None


def name(zone: str) -> str:
    """Return what people call a zone: its own name, but "UTC+5" for Etc/GMT-5."""
    ahead = re.fullmatch(r"Etc/GMT([+-]\d+)", zone)
    return offset_name(timedelta(hours=-int(ahead[1]))) if ahead else zone


def with_offset(ahead: timedelta, *, now: datetime, language: str, most: int) -> list[str]:
    """Return zones whose clocks are that far ahead of UTC now, likely ones first."""
    likely = [*LIKELY.get(language, ()), *(zone for zones in LIKELY.values() for zone in zones), *MORE_CITIES]
    others = sorted(_places(), key=lambda zone: (zone.split("/")[0] not in {"Europe", "Asia", "America"}, zone))
    fits = [zone for zone in [*likely, *others] if now.astimezone(ZoneInfo(zone)).utcoffset() == ahead]
    return list(dict.fromkeys(fits))[:most]


def _city(name: str) -> str:
    return name.rpartition("/")[2]


def _is_of_a_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith("Etc/")


@cache
def _by_name() -> dict[str, str]:
    """Every zone by its name in small letters, in order; those with a city first."""
    zones = sorted(available_timezones(), key=lambda zone: ("/" not in zone or zone.startswith("Etc/"), zone))
    return {zone.casefold().replace("_", " "): zone for zone in zones}


@cache
def _by_city() -> dict[str, tuple[str, ...]]:
    """The zones of each city, by its folded names in any language."""
    found: dict[str, dict[str, None]] = {}

    def add(zone: str, names: Iterable[str]) -> None:
        for each in names:
            for spelling in spellings(each):
                found.setdefault(spelling, {})[zone] = None

    for zone, written in MORE_CITIES.items():
        add(zone, written.split(", "))
    for zone in _by_name().values():
        if _is_of_a_place(zone):
            add(_present().get(zone, zone), [_city(zone)])
    in_languages: dict[str, list[str]] = json.loads(Path(__file__).with_name("city_names.json").read_text("utf-8"))
    for zone, names in in_languages.items():
        if zone in known():
            add(zone, names)
    return {spelling: tuple(zones) for spelling, zones in found.items()}


@cache
def _places() -> frozenset[str]:
    """The zones that are of a place today: not the old names that the zone database keeps beside them."""
    rows = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines()
    return frozenset(row.split("\t")[2] for row in rows if not row.startswith("#")) & known()


@cache
def _present() -> dict[str, str]:
    """Old names of zones, and what they are called today: Europe/Kiev, Europe/Kyiv."""
    lines = resources.files("tzdata.zoneinfo").joinpath("tzdata.zi").read_text("utf-8").splitlines()
    links = (line.split() for line in lines if line.startswith("L "))
    return {old: today for _, today, old in links if today in _places() and old not in _places()}

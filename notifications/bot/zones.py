"""Lookup of time zones by city name, in any language and script, or by UTC offset. Pure functions."""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from notifications.bot.city_names import fold, spellings
from users.timing import zone_names

# The zones that are offered first, by language.
COMMON_ZONES = {
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

# Cities without a zone of their own, in local spelling and in the languages of the service. The translated names of the
# zones' own cities are in city_names.json. Several zones may have a city of the same name.
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

# What people call a zone's time, in winter and in summer. CET, EET, EST, GMT, HST, MST and WET are zones themselves.
ABBREVIATIONS = {
    "aest aedt": ("Australia/Sydney", "Australia/Brisbane"),
    "acst acdt": ("Australia/Adelaide", "Australia/Darwin"),
    "awst": ("Australia/Perth",),
    "akst akdt": ("America/Anchorage",),
    "ast adt": ("America/Halifax",),
    "bst": ("Europe/London", "Asia/Dhaka"),
    "cat": ("Africa/Maputo",),
    "cdt": ("America/Chicago", "America/Havana"),
    "cest": ("Europe/Berlin", "Europe/Paris", "Europe/Warsaw", "Europe/Rome", "Europe/Madrid"),
    "cst": ("America/Chicago", "Asia/Shanghai", "America/Mexico_City"),
    "eat": ("Africa/Nairobi",),
    "edt": ("America/New_York", "America/Toronto"),
    "eest": ("Europe/Kyiv", "Europe/Athens", "Europe/Bucharest", "Europe/Helsinki"),
    "hkt": ("Asia/Hong_Kong",),
    "irkt": ("Asia/Irkutsk",),
    "ist": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "jst": ("Asia/Tokyo",),
    "krat": ("Asia/Krasnoyarsk",),
    "kst": ("Asia/Seoul",),
    "magt": ("Asia/Magadan",),
    "mdt": ("America/Denver", "America/Edmonton"),
    "msk мск": ("Europe/Moscow",),
    "novt": ("Asia/Novosibirsk",),
    "nst ndt": ("America/St_Johns",),
    "nzst nzdt": ("Pacific/Auckland",),
    "omst": ("Asia/Omsk",),
    "pdt pst": ("America/Los_Angeles", "America/Vancouver"),
    "pett": ("Asia/Kamchatka",),
    "pkt": ("Asia/Karachi",),
    "samt": ("Europe/Samara",),
    "sast": ("Africa/Johannesburg",),
    "sgt": ("Asia/Singapore",),
    "trt": ("Europe/Istanbul",),
    "uzt": ("Asia/Tashkent",),
    "vlat": ("Asia/Vladivostok",),
    "wat": ("Africa/Lagos",),
    "west": ("Europe/Lisbon",),
    "wib": ("Asia/Jakarta",),
    "yakt": ("Asia/Yakutsk",),
    "yekt екб": ("Asia/Yekaterinburg",),
}
OFFSET_RANGE = timedelta(hours=-12), timedelta(hours=14)  # of all zones in use
_MINUS = dict.fromkeys(map(ord, "−‐‑‒–—﹣－"), "-")
_OFFSET = re.compile(r"(utc|gmt|мск|msk)?([+-]?)(\d{1,2})(?:[:.,]?([0-5]\d)|[.,](5|25|75))?(?:h|ч)?")
_BASES = {"мск": timedelta(hours=3), "msk": timedelta(hours=3)}


def find(text: str, *, limit: int) -> list[str]:
    """Return up to `limit` zones that match a zone name, an abbreviation, a city name, or the start of one.

    The best match is first.
    """
    if exact := _zones_by_name().get(" ".join(text.casefold().replace("_", " ").split())):
        return [exact]
    wanted = fold(text)
    if not wanted:
        return []
    if abbreviated := _zones_by_abbreviation().get(text.casefold().strip()):
        return list(abbreviated)[:limit]
    if named := _zones_by_city().get(wanted):
        return list(named)[:limit]
    by_prefix = [zone for city, zones in _zones_by_city().items() if city.startswith(wanted) for zone in zones]
    by_part = [zone for name, zone in _zones_by_name().items() if wanted in fold(name) and _is_place(zone)]
    return list(dict.fromkeys(_renamed_zones().get(zone, zone) for zone in [*by_prefix, *by_part]))[:limit]


def all_zones() -> frozenset[str]:
    """Return the names of all zones of the tz database, old names too."""
    return frozenset(_zones_by_name().values())


def parse_offset(text: str) -> timedelta | None:
    """Return the UTC offset that a text like "GMT+5", "utc −3:30", "+5" or "МСК+2" means; None for any other text.

    East of Greenwich is positive, as people expect. The tz database's Etc/GMT-5 has the opposite sign, as in POSIX.
    """
    written = unicodedata.normalize("NFKC", text).translate(_MINUS).casefold()
    written = "".join(written.split())
    found = _OFFSET.fullmatch(written)
    if found is None:
        return None
    base, sign, hours, minutes, fraction = found.groups()
    if not sign and not base:  # a plain number
        return None
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if fraction:
        offset += timedelta(hours=float(f"0.{fraction}"))
    offset = _BASES.get(base, timedelta(0)) + (-offset if sign == "-" else offset)
    lowest, highest = OFFSET_RANGE
    return offset if lowest <= offset <= highest else None


def format_offset(offset: timedelta) -> str:
    """Return an offset as text: "UTC+5", "UTC-3:30", "UTC"."""
    minutes = round(offset.total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")


def fixed_zone(offset: timedelta) -> str | None:
    """Return the zone that always has this offset, or None: only whole hours have one."""
    hours, rest = divmod(offset, timedelta(hours=1))
    if rest:
        return None
    name = f"Etc/GMT{-hours:+d}" if hours else "UTC"
    return name if name in all_zones() else None


def display_name(zone: str) -> str:
    """Return the name of a zone for people: "UTC+5" for Etc/GMT-5, else the zone's own name."""
    match = re.fullmatch(r"Etc/GMT([+-]\d+)", zone)
    return format_offset(timedelta(hours=-int(match[1]))) if match else zone


def zones_at_offset(offset: timedelta, *, now: datetime, language: str, limit: int) -> list[str]:
    """Return up to `limit` zones with this UTC offset at `now`, the most used zones first."""
    preferred = [
        *COMMON_ZONES.get(language, ()),
        *(zone for zones in COMMON_ZONES.values() for zone in zones),
        *MORE_CITIES,
    ]
    others = sorted(_current_zones(), key=lambda zone: (zone.split("/")[0] not in {"Europe", "Asia", "America"}, zone))
    matching = [zone for zone in [*preferred, *others] if now.astimezone(ZoneInfo(zone)).utcoffset() == offset]
    return list(dict.fromkeys(matching))[:limit]


def _city(name: str) -> str:
    return name.rpartition("/")[2]


def _is_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith("Etc/")


@cache
def _zones_by_name() -> dict[str, str]:
    """Return all zones by lower-case name, sorted with city zones first."""
    zones = sorted(zone_names(), key=lambda zone: ("/" not in zone or zone.startswith("Etc/"), zone))
    return {zone.casefold().replace("_", " "): zone for zone in zones}


@cache
def _zones_by_abbreviation() -> dict[str, tuple[str, ...]]:
    return {name: zones for names, zones in ABBREVIATIONS.items() for name in names.split()}


@cache
def _zones_by_city() -> dict[str, tuple[str, ...]]:
    """Return the zones of each city, by the city's normalized names in all languages."""
    found: dict[str, dict[str, None]] = {}

    def add(zone: str, names: Iterable[str]) -> None:
        for each in names:
            for spelling in spellings(each):
                found.setdefault(spelling, {})[zone] = None

    for zone, cities in MORE_CITIES.items():
        add(zone, cities.split(", "))
    for zone in _zones_by_name().values():
        if _is_place(zone):
            add(_renamed_zones().get(zone, zone), [_city(zone)])
    translations: dict[str, list[str]] = json.loads(Path(__file__).with_name("city_names.json").read_text("utf-8"))
    for zone, names in translations.items():
        if zone in all_zones():
            add(zone, names)
    return {spelling: tuple(zones) for spelling, zones in found.items()}


@cache
def _current_zones() -> frozenset[str]:
    """Return the zones of places under their current names, without the old names that the tz database keeps."""
    rows = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text("utf-8").splitlines()
    return frozenset(row.split("\t")[2] for row in rows if not row.startswith("#")) & all_zones()


@cache
def _renamed_zones() -> dict[str, str]:
    """Return the current name of each renamed zone, by old name: Europe/Kyiv for Europe/Kiev."""
    lines = resources.files("tzdata.zoneinfo").joinpath("tzdata.zi").read_text("utf-8").splitlines()
    links = (line.split() for line in lines if line.startswith("L "))
    return {old: new for _, new, old in links if new in _current_zones() and old not in _current_zones()}

"""Finding a time zone by a city's name. Pure."""

from functools import cache
from zoneinfo import available_timezones

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

# Cities that people look for under a name that the zone database does not have.
CITIES = {
    "алматы": "Asia/Almaty",
    "астана": "Asia/Almaty",
    "баку": "Asia/Baku",
    "барнаул": "Asia/Barnaul",
    "белград": "Europe/Belgrade",
    "берлин": "Europe/Berlin",
    "бишкек": "Asia/Bishkek",
    "варшава": "Europe/Warsaw",
    "вена": "Europe/Vienna",
    "владивосток": "Asia/Vladivostok",
    "волгоград": "Europe/Volgograd",
    "воронеж": "Europe/Moscow",
    "душанбе": "Asia/Dushanbe",
    "екатеринбург": "Asia/Yekaterinburg",
    "ереван": "Asia/Yerevan",
    "иркутск": "Asia/Irkutsk",
    "казань": "Europe/Moscow",
    "калининград": "Europe/Kaliningrad",
    "киев": "Europe/Kyiv",
    "кишинёв": "Europe/Chisinau",
    "краснодар": "Europe/Moscow",
    "красноярск": "Asia/Krasnoyarsk",
    "лиссабон": "Europe/Lisbon",
    "лондон": "Europe/London",
    "мадрид": "Europe/Madrid",
    "минск": "Europe/Minsk",
    "москва": "Europe/Moscow",
    "нижний новгород": "Europe/Moscow",
    "новосибирск": "Asia/Novosibirsk",
    "нью-йорк": "America/New_York",
    "омск": "Asia/Omsk",
    "париж": "Europe/Paris",
    "пермь": "Asia/Yekaterinburg",
    "прага": "Europe/Prague",
    "рига": "Europe/Riga",
    "рим": "Europe/Rome",
    "ростов-на-дону": "Europe/Moscow",
    "самара": "Europe/Samara",
    "санкт-петербург": "Europe/Moscow",
    "саратов": "Europe/Saratov",
    "стамбул": "Europe/Istanbul",
    "таллин": "Europe/Tallinn",
    "ташкент": "Asia/Tashkent",
    "тбилиси": "Asia/Tbilisi",
    "тель-авив": "Asia/Jerusalem",
    "томск": "Asia/Tomsk",
    "тюмень": "Asia/Yekaterinburg",
    "уфа": "Asia/Yekaterinburg",
    "хабаровск": "Asia/Vladivostok",
    "хельсинки": "Europe/Helsinki",
    "челябинск": "Asia/Yekaterinburg",
    "якутск": "Asia/Yakutsk",
    "barcelona": "Europe/Madrid",
    "beijing": "Asia/Shanghai",
    "boston": "America/New_York",
    "cologne": "Europe/Berlin",
    "delhi": "Asia/Kolkata",
    "edinburgh": "Europe/London",
    "geneva": "Europe/Zurich",
    "hamburg": "Europe/Berlin",
    "houston": "America/Chicago",
    "kiev": "Europe/Kyiv",
    "manchester": "Europe/London",
    "miami": "America/New_York",
    "milan": "Europe/Rome",
    "mumbai": "Asia/Kolkata",
    "munich": "Europe/Berlin",
    "rio de janeiro": "America/Sao_Paulo",
    "saint petersburg": "Europe/Moscow",
    "san francisco": "America/Los_Angeles",
    "seattle": "America/Los_Angeles",
    "tel aviv": "Asia/Jerusalem",
    "washington": "America/New_York",
}


def find(text: str, *, most: int) -> list[str]:
    """Zones for what somebody wrote, the best first: a zone's own name, a city, or the beginning of one."""
    wanted = " ".join(text.casefold().replace("_", " ").split())
    if not wanted:
        return []
    if exact := _by_name().get(wanted):
        return [exact]
    named = [zone for city, zone in CITIES.items() if city == wanted]
    named += [zone for name, zone in _by_name().items() if _city(name) == wanted]
    begun = [zone for city, zone in CITIES.items() if city.startswith(wanted)]
    begun += [zone for name, zone in _by_name().items() if _city(name).startswith(wanted)]
    held = [zone for name, zone in _by_name().items() if wanted in name]
    return list(dict.fromkeys(named or [*begun, *held]))[:most]


def known() -> frozenset[str]:
    """The names of all zones."""
    return frozenset(_by_name().values())


def _city(name: str) -> str:
    return name.rpartition("/")[2]


@cache
def _by_name() -> dict[str, str]:
    """Every zone by its name in small letters, in order; those with a city first."""
    zones = sorted(available_timezones(), key=lambda zone: ("/" not in zone or zone.startswith("Etc/"), zone))
    return {zone.casefold().replace("_", " "): zone for zone in zones}

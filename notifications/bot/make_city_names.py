"""Generates city_names.json: the names of time zone cities in other languages.

The source is the Unicode CLDR (exemplar cities) in Babel, which only this script needs:

    pip install babel
    python -m notifications.bot.make_city_names

Each name is written once, and only if the zone's own name does not already match it.
"""

import json
from importlib import resources
from pathlib import Path

import babel
from babel import Locale

from notifications.bot.city_names import spellings

TARGET = Path(__file__).with_name("city_names.json")
LANGUAGES = [
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "nb",
    "da",
    "fi",
    "is",
    "et",
    "lv",
    "lt",
    "pl",
    "cs",
    "sk",
    "sl",
    "hr",
    "bs",
    "sr",
    "sr_Latn",
    "mk",
    "bg",
    "ro",
    "hu",
    "sq",
    "el",
    "uk",
    "be",
    "ru",
    "kk",
    "ky",
    "uz",
    "az",
    "hy",
    "ka",
    "tr",
    "he",
    "ar",
    "fa",
    "ur",
    "hi",
    "bn",
    "ta",
    "th",
    "vi",
    "id",
    "ko",
    "ja",
    "zh",
    "zh_Hant",
    "ca",
    "eu",
    "gl",
    "ga",
    "cy",
    "sw",
    "af",
    "mn",
    "km",
    "lo",
    "my",
    "ne",
    "si",
    "te",
    "kn",
    "ml",
    "mr",
    "gu",
    "pa",
    "am",
]
# Zones that have an old name in CLDR, and that the tz database links to a neighbour with the same rules.
RENAMED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Coral_Harbour": "America/Atikokan",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}


def main() -> None:
    """Write city_names.json beside this file."""
    zones = resources.files("tzdata.zoneinfo")
    rows = zones.joinpath("zone.tab").read_text().splitlines()
    current = {row.split("\t")[2] for row in rows if not row.startswith("#")}
    links = [line.split() for line in zones.joinpath("tzdata.zi").read_text().splitlines() if line.startswith("L ")]
    renamed = {alias: target for _, target, alias in links if target in current} | RENAMED
    names: dict[str, dict[frozenset[str], str]] = {}
    for language in LANGUAGES:
        for zone, translated in Locale.parse(language).time_zones.items():
            name = translated.get("city", "")
            zone = zone if zone in current else renamed.get(zone, "")
            if name and zone and not spellings(name) <= spellings(zone.rpartition("/")[2]):
                names.setdefault(zone, {}).setdefault(frozenset(spellings(name)), name)
    written = {zone: list(names[zone].values()) for zone in sorted(names)}
    source = f"Unicode CLDR, by Babel {babel.__version__}; Unicode License v3, see city_names.LICENSE"
    lines = [f"{json.dumps(zone)}: {json.dumps(found, ensure_ascii=False)}" for zone, found in written.items()]
    TARGET.write_text("{\n" + ",\n".join([f'"": {json.dumps([source])}', *lines]) + "\n}\n")


if __name__ == "__main__":
    main()

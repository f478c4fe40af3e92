"""Writes city_names.json beside this file: what the cities of time zones are called in other languages.

From the Unicode CLDR (exemplar cities), as Babel carries it, which the service itself does not need:

    pip install babel
    python -m notifications.telegram.make_city_names

A name is kept once, in the first language that has it, and not where it is found by the zone's own as well.
"""

import json
from importlib import resources
from pathlib import Path

import babel
from babel import Locale

from notifications.telegram.city_names import spellings

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
# Zones that CLDR knows by an old name, which the zone database links to a neighbour with the same rules.
RENAMED = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Coral_Harbour": "America/Atikokan",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}


def main() -> None:
    zones = resources.files("tzdata.zoneinfo")
    rows = zones.joinpath("zone.tab").read_text().splitlines()
    own = {row.split("\t")[2] for row in rows if not row.startswith("#")}
    links = [line.split() for line in zones.joinpath("tzdata.zi").read_text().splitlines() if line.startswith("L ")]
    present = {alias: target for _, target, alias in links if target in own} | RENAMED
    names: dict[str, dict[frozenset[str], str]] = {}
    for language in LANGUAGES:
        for zone, says in Locale.parse(language).time_zones.items():
            name = says.get("city", "")
            zone = zone if zone in own else present.get(zone, "")
            if name and zone and not spellings(name) <= spellings(zone.rpartition("/")[2]):
                names.setdefault(zone, {}).setdefault(frozenset(spellings(name)), name)
    written = {zone: list(names[zone].values()) for zone in sorted(names)}
    source = f"Unicode CLDR, by Babel {babel.__version__}; Unicode License v3, see city_names.LICENSE"
    lines = [f"{json.dumps(zone)}: {json.dumps(found, ensure_ascii=False)}" for zone, found in written.items()]
    TARGET.write_text("{\n" + ",\n".join([f'"": {json.dumps([source])}', *lines]) + "\n}\n")


if __name__ == "__main__":
    main()

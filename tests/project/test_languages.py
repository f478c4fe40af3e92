"""English and Russian: every text in the code is translated, with the right plural forms."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import ngettext
from rest_framework.test import APIClient

from habits.units import EACH_DAY, StreakUnit
from tests import make
from tracking.streaks.words import format_streak
from users import tokens
from users.services import register

ROOT = Path(__file__).resolve().parents[2]
APPS = ("common", "users", "habits", "tracking", "achievements", "community", "notifications", "integrations", "web")
CALLS = {"_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2, "pgettext": 2}
TAG = re.compile(r"{%\s*(?:translate|trans)\s+(?:\"([^\"]+)\"|'([^']+)')")
FIELD = re.compile(r"%\(\w+\)[sd]|%%")
OTHERS = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]

# A text, or its singular and plural.
Text = tuple[str, ...]


def texts_of_the_code() -> set[Text]:
    """Return the texts that the apps' modules and templates give to gettext."""
    found: set[Text] = set()
    for app in APPS:
        for module in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(module.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
                    given = node.args[: CALLS[node.func.id]]
                    words = [each.value for each in given if isinstance(each, ast.Constant)]
                    assert len(words) == len(given), f"{module.name}:{node.lineno} cannot be extracted"
                    found.add(tuple(map(str, words)))
        for template in [*(ROOT / app).rglob("*.html"), *(ROOT / app).rglob("*.svg")]:
            found |= {(double or single,) for double, single in TAG.findall(template.read_text())}
    return found


def catalog(language: str) -> dict[Text, list[str]]:
    """Return the texts of the .po file with their translations."""
    found: dict[Text, list[str]] = {}
    path = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
    for entry in path.read_text().split("\n\n"):
        assert "#, fuzzy" not in entry and "#~" not in entry, entry
        words: dict[str, str] = {}
        name = ""
        for line in entry.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):  # otherwise it continues the line before
                name, _, line = line.partition(" ")
            words[name] = words.get(name, "") + ast.literal_eval(line)
        if words.get("msgid"):
            text = tuple(words[name] for name in ("msgid", "msgid_plural") if name in words)
            found[text] = [value for name, value in words.items() if name.startswith("msgstr")]
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_exactly_the_texts_of_the_code_are_translated(language: str) -> None:
    assert texts_of_the_code() == set(catalog(language))


@pytest.mark.parametrize("language", OTHERS)
def test_every_translation_is_complete(language: str) -> None:
    for text, translations in catalog(language).items():
        assert len(translations) == (3 if len(text) == 2 else 1), text
        for each in translations:
            assert each.strip(), text
            assert sorted(FIELD.findall(each)) == sorted(FIELD.findall(text[-1])), text


@pytest.mark.parametrize("language", OTHERS)
def test_the_compiled_catalog_is_up_to_date(language: str) -> None:
    """`manage.py compilemessages` makes it, which needs GNU gettext; so it is part of the repository."""
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for text, translations in catalog(language).items():
        if len(text) == 1:
            assert compiled.gettext(text[0]) == translations[0]
        else:
            assert [compiled.ngettext(text[0], text[1], count) for count in (1, 2, 5)] == translations


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        *((1, "1 день"), (2, "2 дня"), (4, "4 дня"), (5, "5 дней"), (11, "11 дней"), (12, "12 дней"), (14, "14 дней")),
        *((21, "21 день"), (22, "22 дня"), (25, "25 дней"), (100, "100 дней"), (101, "101 день"), (111, "111 дней")),
    ],
)
def test_russian_plural_forms(count: int, expected: str) -> None:
    with translation.override("ru"):
        assert format_streak(count, EACH_DAY) == expected


def test_english_plural_forms() -> None:
    with translation.override("en"):
        shown = [ngettext("%(count)d day", "%(count)d days", count) % {"count": count} for count in (0, 1, 2, 21)]
    assert shown == ["0 days", "1 day", "2 days", "21 days"]


def test_a_window_of_days_is_a_unit_in_both_languages() -> None:
    shown = {}
    for language in ("en", "ru"):
        with translation.override(language):
            shown[language] = format_streak(4, StreakUnit.parse("3 days"))
    assert shown == {"en": "4 × 3 days", "ru": "4 × 3 дня"}


@pytest.mark.django_db
def test_a_mail_is_in_the_language_of_its_account() -> None:
    register(email="alice@example.org", password=make.PASSWORD, language="ru", now=timezone.now())
    [confirmation] = make.mails()
    assert confirmation.subject == "Подтвердите адрес"
    assert "Ссылка действует три дня." in confirmation.body


@pytest.mark.django_db
def test_the_page_behind_a_mailed_link_is_in_the_language_of_its_account(stranger: APIClient) -> None:
    alice = make.person("alice", language="ru")
    page = stranger.get(f"/reset/{tokens.password_reset.make(alice)}/", headers={"Accept-Language": "en"})
    assert "Выберите новый пароль" in page.content.decode()
    assert '<html lang="ru">' in page.content.decode()

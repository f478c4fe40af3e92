"""What the API refuses of channels and files, the client says in a sentence."""

import re
from pathlib import Path

import pytest

from integrations.transfer.reading.values import REFUSALS

ROOT = Path(__file__).resolve().parents[2]
SAYS = re.compile(r'^\s+"?(\w+)(?: \w+)?"?: msg`', re.MULTILINE)
REFUSES = re.compile(r'(?:DomainError\(\s*|code=)"(\w+)"')
FEATURES = ("notifications/connections", "notifications/channels", "integrations/transfer", "users/addresses.py")
SAID = {code for path in (ROOT / "client/src/shared/errors").glob("*.ts") for code in SAYS.findall(path.read_text())}


@pytest.mark.parametrize("feature", FEATURES)
def test_each_code_has_a_sentence(feature: str) -> None:
    path = ROOT / feature
    files = [path] if path.is_file() else sorted(path.rglob("*.py"))
    refused = {code for each in files for code in REFUSES.findall(each.read_text())}
    assert refused
    assert refused - SAID == set()


def test_each_refusal_of_a_file_has_a_sentence() -> None:
    assert set(REFUSALS) - SAID == set()

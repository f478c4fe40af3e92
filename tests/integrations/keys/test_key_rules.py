"""The form of keys."""

import re
import zlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DomainError
from integrations.keys import rules

SECRET = bytes(range(32))
IDS = st.text(rules.ALPHABET, min_size=rules.ID_LENGTH, max_size=rules.ID_LENGTH)
SECRETS = st.binary(min_size=rules.SECRET_BYTES, max_size=rules.SECRET_BYTES)


@given(IDS, SECRETS)
def test_a_key_is_its_kind_8_characters_of_id_43_of_secret_and_6_of_checksum(public_id: str, secret: bytes) -> None:
    text = rules.key_text(rules.PERSON, public_id=public_id, secret=secret)
    assert re.fullmatch(r"htk_[0-9A-Za-z]{57}", text)
    assert rules.prefix_of(text) == f"htk_{public_id}"
    assert rules.is_well_formed(text)


@given(SECRETS, SECRETS)
def test_different_secrets_are_different_keys(first: bytes, second: bytes) -> None:
    one, other = (rules.key_text(rules.PERSON, public_id="A" * 8, secret=each) for each in (first, second))
    assert (one == other) == (first == second)


@given(st.integers(0, 62**6 - 1))
def test_base_62_can_be_read_back(number: int) -> None:
    value = 0
    for digit in rules.base62(number, 6):
        value = value * 62 + rules.ALPHABET.index(digit)
    assert value == number


def test_a_number_that_does_not_fit_is_refused() -> None:
    assert rules.base62(62**3 - 1, 3) == "ZZZ"
    with pytest.raises(OverflowError):
        rules.base62(62**3, 3)
    assert 62**rules.SECRET_LENGTH > 256**rules.SECRET_BYTES
    assert 62**rules.CHECKSUM_LENGTH > 2**32 > zlib.crc32(b"x")


@given(st.integers(0, 60), st.sampled_from(rules.ALPHABET))
def test_one_changed_character_makes_it_no_key(place: int, character: str) -> None:
    text = rules.key_text(rules.PERSON, public_id="4fRt9XbQ", secret=SECRET)
    changed = text[:place] + character + text[place + 1 :]
    assert rules.is_well_formed(changed) == (changed == text)


def test_a_partners_key_has_a_checksum_of_its_own() -> None:
    text = rules.key_text(rules.PARTNER, public_id="4fRt9XbQ", secret=SECRET)
    assert rules.is_well_formed(text) and text.startswith("htp_")
    assert not rules.is_well_formed(rules.PERSON + text.removeprefix(rules.PARTNER))


@pytest.mark.parametrize(
    "text", ["", "htk_", "htk_" + "0" * 57, "htx_" + "0" * 57, "htk_" + "٣" * 57, " htk_", "é" * 61]
)
def test_other_texts_are_no_keys(text: str) -> None:
    assert not rules.is_well_formed(text)
    key = rules.key_text(rules.PERSON, public_id="4fRt9XbQ", secret=SECRET)
    assert not rules.is_well_formed(f"{key}{text or ' '}")


@pytest.mark.parametrize(("hours", "fits"), [(-1, False), (0, True), (168, True), (169, False)])
def test_a_rotated_key_works_on_for_up_to_a_week(hours: int, fits: bool) -> None:
    if fits:
        rules.check_grace(timedelta(hours=hours))
    else:
        with pytest.raises(DomainError, match="up to 168 hours"):
            rules.check_grace(timedelta(hours=hours))

"""Recognise the format of a file from what is in it, and read it. Pure."""

from common.errors import DomainError
from integrations.transfer.reading import (
    beaver,
    habitbull,
    habitica_data,
    habitica_history,
    habittrove,
    loop_csv,
    loop_database,
    own_csv,
    streaks,
    table_habit,
)
from integrations.transfer.reading.archives import MAGIC as ARCHIVE
from integrations.transfer.reading.archives import open_archive
from integrations.transfer.reading.documents import document_of
from integrations.transfer.reading.tables import header_of
from integrations.transfer.reading.texts import BOM
from integrations.transfer.reading.values import ImportedFile, Reading, refusal
from integrations.transfer.rules import MAX_UNPACKED_BYTES

_TABLES = (
    (habitbull.is_habitbull, habitbull.read),
    (habitica_history.is_history, habitica_history.read),
    (streaks.is_streaks, streaks.read),
)
_DOCUMENTS = (
    (habitica_data.is_userdata, habitica_data.read),
    (table_habit.is_table_habit, table_habit.read),
    (beaver.is_beaver, beaver.read),
)


def read_file(content: bytes, reading: Reading) -> ImportedFile:
    """Return what a file has. Raises DomainError with a code of values.REFUSALS if it cannot be imported."""
    if not content:
        raise refusal("empty_file")
    if len(content) > MAX_UNPACKED_BYTES:
        raise refusal("unpacks_too_large")
    if content.startswith(ARCHIVE):
        return _read_archive(content, reading)
    if content.startswith(loop_database.MAGIC):
        return loop_database.read(content, reading)
    if content.removeprefix(BOM).lstrip()[:1] in {b"{", b"["}:
        return _read_document(content, reading)
    header, _ = header_of(content)
    for fits, read in _TABLES:
        if fits(header):
            return read(content, reading)
    try:
        return own_csv.read(content, reading)
    except DomainError as error:
        # What is no table at all is more likely something else than a CSV with a mistake.
        raise refusal("unknown_format") if error.code == "broken_csv" and not reading.mapping else error from error


def _read_archive(content: bytes, reading: Reading) -> ImportedFile:
    archive = open_archive(content)
    if loop_csv.is_loop(archive):
        return loop_csv.read(archive, reading)
    if habittrove.folder_of(archive) is not None:
        return habittrove.read(archive, reading)
    raise refusal("unknown_format")


def _read_document(content: bytes, reading: Reading) -> ImportedFile:
    document = document_of(content)
    for fits, read in _DOCUMENTS:
        if fits(document):
            return read(document, reading)
    raise refusal("unknown_format")

"""Archives: what is in them, within limits that do not depend on what they claim. Pure."""

import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass

from integrations.transfer.reading.values import refusal
from integrations.transfer.rules import MAX_UNPACKED_BYTES

MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MAX_ENTRIES = 10_000
_PIECE = 1 << 16
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_DRIVE = re.compile(r"[A-Za-z]:")
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


@dataclass(slots=True)
class Archive:
    """An archive whose names are safe. Entries are unpacked when they are read, up to `left` bytes in all."""

    file: zipfile.ZipFile
    entries: dict[str, zipfile.ZipInfo]
    left: int

    @property
    def names(self) -> list[str]:
        """Return the names of the files, without folders."""
        return list(self.entries)

    def read(self, name: str) -> bytes:
        """Return an entry. Refuses one that is larger than it claims, than is left, or than one file may be."""
        pieces: list[bytes] = []
        size = 0
        try:
            with self.file.open(self.entries[name]) as stream:
                while piece := stream.read(_PIECE):
                    self.left -= len(piece)
                    size += len(piece)
                    if self.left < 0 or size > MAX_UNPACKED_BYTES:
                        raise refusal("unpacks_too_large")
                    pieces.append(piece)
        except _DAMAGED as error:
            raise refusal("damaged_archive") from error
        return b"".join(pieces)


def open_archive(content: bytes, *, max_bytes: int = MAX_UNPACKED_BYTES) -> Archive:
    """Open an archive. Refuses one that claims too much, is encrypted, or has unsafe names."""
    try:
        file = zipfile.ZipFile(io.BytesIO(content))
    except _DAMAGED as error:
        raise refusal("damaged_archive") from error
    infos = file.infolist()
    if len(infos) > MAX_ENTRIES or sum(info.file_size for info in infos) > max_bytes:
        raise refusal("unpacks_too_large")
    entries: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        if not _is_safe(info):
            raise refusal("unsafe_archive")
        if info.flag_bits & _ENCRYPTED:
            raise refusal("encrypted_archive")
        if info.is_dir():
            continue
        if info.compress_type not in _METHODS or info.filename in entries:
            raise refusal("damaged_archive")
        entries[info.filename] = info
    return Archive(file, entries, max_bytes)


def _is_safe(info: zipfile.ZipInfo) -> bool:
    # As it stands in the file: zipfile itself cuts a name at a NUL and turns separators of other systems.
    name = info.orig_filename
    if not name or "\0" in name or "\\" in name or name.startswith("/") or _DRIVE.match(name):
        return False
    if ".." in name.split("/"):
        return False
    mode = info.external_attr >> 16
    return not stat.S_IFMT(mode) or stat.S_ISREG(mode) or stat.S_ISDIR(mode)

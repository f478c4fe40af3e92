"""Simulate a power cut on SQLite: keep a copy of its files at each sync, and restore the last copy at the cut.

SQLite calls its VFS for each sync (https://sqlite.org/c3ref/io_methods.html). `record` replaces that function in the
library that this Python has loaded, which needs no compiler, tracer or other SQLite. The copy is made before the sync, so
it never contains more than the sync makes durable.
"""

import _sqlite3
import ctypes
import fcntl
import os
import shutil
from pathlib import Path
from typing import Any

FILES = ("", "-wal")  # suffixes of the database's files that survive a cut
OK = 0
STATIC_SQLITE = "This Python contains SQLite statically: its syncs cannot be recorded (Debian's and Docker's can)."


class Methods(ctypes.Structure):
    """sqlite3_io_methods, version 3: the functions of an open file."""

    _fields_ = [
        ("version", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("close", "read", "write", "truncate", "sync", "file_size")),
        *((f"method_{number}", ctypes.c_void_p) for number in range(12)),
    ]


class File(ctypes.Structure):
    """sqlite3_file."""

    _fields_ = [("methods", ctypes.POINTER(Methods))]


class Vfs(ctypes.Structure):
    """The beginning of sqlite3_vfs."""

    _fields_ = [
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("max_path", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("open", ctypes.c_void_p),
    ]


FilePointer = ctypes.POINTER(File)
# The name stays a raw pointer: SQLite keeps using it.
Open = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, FilePointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
)
Sync = ctypes.CFUNCTYPE(ctypes.c_int, FilePointer, ctypes.c_int)
Read = ctypes.CFUNCTYPE(ctypes.c_int, FilePointer, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
FileSize = ctypes.CFUNCTYPE(ctypes.c_int, FilePointer, ctypes.POINTER(ctypes.c_int64))
_references: list[object] = []  # keeps objects alive that C code points to


class CannotRecord(RuntimeError):
    """SQLite's functions cannot be replaced in this Python."""


def check() -> None:
    """Raise CannotRecord if syncs cannot be recorded."""
    _default_vfs()


def record(database: Path, kept: Path) -> None:
    """Copy the database's files to `kept` at each sync by this process and its forks. Raise CannotRecord."""
    vfs = _default_vfs()
    original_open = Open(vfs.open)
    paths: dict[int, Path] = {}
    replaced: dict[int, Methods] = {}

    def open_file(this: int, name: int | None, file: Any, flags: int, out: Any) -> int:
        code: int = original_open(this, name, file, flags, out)
        if code != OK or name is None or not file.contents.methods:
            return code
        path = Path(os.fsdecode(ctypes.string_at(name)))
        if path in watched:
            plain = file.contents.methods
            address = ctypes.addressof(plain.contents)
            paths[ctypes.addressof(file.contents)] = path
            if address not in replaced:
                replaced[address] = _with_sync(plain.contents, paths, kept)
            file.contents.methods = ctypes.pointer(replaced[address])
        return code

    database = Path(os.path.realpath(database))
    watched = {database.with_name(database.name + end) for end in FILES}
    callback = Open(open_file)
    _references.extend((callback, paths, replaced, original_open))
    vfs.open = ctypes.cast(callback, ctypes.c_void_p).value


def begin(database: Path, kept: Path) -> None:
    """Treat the current files as synced; no process may be writing."""
    kept.mkdir(parents=True, exist_ok=True)
    for end in FILES:
        path = database.with_name(database.name + end)
        if path.exists():
            shutil.copyfile(path, kept / path.name)


def cut(database: Path, kept: Path) -> None:
    """Restore the files as last synced; all processes that had the database open must be gone."""
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    for end in FILES:
        copy = kept / (database.name + end)
        if copy.exists():
            shutil.copyfile(copy, database.with_name(copy.name))


def _default_vfs() -> Vfs:
    # Loading the module's own file finds whichever library it is linked with.
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    try:
        find = library.sqlite3_vfs_find
    except AttributeError as error:
        raise CannotRecord(STATIC_SQLITE) from error
    find.restype = ctypes.POINTER(Vfs)
    found: Vfs = find(None).contents
    return found


def _with_sync(plain: Methods, paths: dict[int, Path], kept: Path) -> Methods:
    """Return a copy of the methods in which a sync also copies the file."""
    original_sync, read, size_of = Sync(plain.sync), Read(plain.read), FileSize(plain.file_size)

    def content(file: Any) -> bytes:
        # With SQLite's own handle: closing another handle of the same file would release the process's locks.
        size = ctypes.c_int64()
        size_of(file, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        read(file, buffer, size.value, 0)
        return buffer.raw

    def sync(file: Any, flags: int) -> int:
        path = paths[ctypes.addressof(file.contents)]
        # One process at a time, so that an older copy cannot replace a newer one.
        with (kept / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fresh = kept / f"{path.name}.fresh"
            fresh.write_bytes(content(file))
            code: int = original_sync(file, flags)
            if code == OK:
                fresh.replace(kept / path.name)
            return code

    callback = Sync(sync)
    methods = Methods.from_buffer_copy(plain)
    methods.sync = ctypes.cast(callback, ctypes.c_void_p).value
    _references.extend((callback, original_sync, read, size_of))
    return methods

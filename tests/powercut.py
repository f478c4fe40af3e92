"""A power cut on SQLite: what its files held when they were last synced is kept aside, and a cut leaves only that.

SQLite asks its VFS for each sync (https://sqlite.org/c3ref/io_methods.html). `record` puts a function of ours in
front of it, in the library that this Python has loaded: no compiler, no tracer, no other SQLite. The copy is made
before the sync, so it never holds more than the sync made durable.
"""

import _sqlite3
import ctypes
import fcntl
import os
import shutil
from pathlib import Path
from typing import Any

FILES = ("", "-wal")  # after the database's name: a cut leaves no other
OK = 0
CANNOT_BE_SEEN = "This Python has SQLite inside itself: its syncs cannot be recorded (Debian's and Docker's have not)."


class Methods(ctypes.Structure):
    """sqlite3_io_methods, version 3: what can be done with an open file."""

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
# The name is passed on as the pointer that it is: SQLite goes on using it.
Open = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, FilePointer, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
)
Sync = ctypes.CFUNCTYPE(ctypes.c_int, FilePointer, ctypes.c_int)
Read = ctypes.CFUNCTYPE(ctypes.c_int, FilePointer, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
FileSize = ctypes.CFUNCTYPE(ctypes.c_int, FilePointer, ctypes.POINTER(ctypes.c_int64))
_held: list[object] = []  # what C code points at must outlive it


class CannotBeSeen(RuntimeError):
    """SQLite's functions are out of reach in this Python."""


def check() -> None:
    """Raise CannotBeSeen where syncs cannot be recorded."""
    _default_vfs()


def record(database: Path, kept: Path) -> None:
    """Keep a copy of the database's files at each sync by this process and those that it forks.

    Raises CannotBeSeen.
    """
    vfs = _default_vfs()
    open_plainly = Open(vfs.open)
    paths: dict[int, Path] = {}
    replaced: dict[int, Methods] = {}

    def open_file(this: int, name: int | None, file: Any, flags: int, out: Any) -> int:
        code: int = open_plainly(this, name, file, flags, out)
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
    _held.extend((callback, paths, replaced, open_plainly))
    vfs.open = ctypes.cast(callback, ctypes.c_void_p).value


def begin(database: Path, kept: Path) -> None:
    """Take what there is now as durable; nobody may be writing."""
    kept.mkdir(parents=True, exist_ok=True)
    for end in FILES:
        path = database.with_name(database.name + end)
        if path.exists():
            shutil.copyfile(path, kept / path.name)


def cut(database: Path, kept: Path) -> None:
    """Leave of the database what was synced; all processes that had it open must be gone."""
    for path in database.parent.glob(f"{database.name}*"):
        path.unlink()
    for end in FILES:
        copy = kept / (database.name + end)
        if copy.exists():
            shutil.copyfile(copy, database.with_name(copy.name))


def _default_vfs() -> Vfs:
    # By the module's own file: whichever library it is linked with is the one that is asked.
    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    try:
        find = library.sqlite3_vfs_find
    except AttributeError as error:
        raise CannotBeSeen(CANNOT_BE_SEEN) from error
    find.restype = ctypes.POINTER(Vfs)
    found: Vfs = find(None).contents
    return found


def _with_sync(plain: Methods, paths: dict[int, Path], kept: Path) -> Methods:
    """The same methods, but that a sync keeps a copy."""
    sync_plainly, read, size_of = Sync(plain.sync), Read(plain.read), FileSize(plain.file_size)

    def content(file: Any) -> bytes:
        # Through SQLite's own handle: closing another one of the same file would take the process's locks away.
        size = ctypes.c_int64()
        size_of(file, ctypes.byref(size))
        buffer = ctypes.create_string_buffer(size.value)
        read(file, buffer, size.value, 0)
        return buffer.raw

    def sync(file: Any, flags: int) -> int:
        path = paths[ctypes.addressof(file.contents)]
        # One process at a time, so that no older copy follows a newer one.
        with (kept / "lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            fresh = kept / f"{path.name}.fresh"
            fresh.write_bytes(content(file))
            code: int = sync_plainly(file, flags)
            if code == OK:
                fresh.replace(kept / path.name)
            return code

    callback = Sync(sync)
    methods = Methods.from_buffer_copy(plain)
    methods.sync = ctypes.cast(callback, ctypes.c_void_p).value
    _held.extend((callback, sync_plainly, read, size_of))
    return methods

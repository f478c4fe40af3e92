"""Loop Habit Tracker's database, up to version 25. Pure: the bytes are opened in memory.

Nothing in the file is run: no view or trigger is accepted, only two tables are read, and SQLite stops after a number of
steps.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing

from integrations.transfer.reading import loop
from integrations.transfer.reading.collecting import Collector, HabitDraft, MarkKind
from integrations.transfer.reading.documents import day_since_epoch
from integrations.transfer.reading.numbers import decimal
from integrations.transfer.reading.values import ImportedFile, Reading, refusal

MAGIC = b"SQLite format 3\0"
MAX_VERSION = 25
HABITS, REPETITIONS = "Habits", "Repetitions"
DAY_IN_MS = 86_400_000
NUMERICAL, AT_MOST = 1, 1
ALL_DAYS = 0b1111111  # the lowest bit is Saturday

# Steps of SQLite's machine: a check and two reads of the largest file take about a quarter of them.
_STEPS, _MAX_CALLS = 100_000, 5_000
_WAL_VERSIONS = slice(18, 20)  # a database in memory has no write-ahead log, and the file comes without its own
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA}
_HABIT_COLUMNS = {
    "id": 0, "name": "", "description": "", "question": "", "freq_num": 0, "freq_den": 0, "color": -1, "archived": 0,
    "position": 0, "reminder_hour": None, "reminder_min": None, "reminder_days": 0, "type": 0, "target_type": 0,
    "target_value": 0, "unit": "", "uuid": "",
}  # fmt: skip
_MARK_COLUMNS = {"habit": 0, "timestamp": 0, "value": 0, "notes": ""}
Row = dict[str, object]


def read(content: bytes, reading: Reading) -> ImportedFile:
    """Return what the database has. Refuses one that is damaged, newer, or has other tables than Loop makes."""
    collector = Collector(source="loop_db", reading=reading)
    try:
        with closing(_opened(content)) as database:
            _read(database, collector)
    except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError) as error:
        raise refusal("damaged_database") from error
    return collector.finish()


def _opened(content: bytes) -> sqlite3.Connection:
    journal = slice(_WAL_VERSIONS.start, _WAL_VERSIONS.stop)
    if content[journal] == b"\x02\x02":
        content = content[: journal.start] + b"\x01\x01" + content[journal.stop :]
    database = sqlite3.connect(":memory:")
    database.deserialize(content)
    for name in ("trusted_schema=OFF", "query_only=ON", "cell_size_check=ON", "mmap_size=0"):
        database.execute(f"PRAGMA {name}")
    calls = iter(range(_MAX_CALLS))
    database.set_progress_handler(lambda: next(calls, None) is None, _STEPS)
    database.set_authorizer(lambda action, *_: sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY)
    return database


def _read(database: sqlite3.Connection, collector: Collector) -> None:
    kinds = database.execute("SELECT type, name, sql FROM sqlite_master").fetchmany(1000)
    tables = {name: str(sql) for kind, name, sql in kinds if kind == "table"}
    is_strange = any(kind in {"view", "trigger"} for kind, _, _ in kinds)
    if is_strange or any(sql.upper().startswith("CREATE VIRTUAL") for sql in tables.values()):
        raise refusal("unexpected_schema")
    if not {HABITS, REPETITIONS} <= tables.keys():
        raise refusal("unexpected_schema")
    if database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        raise refusal("damaged_database")
    if database.execute("PRAGMA user_version").fetchone()[0] > MAX_VERSION:
        raise refusal("newer_version")
    drafts: dict[object, HabitDraft] = {}
    numerical: dict[object, bool] = defaultdict(bool)
    rows = sorted(
        _rows(database, HABITS, _HABIT_COLUMNS, collector), key=lambda row: (_int(row["position"]), _int(row["id"]))
    )
    for row in rows:
        draft = _habit(collector, row)
        if draft is not None:
            drafts[row["id"]], numerical[row["id"]] = draft, row["type"] == NUMERICAL
    for row in _rows(database, REPETITIONS, _MARK_COLUMNS, collector):
        _mark(collector, drafts.get(row["habit"]), row, is_numerical=numerical[row["habit"]])


def _rows(database: sqlite3.Connection, table: str, columns: Row, collector: Collector) -> Iterator[Row]:
    """Yield the rows of a table with these columns; those that an older version lacks have the values given."""
    found = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
    names = [name for name in columns if name in found]
    if "id" in columns and "id" not in names:
        raise refusal("unexpected_schema")
    for values in database.execute(f"SELECT {', '.join(names)} FROM {table}"):
        collector.count_row()
        yield columns | dict(zip(names, values, strict=True))


def _habit(collector: Collector, row: Row) -> HabitDraft | None:
    colour = _int(row["color"], -1)
    draft = collector.habit(row["name"], where=f"{HABITS} {row['id']}", key=row["uuid"])
    if draft is None:
        return None
    draft.description = "\n".join(str(row[each]) for each in ("question", "description") if row[each])
    draft.colour = loop.COLOURS[colour] if 0 <= colour < len(loop.COLOURS) else ""
    draft.unit, draft.archived = str(row["unit"] or ""), bool(row["archived"])
    is_numerical = row["type"] == NUMERICAL
    target = decimal(str(row["target_value"])) if is_numerical else None
    loop.propose(
        draft,
        num=_int(row["freq_num"]),
        den=_int(row["freq_den"]),
        target=target,
        is_limit=is_numerical and row["target_type"] == AT_MOST,
    )
    if is_numerical and target is None:
        draft.notices.add("amount_unknown")
    hour, minute, days = _int(row["reminder_hour"], -1), _int(row["reminder_min"], -1), _int(row["reminder_days"])
    if 0 <= hour < 24 and 0 <= minute < 60 and days & ALL_DAYS:
        draft.reminders.append(f"{hour:02d}:{minute:02d}")
        if days & ALL_DAYS != ALL_DAYS:
            draft.notices.add("reminder_on_some_days")
    return draft


def _mark(collector: Collector, draft: HabitDraft | None, row: Row, *, is_numerical: bool) -> None:
    day = day_since_epoch(_int(row["timestamp"]) // DAY_IN_MS)
    if draft is None:
        collector.skip(f"habit {row['habit']} {day}", "orphan_entry")
        return
    if day is None:
        collector.skip(f"{draft.name} {row['timestamp']}", "not_a_day")
        return
    value, amount = _int(row["value"], -2), None
    said: MarkKind | None
    if is_numerical:
        found = loop.numerical(value)
        said, amount = found if found else (None, None)
    else:
        said = loop.yes_or_no(value)
    if said is None:
        collector.skip(f"{draft.name} {day}", "unknown_value")
        said = MarkKind.NOTHING
    draft.mark(day, said, amount, row["notes"])


def _int(value: object, default: int = 0) -> int:
    """Return a whole number; the default for anything else: SQLite does not keep its columns to their types."""
    return value if isinstance(value, int) else default

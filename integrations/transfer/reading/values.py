"""What every reader returns, and what it is told. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo
from decimal import Decimal

from common.errors import DomainError
from habits.recurrence import Schedule
from habits.rules import GoalType
from tracking.streaks.rules import Status

# Why a file is refused as a whole: the code, and a sentence for the person.
REFUSALS = {
    "broken_csv": "This is not a valid CSV file.",
    "broken_json": "This is not a valid JSON file.",
    "damaged_archive": "The archive is damaged or unusual and cannot be unpacked.",
    "damaged_database": "The database is damaged and cannot be read.",
    "dates_contradict": "Some dates have the day first, others the month. Make them the same and try again.",
    "empty_file": "The file is empty.",
    "encrypted_archive": "The archive is encrypted. Save it without a password.",
    "nested_too_deep": "The file is nested too deeply.",
    "newer_version": "The file was made by a newer version than this service can read.",
    "not_text": "The file is not a text: it has NUL bytes.",
    "not_utf8": "The file is not in UTF-8. Save it as UTF-8 and try again.",
    "too_many_habits": "The file has too many habits. Split it.",
    "too_many_rows": "The file has too many days or rows. Split it.",
    "unexpected_content": "The export is not as this service makes it.",
    "unexpected_schema": "The database has other tables than the app makes, or programs in it.",
    "unknown_format": "This is none of the formats that can be imported.",
    "unpacks_too_large": "The archive unpacks to too much.",
    "unsafe_archive": "The archive has names that lead out of it, or links.",
}


def refusal(code: str) -> DomainError:
    """Return the refusal of a whole file."""
    return DomainError(code, REFUSALS[code], "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader has to know of the person, and what they have chosen.

    `zone`: theirs; `date_order`: "D/M/Y" or "M/D/Y" where the file does not tell; `mapping`: the columns of a CSV of
    their own, by what they are.
    """

    today: date
    zone: tzinfo
    max_gap_days: int
    date_order: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportedLog:
    """What a person said of a day. `amount` is None for a skipped or missed day."""

    day: date
    status: Status
    amount: Decimal | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedHabit:
    """A habit of a file, with its logs in order of day.

    `key` is the same each time the file is read: the file's own id, or the name and how many-th of that name it is.
    `colour`: as "#RRGGBB" or "". `reminders`: local times as "HH:MM". `start_date`: where windows of n days begin.
    """

    key: str
    name: str
    description: str
    goal_type: GoalType
    schedule: Schedule
    archived: bool
    tags: tuple[str, ...]
    colour: str
    reminders: tuple[str, ...]
    start_date: date | None
    notices: frozenset[str]
    logs: tuple[ImportedLog, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """What was left out, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What the file does not tell: "date_order", or "columns" of a CSV whose columns are not known."""

    question: str
    choices: tuple[str, ...]
    answer: str = ""  # the choice for which the habits were read


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedFile:
    """What a file has. `skipped` lists the first of what was left out; `skip_counts` counts all by reason.

    Of a CSV of one's own: its `columns`, and in `mapping` those that are taken, by what they are.
    """

    source: str
    habits: tuple[ImportedHabit, ...]
    notices: frozenset[str] = frozenset()
    skipped: tuple[Skip, ...] = ()
    skip_counts: Counter[str] = field(default_factory=Counter)
    asks: tuple[Ask, ...] = ()
    columns: tuple[str, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """Return the number of logs."""
        return sum(len(habit.logs) for habit in self.habits)

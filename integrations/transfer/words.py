"""What the codes of a preview and a report mean, in the active language."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _


def texts_of(codes: Iterable[str]) -> dict[str, str]:
    """Return a sentence for each of the codes that has one."""
    known = sentences()
    return {code: known[code] for code in sorted(set(codes)) if code in known}


def codes_in(preview: Mapping[str, Any], more: Iterable[str]) -> set[str]:
    """Return the codes of a preview, with more: the notices of a report, and why it failed."""
    found = {*preview.get("notices", ()), *preview.get("skip_counts", ()), *more}
    found |= {ask["question"] for ask in preview.get("asks", ())}
    return found.union(*(habit["notices"] for habit in preview.get("habits", ())))


def sentences() -> dict[str, str]:
    """Return the sentence of each notice, reason for which something is left out, question, and reason of a failure."""
    return _refusals() | {
        "amount_guessed": _("The file has no daily amount. It is the smallest of the days that were complete."),
        "amount_rounded": _("Some amounts were rounded to two decimals."),
        "amount_unknown": _("The file has no daily amount, so it is 1. Change it before or after."),
        "checklist_left_out": _("The checklist was left out."),
        "days_merged": _("Some days have several entries, which became one."),
        "description_shortened": _("The description was too long and was shortened."),
        "drawing_left_out": _("The drawing was left out."),
        "frequency_approximated": _("There is no such frequency here. This is the nearest."),
        "name_shortened": _("The name was too long. All of it is in the description."),
        "names_merged": _("Names that differ only in case or spaces became one habit."),
        "note_on_undone_day": _("Some notes are on days on which nothing was done. These days are marked as missed."),
        "note_shortened": _("Some notes were too long and were shortened."),
        "now_your_own": _("You followed this habit of another person. It becomes your own."),
        "pauses_left_out": _("Some pauses were left out: there were too many."),
        "rarer_than_weekly": _("A habit comes at least once a week here, so this one is weekly."),
        "reminder_on_some_days": _("The reminder was for some days of the week. It is for every day now."),
        "repeated_name": _("Another habit of the file has the same name."),
        "schedule_unknown": _("The file has no schedule, so the habit is daily."),
        "tag_shortened": _("Some tags were too long and were shortened."),
        "tags_left_out": _("Some tags were left out: there were too many."),
        "times_taken_as_utc": _("The times of the file have no time zone. They were taken as UTC."),
        "total_of_a_period": _("The target was for a whole period. It is the daily amount now."),
        "unit_shortened": _("The unit was too long and was shortened."),
        "amount_too_small": _("The amount is less than 0.01."),
        "day_out_of_range": _("The day is before 1970."),
        "deleted_there": _("It was deleted in the other app."),
        "future_day": _("The day is in the future."),
        "mean_of_a_period": _("It is a mean of many days, and says nothing of one."),
        "neither_plus_nor_minus": _("It is a heading, not a habit."),
        "no_name": _("It has no name."),
        "not_a_day": _("It is not a day."),
        "not_habits": _("These are not habits."),
        "orphan_entry": _("Its habit is not in the file."),
        "secret_not_read": _("It holds secrets and was not read."),
        "task_not_habit": _("It is a task that is done once."),
        "too_few_cells": _("The line has too few cells."),
        "unknown_entry_type": _("The kind of entry is not known."),
        "unknown_value": _("The value cannot be read."),
        "date_order": _("Does the day or the month come first?"),
        "columns": _("Which column is what?"),
    }


def _refusals() -> dict[str, str]:
    """Return the sentence of each reason for which a file is refused as a whole, or an import fails."""
    return {
        "broken_csv": _("This is not a valid CSV file."),
        "broken_json": _("This is not a valid JSON file."),
        "damaged_archive": _("The archive is damaged or unusual and cannot be unpacked."),
        "damaged_database": _("The database is damaged and cannot be read."),
        "dates_contradict": _("Some dates have the day first, others the month. Make them the same and try again."),
        "empty_file": _("The file is empty."),
        "encrypted_archive": _("The archive is encrypted. Save it without a password."),
        "nested_too_deep": _("The file is nested too deeply."),
        "newer_version": _("The file was made by a newer version than this service can read."),
        "not_text": _("The file is not a text: it has NUL bytes."),
        "not_utf8": _("The file is not in UTF-8. Save it as UTF-8 and try again."),
        "too_many_habits": _("The file has too many habits. Split it."),
        "too_many_rows": _("The file has too many days or rows. Split it."),
        "unexpected_content": _("The export is not as this service makes it."),
        "unexpected_schema": _("The database has other tables than the app makes, or programs in it."),
        "unknown_format": _("This is none of the formats that can be imported."),
        "unpacks_too_large": _("The archive unpacks to too much."),
        "unsafe_archive": _("The archive has names that lead out of it, or links."),
        "gave_up": _("It failed again and again, and was given up."),
        "internal_error": _("It failed because of a mistake in this service."),
    }

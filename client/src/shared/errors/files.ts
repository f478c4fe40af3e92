import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** Codes of imports and exports. */
export const FILES: Record<string, MessageDescriptor> = {
  broken_csv: msg`This is not a proper CSV file. Open it in a spreadsheet and save it as CSV again.`,
  broken_json: msg`This JSON file is damaged or cut off. Export it from the other app again.`,
  damaged_archive: msg`The archive is damaged or unusual and cannot be unpacked. Export it from the other app again.`,
  damaged_database: msg`The database is damaged and cannot be read. Export it from the other app again.`,
  dates_contradict: msg`Some dates have the day first, others the month. Make them the same and try again.`,
  empty_file: msg`There is nothing in this file.`,
  encrypted_archive: msg`The archive is encrypted. Save it without a password.`,
  nested_too_deep: msg`The file is nested too deeply to be an export of a habit tracker.`,
  newer_version: msg`A newer version of this service has made the file. It can be restored there.`,
  not_text: msg`This is not a text file, and none of the formats that can be imported.`,
  not_utf8: msg`The letters of this file cannot be read. Save it as UTF-8 and try again.`,
  too_many_habits: msg`There are too many habits in this file. Split it into several.`,
  too_many_rows: msg`There are too many days or rows in this file. Split it into several.`,
  unexpected_content: msg`This export has been changed, or is not whole, so it cannot be restored.`,
  unexpected_schema: msg`This database has other tables than the app makes. Export it from the other app again.`,
  unknown_format: msg`This is none of the formats that can be imported: a file of one of the apps named above, or a table as CSV with a column for the day and one for the habit.`,
  unpacks_too_large: msg`The file is too large, or becomes so when it is unpacked.`,
  unsafe_archive: msg`The archive has names that lead out of it, so it is not opened.`,
  "body_too_large file": msg`The file is too large.`,
  "unknown_format columns": msg`The file has no such column.`,
  unanswered: msg`Answer the questions first.`,
  nothing_to_import: msg`There is no habit in this file.`,
  import_started: msg`This import has begun already.`,
  not_ready: msg`The export is still being made.`,
  gone: msg`This export can no longer be fetched. Make a new one.`,
  gave_up: msg`It could not be finished after several attempts. What was made stays.`,
  internal_error: msg`Something went wrong on the server.`,
};

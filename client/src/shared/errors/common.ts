import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** Codes of any request. A key "code field" goes before "code". */
export const COMMON: Record<string, MessageDescriptor> = {
  offline: msg`The server cannot be reached. Check your connection and try again.`,
  server_error: msg`The server has a problem. Please try again in a minute.`,
  error: msg`The server refused this. Please try again.`,
  throttled: msg`Too many requests. Please wait a little and try again.`,
  conflict: msg`This was changed at the same time elsewhere. Reload and try again.`,
  not_found: msg`This is not there any more.`,
  permission_denied: msg`You are not allowed to do this.`,
  not_allowed: msg`You are not allowed to do this.`,
  signed_out: msg`Please sign in again.`,
  not_authenticated: msg`Please sign in again.`,
  body_too_large: msg`This is too long.`,
  required: msg`Fill this in.`,
  null: msg`Fill this in.`,
  blank: msg`Fill this in.`,
  empty: msg`Choose at least one.`,
  invalid: msg`This cannot be read. Check how it is written.`,
  invalid_choice: msg`Choose one of the list.`,
  does_not_exist: msg`This is not there any more. Choose another.`,
  unique: msg`You already have one with this name.`,
  max_length: msg`This is too long.`,
  min_length: msg`This is too short.`,
  max_value: msg`This number is too large.`,
  min_value: msg`This number is too small.`,
  max_digits: msg`This number is too large.`,
  max_decimal_places: msg`Use at most two decimals.`,
  date_out_of_range: msg`Choose a date between 1970 and 2199.`,
  in_past: msg`Choose a time in the future.`,
  duplicate: msg`This is named twice.`,
};

import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";

/** Codes of channels, push messages and quiet hours. */
export const CHANNELS: Record<string, MessageDescriptor> = {
  nothing_to_confirm: msg`No code is awaited any more. Connect the channel again.`,
  wrong_code: msg`This is not the code that was sent. Look at the latest message.`,
  "invalid code": msg`The code has eight digits.`,
  not_connected: msg`This channel is not connected.`,
  repeated: msg`Name each channel once.`,
  no_time: msg`Quiet hours end at another time than they start.`,
  invalid_topic: msg`Enter a topic, or https://server/topic. A topic has letters, digits, - and _.`,
  invalid_token: msg`An access token has no spaces, and only Latin letters, digits and signs.`,
  unknown_scheme: msg`Addresses of this kind are not taken. It begins with one of those in the list above.`,
  parameter_not_allowed: msg`The part after the question mark has a setting that is not taken. Leave it out.`,
  "invalid_url url": msg`This cannot be read as an address. Copy it from the service again.`,
  "invalid_url address": msg`Enter a topic, or a web address that begins with https://.`,
  "credentials_in_url address": msg`Leave out the user name and the password. Give an access token instead.`,
  invalid_key: msg`The browser has given keys that cannot be used. Turn it off and on again.`,
  address_taken: msg`This belongs to another account.`,
  "address_taken endpoint": msg`Another account has used this browser for messages. Clear this site's data in the browser, then try again.`,
};

// Shared state: the signed-in user, as last returned by the API.

import { api } from "./api.js";

export const state = { me: null };
const listeners = new Set();

/** Call `listener` whenever the user is updated. */
export function onPerson(listener) {
  listeners.add(listener);
}

export function setPerson(me) {
  state.me = me;
  for (const listener of listeners) listener(me);
}

export async function loadPerson() {
  setPerson(await api.get("users/me/"));
}

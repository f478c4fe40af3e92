// What every view knows: the person, as the API last told of them.

import { api } from "./api.js";

export const state = { me: null };
const listeners = new Set();

/** Calls `listener` whenever the person is told of anew. */
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

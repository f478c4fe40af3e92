// What the first screen needs is asked for before the code that shows it has been loaded. The first request for exactly
// that gets the answer; whatever else is shown is asked for as usual.
import { channelOf } from "./channel";
import { commonHeaders, fetchAnswer } from "./fetching";
import { accessToken, signedInPerson } from "./session";
import { ROOT } from "./site";

const LIFETIME = 20_000; // milliseconds after which an answer is too old to begin with

interface Early {
  person: string;
  at: number;
  answer: Promise<Response>;
}

const asked = new Map<string, Early>(); // by address

// What another tab has changed meanwhile is not in the answers; shared/query/tabs.ts says so.
const news = channelOf("habits.answers");
news?.addEventListener("message", () => asked.clear());

/** Ask for paths of the API as the signed-in person, if there are one and a network. */
export function askEarly(...paths: string[]): void {
  const person = signedInPerson();
  if (person === null || navigator.onLine === false) return;
  for (const path of paths) {
    const url = `${location.origin}${ROOT}api${path}`;
    const answer = fetchSoon(url, person);
    answer.catch(() => {}); // the screen that takes it asks as usual
    asked.set(url, { person, at: Date.now(), answer });
  }
}

/** Return the answer that was asked for early, once. Undefined if there is none, or it may not be true any more. */
export async function takeEarly({ method, url }: Request): Promise<Response | undefined> {
  if (method !== "GET") asked.clear(); // a change: what was asked for before does not have it
  const early = asked.get(url);
  asked.delete(url);
  const isTheirs = () => early?.person === signedInPerson();
  if (!early || Date.now() - early.at > LIFETIME || !isTheirs()) return undefined;
  const answer = await early.answer.catch(() => undefined);
  return answer?.ok && isTheirs() ? answer : undefined;
}

async function fetchSoon(url: string, person: string): Promise<Response> {
  const token = await accessToken();
  if (person !== signedInPerson()) throw new Error("another person has signed in");
  const headers = { ...commonHeaders(), Authorization: `Bearer ${token}` };
  return fetchAnswer(new Request(url, { headers, credentials: "omit" }));
}

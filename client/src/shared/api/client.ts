import createClient, { type Middleware } from "openapi-fetch";
import { clientError, errorOfAnswer } from "./ApiError";
import { takeEarly } from "./early";
import { commonHeaders, fetchAnswer } from "./fetching";
import type { paths } from "./schema";
import { accessToken, onSessionChange, signedInPerson } from "./session";
import { ROOT } from "./site";

/** Fetch as the signed-in person. Once they have left, no answer is for whoever is here then. */
async function fetchSignedIn(request: Request): Promise<Response> {
  const person = signedInPerson();
  let hasLeft = false;
  const stop = onSessionChange((end) => {
    hasLeft ||= end === "signed-out" || (signedInPerson() ?? person) !== person;
  });
  try {
    const answer = await fetchAsOne(request);
    await answer.clone().arrayBuffer(); // all of it is here
    if (hasLeft) throw clientError(401, "signed_out");
    return answer;
  } finally {
    stop();
  }
}

/**
 * Fetch by one session. If the access token has expired, it is refreshed and the request is repeated once; but not with
 * the session of another person who has signed in meanwhile.
 */
async function fetchAsOne(request: Request): Promise<Response> {
  const again = request.clone();
  const person = signedInPerson();
  const tokenOfPerson = async (stale: string | null = null) => {
    const token = await accessToken(stale);
    if (person !== null && person !== signedInPerson()) throw clientError(401, "signed_out");
    return token;
  };
  const early = await takeEarly(request);
  if (early) return early;
  const access = await tokenOfPerson();
  request.headers.set("Authorization", `Bearer ${access}`);
  const answer = await fetchAnswer(request);
  if (answer.status !== 401) return answer;
  again.headers.set("Authorization", `Bearer ${await tokenOfPerson(access)}`);
  return fetchAnswer(again);
}

const refusals: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(commonHeaders())) {
      if (!request.headers.has(name) || name === "Accept-Language") request.headers.set(name, value);
    }
    return request;
  },
  async onResponse({ response }) {
    if (response.ok || response.status === 304) return undefined;
    throw errorOfAnswer(response, await response.json().catch(() => undefined));
  },
};

/** The API as the signed-in person. Every failure throws an ApiError: use `data` through `answered`. */
export const api = createClient<paths>({
  baseUrl: `${globalThis.location?.origin ?? ""}${ROOT}api`,
  credentials: "omit",
  fetch: fetchSignedIn,
});
api.use(refusals);

/** Return the body of a successful answer: `await answered(api.GET("/today/"))`. */
export async function answered<Data>(call: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await call;
  return data as Data;
}

/** Headers that make a repeated addition count once. Make the key when the person acts, not when it is sent. */
export function idempotent(key: string): { "Idempotency-Key": string } {
  return { "Idempotency-Key": key };
}

export function newKey(): string {
  return (
    crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16)).join("")
  );
}

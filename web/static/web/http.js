// One request to the API, without a word about who is signed in; every refusal becomes an ApiError.

const ROOT = "/api/";
const JSON_TYPE = "application/json";
const PATIENCE = 20_000; // milliseconds until a silent server counts as away

/** A refusal: `status` (0: no answer at all) and the API's `errors`, each {code, detail, attr}. */
export class ApiError extends Error {
  constructor(status, errors) {
    super(errors.map((error) => error.detail).join(" "));
    this.status = status;
    this.errors = errors;
  }

  has(code) {
    return this.errors.some((error) => error.code === code);
  }
}

/** Sends `body` as JSON; returns what is answered (null for an empty answer), as text where no JSON is wanted. Throws ApiError. */
export async function send(method, path, body, access, accept = JSON_TYPE) {
  const headers = { Accept: accept, "Accept-Language": "en", "X-Client": "web" };
  if (body !== undefined) headers["Content-Type"] = JSON_TYPE;
  if (access) headers.Authorization = `Bearer ${access}`;
  let answer;
  let text;
  const gaveUp = new AbortController();
  const timer = setTimeout(() => gaveUp.abort(), PATIENCE);
  try {
    answer = await fetch(ROOT + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      signal: gaveUp.signal,
    });
    text = await answer.text();
  } catch {
    throw new ApiError(0, [refusal("offline", "The server cannot be reached. Check your connection and try again.")]);
  } finally {
    clearTimeout(timer);
  }
  if (answer.ok && accept !== JSON_TYPE) return text;
  const data = parsed(text);
  if (answer.ok) return data ?? null;
  const errors = Array.isArray(data?.errors) && data.errors.length ? data.errors : null;
  throw new ApiError(answer.status, errors ?? [refusal("error", `The server answered with an error (${answer.status}).`)]);
}

function parsed(text) {
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(code, detail) {
  return { code, detail, attr: null };
}

// A single request to the API. Every error becomes an ApiError.

const ROOT = `${document.documentElement.dataset.root}api/`; // the service may live below a path
const SIGNING_IN = new Set(["token/", "token/link/"]);
const JSON_TYPE = "application/json";
const TIMEOUT = 20_000; // milliseconds to wait for an answer

/** A failed request: `status` (0: no answer) and the API's `errors`, each {code, detail, attr}. */
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

/** Send `body` as JSON; return the parsed answer (null if empty), or its text if `accept` is not JSON. Throws ApiError. */
export async function send(method, path, body, access, accept = JSON_TYPE) {
  const headers = { Accept: accept, "Accept-Language": "en", "X-Client": "web" };
  if (body !== undefined) headers["Content-Type"] = JSON_TYPE;
  if (access) headers.Authorization = `Bearer ${access}`;
  let answer;
  let text;
  const gaveUp = new AbortController();
  const timer = setTimeout(() => gaveUp.abort(), TIMEOUT);
  try {
    answer = await fetch(ROOT + path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      // Signing in gets a cookie by which this device is recognised the next time. Nothing else needs cookies.
      credentials: SIGNING_IN.has(path) ? "same-origin" : "omit",
      cache: "no-store",
      signal: gaveUp.signal,
    });
    text = await answer.text();
  } catch {
    throw new ApiError(0, [refusal("offline", "Cannot reach the server. Check your connection and try again.")]);
  } finally {
    clearTimeout(timer);
  }
  if (answer.ok && accept !== JSON_TYPE) return text;
  const data = parsed(text);
  if (answer.ok) return data ?? null;
  const errors = Array.isArray(data?.errors) && data.errors.length ? data.errors : null;
  throw new ApiError(answer.status, errors ?? [refusal("error", `The server returned an error (${answer.status}). Please try again later.`)]);
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

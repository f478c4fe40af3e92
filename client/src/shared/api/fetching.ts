import { clientError } from "./ApiError";

const TIMEOUT = 20_000; // milliseconds to wait for an answer

/** Fetch, and throw an ApiError of status 0 if no answer comes in time. */
export async function fetchAnswer(request: Request): Promise<Response> {
  const gaveUp = new AbortController();
  const giveUp = () => gaveUp.abort();
  const timer = setTimeout(giveUp, TIMEOUT);
  request.signal.addEventListener("abort", giveUp);
  try {
    return await fetch(new Request(request, { signal: gaveUp.signal, cache: "no-store" }));
  } catch (error) {
    if (request.signal.aborted) throw error; // by its caller
    throw clientError(0, "offline");
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener("abort", giveUp);
  }
}

/** Headers of every request to the API, in the language that is shown. */
export function commonHeaders(): Record<string, string> {
  return {
    Accept: "application/json",
    "Accept-Language": document.documentElement.lang || "en",
    "X-Client": "web",
  };
}

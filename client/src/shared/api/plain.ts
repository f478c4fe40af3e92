import { errorOfAnswer } from "./ApiError";
import { commonHeaders, fetchAnswer } from "./fetching";
import type { paths } from "./schema";
import { ROOT } from "./site";

type Posted<Path extends keyof paths> = paths[Path] extends {
  post: { requestBody: { content: { "application/json": infer Body } }; responses: infer Answers };
}
  ? {
      body: Body;
      answer: Answers extends { 200: { content: { "application/json": infer Answer } } } ? Answer : undefined;
    }
  : never;

type AnswerOf<Path extends keyof paths> = paths[Path] extends {
  post: { responses: { 200: { content: { "application/json": infer Answer } } } };
}
  ? Answer
  : never;

type Got<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Answer } } } };
}
  ? Answer
  : never;

/** GET what anybody may read. Throws ApiError. */
export async function get<Path extends keyof paths>(path: Path): Promise<Got<Path>> {
  const request = new Request(`${location.origin}${ROOT}api${path}`, {
    headers: commonHeaders(),
    credentials: "omit",
  });
  const answer = await fetchAnswer(request);
  const said: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw errorOfAnswer(answer, said);
  return said as Got<Path>;
}

// Signing in sets a cookie by which this device is recognised the next time, or takes one. Nothing else needs cookies.
const WITH_COOKIES: ReadonlySet<keyof paths> = new Set<keyof paths>([
  "/token/",
  "/token/link/",
  "/token/provider/",
  "/token/header/",
  "/token/telegram/",
  "/token/passkey/",
]);

/** POST, without a body, what the browser's cookies or the operator's proxy say, or what names nobody. Throws ApiError. */
export async function postNothing<
  Path extends "/token/provider/" | "/token/header/" | "/token/passkey/begin/",
>(path: Path): Promise<AnswerOf<Path>> {
  return (await send(path, undefined)) as AnswerOf<Path>;
}

/** POST to the API without the client's own session: signing in, refreshing, registering. Throws ApiError. */
export async function post<Path extends keyof paths>(
  path: Path,
  body: Posted<Path>["body"],
  access?: string,
): Promise<Posted<Path>["answer"]> {
  return (await send(path, body, access)) as Posted<Path>["answer"];
}

async function send(path: keyof paths, body: unknown, access?: string): Promise<unknown> {
  const headers = new Headers({ ...commonHeaders(), "Content-Type": "application/json" });
  if (access) headers.set("Authorization", `Bearer ${access}`);
  const answer = await fetchAnswer(
    new Request(`${location.origin}${ROOT}api${path}`, {
      method: "POST",
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: WITH_COOKIES.has(path) ? "same-origin" : "omit",
    }),
  );
  const said: unknown = await answer.json().catch(() => undefined);
  if (!answer.ok) throw errorOfAnswer(answer, said);
  return said;
}

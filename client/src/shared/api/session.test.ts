import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "./ApiError";

const KEY = "habits.refresh";
const token = (person: number, name = "") => `x.${btoa(JSON.stringify({ user_id: person, name }))}.x`;

type Answer = () => Promise<Response>;
const pair =
  (access: string, refresh: string): Answer =>
  async () =>
    Response.json({ access, refresh });
const refusal =
  (status: number): Answer =>
  async () =>
    Response.json({ errors: [] }, { status });
const lost: Answer = async () => {
  throw new TypeError("network");
};

/** A tab: the modules with a state of their own, and a server that gives these answers. */
async function tab(...answers: Answer[]) {
  vi.resetModules();
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push(
      `${new URL(request.url).pathname} ${((await request.json().catch(() => ({}))) as { refresh?: string }).refresh ?? ""}`,
    );
    return (answers.shift() ?? lost)();
  });
  const session = await import("./session");
  return { session, sent };
}

describe("refreshing a session", () => {
  beforeEach(() => localStorage.setItem(KEY, token(7)));

  it("parallel calls share one refresh", async () => {
    const { session, sent } = await tab(pair("a1", token(7, "r1")));
    expect(await Promise.all([session.accessToken(), session.accessToken()])).toEqual(["a1", "a1"]);
    expect(sent).toEqual([`/api/token/refresh/ ${token(7)}`]);
    expect(localStorage.getItem(KEY)).toBe(token(7, "r1"));
  });

  it.each([
    ["a lost answer", lost],
    ["a failing server", refusal(503)],
    ["too many requests", refusal(429)],
  ])("%s signs nobody out", async (_name, answer) => {
    const { session } = await tab(answer, pair("a1", token(7, "r1")));
    await expect(session.accessToken()).rejects.toThrow();
    expect(session.isSignedIn()).toBe(true);
    expect(await session.accessToken()).toBe("a1");
  });

  it("a refused token ends the session and says so once", async () => {
    const { session } = await tab(refusal(401));
    const ends: unknown[] = [];
    session.onSessionChange((end) => ends.push(end));
    const error = await session.accessToken().catch((thrown: unknown) => thrown);
    expect((error as { status: number }).status).toBe(401);
    expect(session.isSignedIn()).toBe(false);
    expect(ends).toEqual(["expired"]);
  });

  it("the token that another tab has got meanwhile is used", async () => {
    const { session, sent } = await tab(
      async () => {
        localStorage.setItem(KEY, token(7, "newer"));
        return Response.json({ errors: [] }, { status: 401 });
      },
      pair("a2", token(7, "newest")),
    );
    expect(await session.accessToken()).toBe("a2");
    expect(sent.at(-1)).toContain(token(7, "newer"));
  });

  it("a sign-in meanwhile, here or in another tab, outlives the answer to a refresh", async () => {
    const again = `x.${btoa(JSON.stringify({ user_id: 7, sid: 2 }))}.x`;
    const { session } = await tab(
      async () => {
        localStorage.setItem(KEY, again);
        return Response.json({ access: "a1", refresh: token(7, "r1") });
      },
      pair("a2", again),
    );
    expect(await session.accessToken()).toBe("a2");
    expect(localStorage.getItem(KEY)).toBe(again);
  });

  it("a sign-out meanwhile in another tab is not undone by the answer to a refresh", async () => {
    const { session } = await tab(async () => {
      localStorage.removeItem(KEY);
      return Response.json({ access: "a1", refresh: token(7, "r1") });
    });
    await expect(session.accessToken()).rejects.toThrow();
    expect(session.isSignedIn()).toBe(false);
  });

  it("a fresh sign-in waits for a refresh that is on its way", async () => {
    const again = `x.${btoa(JSON.stringify({ user_id: 7, sid: 2 }))}.x`;
    const { session, sent } = await tab(
      pair("a1", token(7, "r1")),
      async () => Response.json({ access: "a2", refresh: again, proof: "p" }),
      async () => new Response(null, { status: 204 }),
    );
    const early = session.accessToken();
    await session.signInByTicket();
    expect(await early).toBe("a1");
    expect(await session.accessToken()).toBe("a2");
    expect(localStorage.getItem(KEY)).toBe(again);
    expect(sent.map((each) => each.split(" ")[0])).toEqual(
      ["refresh", "provider", "revoke"].map((each) => `/api/token/${each}/`),
    );
  });

  it("a stale access token is replaced", async () => {
    const { session } = await tab(pair("a1", token(7, "r1")), pair("a2", token(7, "r2")));
    const first = await session.accessToken();
    expect(await session.accessToken(first)).toBe("a2");
  });
});

describe("another tab", () => {
  it("is followed where its session ends or another person signs in, and not noticed where it refreshes", async () => {
    localStorage.setItem(KEY, token(7));
    const { session } = await tab();
    const ends: unknown[] = [];
    session.onSessionChange((end) => ends.push(end));
    const change = (oldValue: string | null, newValue: string | null) =>
      dispatchEvent(new StorageEvent("storage", { key: KEY, oldValue, newValue }));
    change(token(7), token(7, "r1"));
    expect(ends).toEqual([]);
    change(token(7), null);
    localStorage.setItem("habits.left", "1");
    change(token(7), null);
    change(token(7), token(8));
    expect(ends).toEqual(["expired", "signed-out", null]);
  });
});

describe("the person", () => {
  it("is named in the token", async () => {
    localStorage.setItem(KEY, token(7));
    const { session } = await tab();
    expect(session.signedInPerson()).toBe("7");
    localStorage.setItem(KEY, "no token");
    expect(session.signedInPerson()).toBeNull();
  });
});

it("an error of the API knows whether to try again", () => {
  expect(new ApiError(0, []).isTemporary).toBe(true);
  expect(new ApiError(502, []).isTemporary).toBe(true);
  expect(new ApiError(400, []).isTemporary).toBe(false);
});

import { beforeEach, describe, expect, it, vi } from "vitest";

const KEY = "habits.refresh";
const token = (person: number) => `x.${btoa(JSON.stringify({ user_id: person }))}.x`;
const NOW = new Date("2026-11-26T23:30:00Z");
const BEHIND = "/days/2026-11-26/"; // this device's day, in UTC
const AHEAD = "/days/2026-11-27/"; // the day of a person who lives east of it

/** The page as it starts, on a server that answers each path by its name and what happens meanwhile. */
async function page(meanwhile: (path: string) => void = () => {}) {
  vi.resetModules();
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname.replace("/api", "");
    if (path === "/token/refresh/") return Response.json({ access: "a", refresh: localStorage.getItem(KEY) });
    sent.push(`${request.method} ${path}`);
    meanwhile(path);
    return Response.json({ path, number: sent.length });
  });
  const { askForFirstScreen } = await import("../../app/before");
  const { answered, api } = await import("./client");
  const { dayQuery } = await import("../../today/day");
  const { today } = await import("../dates/format");
  askForFirstScreen();
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  /** Ask as the screen of the day of a person in this zone does. */
  const askForDay = async (zone = "UTC") => {
    const query = dayQuery(today({ time_zone: zone, day_starts_at: 0 } as never));
    return (await (query.queryFn as () => Promise<unknown>)()) as { path: string; number: number };
  };
  return { answered, api, askForDay, sent };
}

describe("what the first screen shows is asked for before that screen is there", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
    localStorage.setItem(KEY, token(7));
    return () => vi.useRealTimers();
  });

  it("and not again by the screen; later it is", async () => {
    const { answered, api, askForDay, sent } = await page();
    expect(sent).toEqual(["GET /users/me/", `GET ${BEHIND}`]);
    expect(await answered(api.GET("/users/me/"))).toMatchObject({ path: "/users/me/" });
    expect((await askForDay()).path).toBe(BEHIND);
    expect(sent).toHaveLength(2);
    expect((await askForDay()).number).toBe(3);
  });

  it("where the person lives on another date, that day is asked for and shown", async () => {
    const { askForDay, sent } = await page();
    expect((await askForDay("Asia/Tokyo")).path).toBe(AHEAD);
    expect(sent).toEqual(["GET /users/me/", `GET ${BEHIND}`, `GET ${AHEAD}`]);
  });

  it("again after a change, which the answer may not have", async () => {
    const { api, askForDay } = await page();
    await api.DELETE("/tracks/{track_id}/logs/{day}/", {
      params: { path: { track_id: 1, day: "2026-11-26" } },
    });
    expect((await askForDay()).number).toBe(4);
  });

  it("again once the answer is old", async () => {
    const { askForDay } = await page();
    vi.setSystemTime(NOW.valueOf() + 21_000);
    expect((await askForDay()).number).toBe(3);
  });

  it("again for another person who has signed in", async () => {
    const { askForDay } = await page();
    localStorage.setItem(KEY, token(8));
    expect((await askForDay()).number).toBe(3);
  });

  it("again where no answer has come", async () => {
    let isFirst = true;
    const { askForDay } = await page((path) => {
      if (path !== BEHIND || !isFirst) return;
      isFirst = false;
      throw new TypeError("network");
    });
    expect((await askForDay()).number).toBe(3);
  });

  it("not while nobody is signed in", async () => {
    localStorage.removeItem(KEY);
    vi.resetModules();
    const fetched = vi.fn();
    vi.stubGlobal("fetch", fetched);
    const { askForFirstScreen } = await import("../../app/before");
    askForFirstScreen();
    await Promise.resolve();
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe("an answer for a person who has left meanwhile", () => {
  beforeEach(() => localStorage.setItem(KEY, token(7)));

  const leaves = async (newValue: string | null) => {
    const { answered, api } = await page((path) => {
      if (path !== "/limits/") return;
      if (newValue) localStorage.setItem(KEY, newValue);
      else {
        localStorage.setItem("habits.left", "1");
        localStorage.removeItem(KEY);
      }
      dispatchEvent(new StorageEvent("storage", { key: KEY, oldValue: token(7), newValue }));
    });
    return answered(api.GET("/limits/"));
  };

  it("is not for who is here now", async () => {
    await expect(leaves(token(8))).rejects.toMatchObject({ status: 401 });
  });

  it("is not kept for who comes next", async () => {
    await expect(leaves(null)).rejects.toMatchObject({ status: 401 });
  });
});

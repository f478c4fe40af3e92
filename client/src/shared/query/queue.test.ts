import { onlineManager } from "@tanstack/react-query";
import { clear, entries, get, set } from "idb-keyval";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** A tab with a kind of change, `sent` by it. */
async function tab() {
  vi.resetModules();
  const queue = await import("./queue");
  const { queryClient } = await import("./client");
  const sent: number[] = [];
  queue.defineQueued<{ n: number }, void>({ name: "count", send: async ({ n }) => void sent.push(n) });
  return { ...queue, client: queryClient, sent };
}

/** Another person signs in, in place of who was here. */
function becomes(person: number): void {
  const key = "habits.refresh";
  const oldValue = localStorage.getItem(key);
  const newValue = `x.${btoa(`{"user_id":${person}}`)}.x`;
  localStorage.setItem(key, newValue);
  dispatchEvent(new StorageEvent("storage", { key, oldValue, newValue }));
}

const stored = async () => (await entries()).filter(([key]) => String(key).startsWith("queue 7"));

describe("queued changes", () => {
  beforeEach(() => localStorage.setItem("habits.refresh", `x.${btoa('{"user_id":7}')}.x`));
  afterEach(async () => {
    onlineManager.setOnline(true);
    await clear();
  });

  it("wait without a network, are kept, and go in order when it is back", async () => {
    const { client, sent, enqueue, keepQueue } = await tab();
    const { onlineManager: online } = await import("@tanstack/react-query");
    const stop = await keepQueue(client, "7");
    online.setOnline(false);
    for (const n of [1, 2, 3]) enqueue("count", { n });
    await vi.waitFor(async () => expect(JSON.parse((await stored())[0]?.[1] as string)).toHaveLength(3));
    expect(sent).toEqual([]);
    online.setOnline(true);
    await client.resumePausedMutations();
    await vi.waitFor(() => expect(sent).toEqual([1, 2, 3]));
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    stop();
  });

  it("of a tab that was closed are sent by the next one, once", async () => {
    const before = await tab();
    const { onlineManager: online } = await import("@tanstack/react-query");
    await before.keepQueue(before.client, "7");
    online.setOnline(false);
    before.enqueue("count", { n: 1 });
    before.enqueue("count", { n: 2 });
    await vi.waitFor(async () => expect(JSON.parse((await stored())[0]?.[1] as string)).toHaveLength(2));
    const after = await tab();
    await after.keepQueue(after.client, "7");
    await vi.waitFor(() => expect(after.sent).toEqual([1, 2]));
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
  });

  it("go out with their person's session alone, and stay on the device for them", async () => {
    const { client, sent, enqueue, keepQueue } = await tab();
    const { onlineManager: online } = await import("@tanstack/react-query");
    client.mount();
    const stop = await keepQueue(client, "7");
    online.setOnline(false); // as while nobody is signed in
    for (const n of [1, 2]) enqueue("count", { n });
    await vi.waitFor(async () => expect(JSON.parse((await stored())[0]?.[1] as string)).toHaveLength(2));

    becomes(8);
    online.setOnline(true);
    stop();
    const stopOther = await keepQueue(client, "8");
    enqueue("count", { n: 80 });
    await vi.waitFor(() => expect(sent).toEqual([80]));
    expect(JSON.parse((await stored())[0]?.[1] as string)).toHaveLength(2);

    becomes(7);
    stopOther();
    await keepQueue(client, "7");
    await vi.waitFor(() => expect(sent).toEqual([80, 1, 2]));
    await vi.waitFor(async () => expect(await stored()).toEqual([]));
    client.unmount();
  });

  it("are not tried again with another person's session", async () => {
    const { client, defineQueued, enqueue } = await tab();
    const { ApiError } = await import("../api/ApiError");
    const tries: unknown[] = [];
    defineQueued<{ n: number }, void>({
      name: "fails at first",
      send: async ({ n }) => {
        if (tries.push(n) === 1) throw new ApiError(503, [], 0.2);
      },
    });
    enqueue("fails at first", { n: 1 });
    await vi.waitFor(() => expect(tries).toEqual([1]));
    becomes(8);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(tries).toEqual([1]);
    expect(client.getMutationCache().getAll()).toEqual([]);
  });

  it("are counted where they wait: here, and in other tabs of the person", async () => {
    const { client, enqueue, keepQueue, unsentChanges } = await tab();
    const { onlineManager: online } = await import("@tanstack/react-query");
    const stop = await keepQueue(client, "7");
    expect(await unsentChanges("7")).toBe(0);
    online.setOnline(false);
    enqueue("count", { n: 1 });
    await vi.waitFor(async () => expect(await stored()).toHaveLength(1));
    await set("queue 7 other", JSON.stringify([{}, {}]));
    await set("queue 70 tab", JSON.stringify([{}]));
    expect(await unsentChanges("7")).toBe(3);
    stop();
  });

  it("are counted in each tab, wherever they wait", async () => {
    const one = await tab();
    const { onlineManager: online } = await import("@tanstack/react-query");
    const other = await tab();
    const counts: number[] = [];
    const stops = [
      await one.keepQueue(one.client, "7"),
      other.followElsewhere("7", (count) => counts.push(count)),
      other.followElsewhere("8", (count) => expect(count).toBe(0)),
    ];
    online.setOnline(false);
    for (const n of [1, 2]) one.enqueue("count", { n });
    await vi.waitFor(() => expect(counts.at(-1)).toBe(2));
    online.setOnline(true);
    await one.client.resumePausedMutations();
    await vi.waitFor(() => expect(counts.at(-1)).toBe(0));
    expect(counts[0]).toBe(0);
    for (const stop of stops) stop();
  });

  it("of another person are left alone", async () => {
    await set("queue 8 tab", JSON.stringify([]));
    const { client, keepQueue } = await tab();
    await keepQueue(client, "7");
    expect(await get("queue 8 tab")).toBe("[]");
  });
});

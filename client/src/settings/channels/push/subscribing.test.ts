import { beforeEach, describe, expect, it, vi } from "vitest";
import { renew, unsubscribeBeforeLeaving } from "./subscribing";

const asked: string[] = [];
let subscription: { endpoint: string; toJSON: () => object } | null = null;
let onServer: { id: number }[] = [];
let session = "1";

const browserGives = (endpoint: string) => {
  subscription = { endpoint, toJSON: () => ({ endpoint, keys: { p256dh: "key", auth: "secret" } }) };
  return subscription;
};
const isMarked = (more: object) =>
  localStorage.setItem(MARK, JSON.stringify({ id: 3, endpoint: "https://push.example.org/1", ...more }));

vi.mock("../../../shared/api/session", () => ({
  signedInPerson: () => "7",
  signedInSession: () => session,
}));
vi.mock("../../../shared/worker", () => ({ startWorker: async () => undefined }));
vi.mock("./support", () => ({
  pushSupport: () => "yes",
  hasKey: () => true,
  ownSubscription: async () => subscription,
}));
vi.mock("../../../shared/api/client", () => ({
  answered: async (answer: unknown) => answer,
  api: {
    GET: (path: string) => (path === "/push/key/" ? { key: "k" } : { results: onServer }),
    POST: (_path: string, { body }: { body: { endpoint: string } }) => {
      asked.push(body.endpoint);
      return { id: 9 };
    },
    DELETE: async () => {
      throw new TypeError("network");
    },
  },
}));

const MARK = "habits.push 7";

describe("a browser in which messages are on", () => {
  beforeEach(() => {
    asked.length = 0;
    session = "1";
    isMarked({ session });
    onServer = [{ id: 3 }];
    vi.stubGlobal("Notification", { permission: "granted", requestPermission: async () => "granted" });
    const pushManager = {
      getSubscription: async () => null,
      subscribe: async () => browserGives("https://push.example.org/2"),
    };
    Object.defineProperty(navigator, "serviceWorker", {
      value: { ready: Promise.resolve({ pushManager }) },
      configurable: true,
    });
  });

  it("says nothing while its subscription is the same", async () => {
    browserGives("https://push.example.org/1");
    await renew();
    expect(asked).toEqual([]);
  });

  it("subscribes again when it has lost its subscription", async () => {
    subscription = null;
    await renew();
    expect(asked).toEqual(["https://push.example.org/2"]);
    expect(JSON.parse(localStorage.getItem(MARK) ?? "")).toMatchObject({ id: 9 });
  });

  it("subscribes again when the person has signed in anew: on the server it has ended with its session", async () => {
    browserGives("https://push.example.org/1");
    onServer = [];
    session = "2";
    await renew();
    expect(asked).toHaveLength(1);
    await renew();
    expect(asked).toHaveLength(1);
  });

  it("says once of which session it is when it was turned on before that was noted", async () => {
    browserGives("https://push.example.org/1");
    isMarked({});
    await renew();
    await renew();
    expect(asked).toHaveLength(1);
  });

  it("stays off after signing out without a network", async () => {
    const unsubscribe = vi.fn(async () => true);
    Object.assign(browserGives("https://push.example.org/1"), { unsubscribe });
    await unsubscribeBeforeLeaving();
    expect(unsubscribe).toHaveBeenCalled();
    session = "2";
    await renew();
    expect(asked).toEqual([]);
  });

  it("stays off when that was turned off on another device", async () => {
    subscription = null;
    onServer = [];
    await renew();
    expect(asked).toEqual([]);
    expect(localStorage.getItem(MARK)).toBeNull();
  });
});

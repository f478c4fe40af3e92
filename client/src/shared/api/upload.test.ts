import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { upload } from "./upload";

vi.mock("./session", () => ({
  accessToken: async (stale?: string) => (stale ? "new" : "old"),
}));

/** A request whose answer the test gives. */
class FakeRequest {
  static made: FakeRequest[] = [];
  upload: { onprogress?: (event: { loaded: number; total: number }) => void } = {};
  headers: Record<string, string> = {};
  status = 0;
  responseText = "";
  isAborted = false;
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  onloadend?: () => void;
  open() {}
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getResponseHeader() {
    return null;
  }
  send() {
    FakeRequest.made.push(this);
  }
  abort() {
    this.isAborted = true;
    this.onabort?.();
    this.onloadend?.();
  }
  answer(status: number, body: string) {
    Object.assign(this, { status, responseText: body });
    this.onload?.();
    this.onloadend?.();
  }
}

const file = new File(["a"], "a.csv");
const sent: number[] = [];
const begin = (signal = new AbortController().signal) =>
  upload("/imports/", file, { onProgress: (share) => sent.push(share), signal });

async function request(index: number): Promise<FakeRequest> {
  await vi.waitFor(() => expect(FakeRequest.made).toHaveLength(index + 1));
  return FakeRequest.made[index] as FakeRequest;
}

describe("sending a file", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("XMLHttpRequest", FakeRequest);
    FakeRequest.made = [];
    sent.length = 0;
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  it("goes on for as long as bytes move, and tells how far it is", async () => {
    const made = begin();
    const first = await request(0);
    for (const loaded of [1, 2, 3, 4]) {
      vi.advanceTimersByTime(80_000);
      first.upload.onprogress?.({ loaded, total: 4 });
    }
    first.answer(201, '{"id": 12}');
    expect(await made).toEqual({ id: 12 });
    expect(sent).toEqual([0.25, 0.5, 0.75, 1]);
  });

  it("is given up when nothing moves any more", async () => {
    const made = begin();
    await request(0);
    vi.advanceTimersByTime(91_000);
    await expect(made).rejects.toMatchObject({ status: 0 });
  });

  it("is repeated once if the session had to be renewed", async () => {
    const made = begin();
    (await request(0)).answer(401, "{}");
    const second = await request(1);
    expect(second.headers.Authorization).toBe("Bearer new");
    second.answer(201, '{"id": 13}');
    expect(await made).toEqual({ id: 13 });
  });

  it.each([
    [400, '{"errors": [{"code": "empty_file"}]}', { status: 400, errors: [{ code: "empty_file" }] }],
    [504, "<h1>Gateway Timeout</h1>", { status: 504, isTemporary: true }],
    [200, "", { status: 502, isTemporary: true }],
  ])("an answer %i is a refusal or a lost one", async (status, body, expected) => {
    const made = begin();
    (await request(0)).answer(status, body);
    await expect(made).rejects.toMatchObject(expected);
  });

  it("ends when one leaves", async () => {
    const leaving = new AbortController();
    const made = begin(leaving.signal);
    const first = await request(0);
    leaving.abort();
    await expect(made).rejects.toMatchObject({ status: 0 });
    expect(first.isAborted).toBe(true);
  });
});

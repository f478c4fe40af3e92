import { afterEach, describe, expect, it, vi } from "vitest";
import { shareOrCopy } from "./share";

const link = { title: "Early birds", url: "https://example.org/s/1/" };
const named = (name: string) => Object.assign(new Error(name), { name });

function browser(share: (() => Promise<void>) | undefined, write: () => Promise<void>) {
  const writeText = vi.fn(write);
  vi.stubGlobal("navigator", { share, clipboard: { writeText } });
  return writeText;
}

describe("a link", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("goes to the share sheet", async () => {
    const writeText = browser(
      async () => {},
      async () => {},
    );
    expect(await shareOrCopy(link)).toBe("shared");
    expect(writeText).not.toHaveBeenCalled();
  });

  it("is copied where there is no share sheet, or where it does not work", async () => {
    const writeText = browser(undefined, async () => {});
    expect(await shareOrCopy(link)).toBe("copied");
    expect(writeText).toHaveBeenCalledWith(link.url);
    browser(
      () => Promise.reject(named("NotAllowedError")),
      async () => {},
    );
    expect(await shareOrCopy(link)).toBe("copied");
  });

  it("is not copied if the person closed the share sheet", async () => {
    const writeText = browser(
      () => Promise.reject(named("AbortError")),
      async () => {},
    );
    expect(await shareOrCopy(link)).toBe("cancelled");
    expect(writeText).not.toHaveBeenCalled();
  });

  it("that can be neither shared nor copied says so", async () => {
    browser(undefined, () => Promise.reject(new Error()));
    expect(await shareOrCopy(link)).toBe("failed");
  });
});

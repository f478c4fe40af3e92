import { act, renderHook, waitFor } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";
import { ApiError } from "../api/ApiError";
import { readDraft } from "./drafts";
import { useDraftForm } from "./useDraftForm";

const options = (send = vi.fn(async () => {})) => ({
  name: "note",
  initial: { text: "", pin: "" },
  secret: ["pin"] as const,
  send,
});

const event = { preventDefault() {}, stopPropagation() {} } as never;

describe("a form", () => {
  it("keeps what is typed, except secrets", () => {
    const { result } = renderHook(() => useDraftForm(options()));
    act(() => result.current.form.setValues({ text: "half a tho", pin: "hush" }));
    expect(readDraft("note")).toEqual({ text: "half a tho" });
  });

  it("shows a draft again, as changed", () => {
    const first = renderHook(() => useDraftForm(options()));
    act(() => first.result.current.form.setFieldValue("text", "half a tho"));
    first.unmount();
    const { result } = renderHook(() => useDraftForm(options()));
    expect(result.current.form.values.text).toBe("half a tho");
    expect(result.current.isRestored).toBe(true);
    expect(result.current.form.isDirty()).toBe(true);
    act(() => result.current.discard());
    expect(result.current.form.values.text).toBe("");
    expect(readDraft("note")).toBeNull();
  });

  it("forgets the draft once it is sent", async () => {
    const send = vi.fn(async () => {});
    const { result } = renderHook(() => useDraftForm(options(send)));
    act(() => result.current.form.setFieldValue("text", "done"));
    await act(async () => result.current.submit(event));
    await waitFor(() => expect(send).toHaveBeenCalledWith({ text: "done", pin: "" }));
    expect(readDraft("note")).toBeNull();
    expect(result.current.form.isDirty()).toBe(false);
  });

  it("is saved with what sending it has put into it", async () => {
    const send = vi.fn(async (): Promise<void> => result.current.form.setValues({ text: "of the server" }));
    const { result } = renderHook(() => useDraftForm(options(send)));
    act(() => result.current.form.setFieldValue("text", "typed"));
    await act(async () => result.current.submit(event));
    expect(result.current.form.values.text).toBe("of the server");
    expect(result.current.form.isDirty()).toBe(false);
    expect(readDraft("note")).toBeNull();
  });

  it("that forgets what was typed once it is sent is not changed", async () => {
    const send = vi.fn(async (): Promise<void> => result.current.discard());
    const { result } = renderHook(() => useDraftForm(options(send)));
    act(() => result.current.form.setFieldValue("text", "typed"));
    await act(async () => result.current.submit(event));
    expect(result.current.form.isDirty()).toBe(false);
  });

  it("keeps what is typed while it is sent", async () => {
    const send = vi.fn(
      async (): Promise<void> => result.current.form.setFieldValue("text", "typed, and more"),
    );
    const { result } = renderHook(() => useDraftForm(options(send)));
    act(() => result.current.form.setFieldValue("text", "typed"));
    await act(async () => result.current.submit(event));
    expect(result.current.form.isDirty()).toBe(true);
    expect(readDraft("note")).toEqual({ text: "typed, and more" });
  });

  it("shows a refusal beside its field and keeps what was typed", async () => {
    const send = vi.fn(async () => {
      throw new ApiError(400, [
        { code: "max_length", attr: "text", detail: "" },
        { code: "conflict", attr: null, detail: "" },
      ]);
    });
    const { result } = renderHook(() => useDraftForm(options(send)));
    act(() => result.current.form.setFieldValue("text", "too long"));
    await act(async () => result.current.submit(event));
    expect(result.current.form.errors.text).toBeTruthy();
    expect(result.current.problems).toHaveLength(1);
    expect(readDraft("note")).toEqual({ text: "too long" });
  });
});

import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import * as storage from "idb-keyval";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { usePerson } from "../person/usePerson";
import { notify, useNotice } from "../ui/notices";
import { ask, useQuestion } from "../ui/questions";
import { queryClient } from "./client";
import { BUILD, PersonalData } from "./PersonalData";

vi.mock("idb-keyval", async (importOriginal) => {
  const real = await importOriginal<typeof storage>();
  return { ...real, get: vi.fn(real.get) };
});

const KEY = "habits.refresh";
const token = (person: number) => `x.${btoa(JSON.stringify({ user_id: person }))}.x`;

/** Another tab's sign-in, or its sign-out. */
function becomes(person: number | null): void {
  const oldValue = localStorage.getItem(KEY);
  const newValue = person === null ? null : token(person);
  if (newValue) localStorage.setItem(KEY, newValue);
  else {
    localStorage.setItem("habits.left", "1");
    localStorage.removeItem(KEY);
  }
  dispatchEvent(new StorageEvent("storage", { key: KEY, oldValue, newValue }));
}

function Known({ person }: { person: string }) {
  return (
    <p>
      Screen of {person}: {JSON.stringify(queryClient.getQueryData(["me"]) ?? "nothing yet")}
    </p>
  );
}

function Page() {
  const person = usePerson();
  const [notice, question] = [useNotice(), useQuestion()];
  return (
    <>
      <p>
        {notice?.text} {question?.title}
      </p>
      {person ? (
        <PersonalData key={person} person={person}>
          <Known person={person} />
        </PersonalData>
      ) : null}
    </>
  );
}

const answersOf = (username: string) => ({
  timestamp: Date.now(),
  buster: BUILD,
  clientState: {
    mutations: [],
    queries: [
      {
        queryKey: ["me"],
        queryHash: '["me"]',
        state: { data: { username }, dataUpdatedAt: Date.now(), status: "success", fetchStatus: "idle" },
      },
    ],
  },
});

describe("what the device keeps of a person", () => {
  beforeEach(() => {
    becomes(7);
    queryClient.clear();
  });

  afterEach(cleanup);

  it("is shown to them", async () => {
    vi.mocked(storage.get).mockResolvedValueOnce(answersOf("alice"));
    showPage();
    await screen.findByText(/Screen of 7: .*alice/);
  });

  it("does not reach the next one when it has been read after they left", async () => {
    const release: (() => void)[] = [];
    vi.mocked(storage.get).mockImplementationOnce(
      () => new Promise((resolve) => release.push(() => resolve(answersOf("alice")))),
    );
    showPage();
    await vi.waitFor(() => expect(release).toHaveLength(1));
    becomes(null);
    becomes(8);
    release[0]?.();
    await screen.findByText(/Screen of 8/);
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(screen.getByText(/Screen of 8: .*nothing yet/)).toBeInTheDocument();
    expect(queryClient.getQueryData(["me"])).toBeUndefined();
  });

  it("nor do a message and a question about it", async () => {
    vi.mocked(storage.get).mockResolvedValue(undefined);
    showPage();
    await screen.findByText(/Screen of 7/);
    notify({ kind: "done", text: "Skipped: Push-ups" });
    const answer = ask({ title: "Delete Push-ups?", text: "", yes: "Delete" });
    await screen.findByText(/Skipped: Push-ups Delete Push-ups/);
    becomes(8);
    await screen.findByText(/Screen of 8/);
    expect(screen.queryByText(/Push-ups/)).toBeNull();
    expect(await answer).toBe(false);
  });
});

function showPage() {
  render(
    <QueryClientProvider client={queryClient}>
      <Page />
    </QueryClientProvider>,
  );
}

import { describe, expect, it } from "vitest";
import { choicesFor, toggled } from "./kinds";
import { type Channels, withChoice } from "./queries";

const channel = (name: string, connected: boolean) => ({
  name,
  title: name,
  address: "",
  connected,
  pending: false,
  connected_at: null,
  unreachable_since: null,
});

const shown: Channels = {
  channels: [channel("telegram", true), channel("ntfy", false), channel("email", true)],
  order: ["telegram", "ntfy", "email"],
  kinds: { reminders: ["telegram", "ntfy"], digest: ["email"], news: ["telegram", "email"] },
  quiet_hours: null,
};

describe("which kind goes where", () => {
  it("connected channels can be chosen, mails not for news", () => {
    expect(choicesFor("reminders", shown)).toEqual(["telegram", "email"]);
    expect(choicesFor("news", shown)).toEqual(["telegram"]);
  });

  it("a choice leaves alone what is not connected", () => {
    expect(toggled("reminders", "telegram", false, shown)).toEqual(["ntfy"]);
    expect(toggled("reminders", "email", true, shown)).toEqual(["telegram", "ntfy", "email"]);
  });

  it("is shown before it is sent", () => {
    const next = withChoice(shown, { order: ["email", "telegram", "ntfy"], kinds: { digest: [] } });
    expect(next.channels.map(({ name }) => name)).toEqual(["email", "telegram", "ntfy"]);
    expect(next.kinds).toEqual({ ...shown.kinds, digest: [] });
  });
});

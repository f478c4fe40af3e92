import { describe, expect, it } from "vitest";
import { codeIn, invitationUrl } from "./invitations";

describe("an invitation", () => {
  it("is read from a code or from a link", () => {
    expect(codeIn(" Qm9v-dHN0_1 ")).toBe("Qm9v-dHN0_1");
    expect(codeIn(invitationUrl("groups", "Qm9v-dHN0_1"))).toBe("Qm9v-dHN0_1");
    expect(codeIn("https://example.org/together/groups/join/Qm9v/?from=chat#top")).toBe("Qm9v");
    expect(codeIn("")).toBe("");
    expect(codeIn("%E0%A4%A")).toBe("%E0%A4%A");
  });
});

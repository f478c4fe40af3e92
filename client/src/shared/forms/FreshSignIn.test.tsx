import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { afterEach, describe, expect, it, vi } from "vitest";
import { passkeysQuery } from "../passkeys/queries";
import { identitiesQuery } from "../providers/identities";
import { queryClient } from "../query/client";
import { FreshSignIn } from "./FreshSignIn";

const site = vi.hoisted(() => ({ IN_TELEGRAM: false }));
vi.mock("../api/site", async (actual) => ({
  ...(await actual<object>()),
  get IN_TELEGRAM() {
    return site.IN_TELEGRAM;
  },
}));
const account = { providers: [{ name: "home", title: "Home" }], passkeys: true, signed_in_by_proxy: false };
vi.mock("../person/limits", () => ({ useLimits: () => ({ account }) }));

function show(isInTelegram: boolean, passkeys = false): void {
  site.IN_TELEGRAM = isInTelegram;
  queryClient.setQueryData(identitiesQuery.queryKey, [{ provider: "home", title: "Home" }] as never);
  queryClient.setQueryData(passkeysQuery.queryKey, (passkeys ? [{ id: 1, name: "Phone" }] : []) as never);
  render(
    <MantineProvider env="test">
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queryClient}>
          <MemoryRouter>
            <FreshSignIn of="" value="" error={false} onChange={() => {}} />
          </MemoryRouter>
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>,
  );
}

describe("a fresh sign-in", () => {
  afterEach(cleanup);

  it("is offered by the services that are connected", () => {
    show(false);
    expect(screen.getByRole("link")).toHaveAttribute("href", "/auth/home/");
    expect(screen.queryByText(/in a browser/)).toBeNull();
  });

  it("is offered by a passkey where the browser can", () => {
    vi.stubGlobal(
      "PublicKeyCredential",
      Object.assign(() => {}, { parseRequestOptionsFromJSON: () => {} }),
    );
    show(false, true);
    expect(screen.getByRole("button", { name: "Confirm with a passkey" })).toBeVisible();
    cleanup();
    show(true, true); // no passkeys in Telegram's frames
    expect(screen.queryByRole("button")).toBeNull();
    vi.unstubAllGlobals();
    cleanup();
    show(false, true);
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("needs a browser where Telegram shows the page: services show themselves in no frame", () => {
    show(true);
    expect(screen.queryByRole("link")).toBeNull();
    expect(screen.getByText(/in a browser to confirm with Home/)).toBeVisible();
  });
});

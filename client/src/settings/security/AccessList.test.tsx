import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { MemoryRouter } from "react-router";
import { expect, it } from "vitest";
import { meQuery } from "../../shared/person/me";
import { queryClient } from "../../shared/query/client";
import { AccessList } from "./AccessList";

it("names the channel of each connected address, and leads to it", () => {
  queryClient.setQueryData(meQuery.queryKey, { email: "alice@example.org", time_zone: "UTC" } as never);
  const on = (channel: string) => ({ channel, address: `${channel} address`, name: "", connected_at: null });
  const chats = ["telegram", "ntfy", "apprise", "webpush", "later"].map(on);
  render(
    <MantineProvider env="test">
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queryClient}>
          <MemoryRouter>
            <AccessList access={{ new_email: "", chats, share_links: 0, integrations: [] }} />
          </MemoryRouter>
        </QueryClientProvider>
      </I18nProvider>
    </MantineProvider>,
  );
  expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual([
    "/me/telegram",
    "/me/channels/ntfy",
    "/me/channels/apprise",
    "/me/channels/webpush",
    "/me/channels",
  ]);
  for (const name of ["Telegram", "ntfy", "Apprise", "Browsers", "later"]) {
    expect(screen.getByText(name, { exact: true })).toBeInTheDocument();
  }
});

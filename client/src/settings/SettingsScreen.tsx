import { Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { Screen } from "../shared/ui/Screen";
import { MeLink } from "./MeLink";

/** A screen of settings with its way back. */
export function SettingsScreen({
  title,
  actions,
  back,
  children,
}: {
  title: string;
  actions?: ReactNode;
  back?: { to: string; name: string };
  children: ReactNode;
}) {
  return (
    <>
      <MeLink {...back} />
      <Screen title={title} actions={actions}>
        <Stack gap="xl">{children}</Stack>
      </Screen>
    </>
  );
}

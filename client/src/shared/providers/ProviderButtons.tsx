import { Trans } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { ROOT } from "../api/site";
import type { Limits } from "../api/types";
import { rememberPlace } from "./place";

export type Provider = Limits["account"]["providers"][number];

/** The ways to services that sign people in. `named`: the whole name of a button, where several are on a screen. */
export function ProviderButtons({
  providers,
  named,
}: {
  providers: Provider[];
  named?: (title: string) => string;
}) {
  return providers.map(({ name, title }) => (
    <Button
      key={name}
      component="a"
      href={`${ROOT}auth/${name}/`}
      variant="default"
      aria-label={named?.(title)}
      onClick={rememberPlace}
    >
      <Trans>Sign in with {title}</Trans>
    </Button>
  ));
}

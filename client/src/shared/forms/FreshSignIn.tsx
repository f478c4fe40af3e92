import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link } from "react-router";
import { keepProof } from "../api/proof";
import { signInByProxy } from "../api/session";
import { IN_TELEGRAM } from "../api/site";
import { useProof } from "../api/useProof";
import { hasPasskeys } from "../passkeys/available";
import { proveByPasskey } from "../passkeys/ceremonies";
import { passkeysQuery } from "../passkeys/queries";
import { useLimits } from "../person/limits";
import { identitiesQuery } from "../providers/identities";
import { ProviderButtons } from "../providers/ProviderButtons";
import { useAction } from "../query/useAction";

/** What stands for the password of an account without one: a sign-in of the last five minutes. */
export function FreshSignIn({
  of,
  value,
  error,
  onChange,
}: {
  /** What it is for, where several are on a screen. */
  of: string;
  value: string;
  error: boolean;
  onChange: (proof: string) => void;
}) {
  const { t } = useLingui();
  const proof = useProof();
  const { account } = useLimits();
  const identities = useQuery(identitiesQuery);
  const passkeys = useQuery(passkeysQuery);
  const again = useAction({ send: signInByProxy, changes: () => [] });
  const byPasskey = useAction({ send: proveByPasskey, changes: () => [] });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `onChange` is another one each time
  useEffect(() => {
    if (value !== (proof ?? "")) onChange(proof ?? "");
  }, [value, proof]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is refused now, not what comes after it
  useEffect(() => {
    if (error && value) keepProof(null);
  }, [error]);
  if (proof) {
    return (
      <Text size="sm" role="status">
        <Trans>You have signed in just now. For five minutes this stands for a password.</Trans>
      </Text>
    );
  }
  const offered = account.providers.filter(({ name }) =>
    identities.data?.some(({ provider }) => provider === name),
  );
  const canSign = Boolean(account.passkeys && passkeys.data?.length && hasPasskeys() && !IN_TELEGRAM);
  const names = offered.map(({ title }) => title).join(", ");
  return (
    <Stack gap="xs">
      <Text size="sm" c={error ? "red" : "dimmed"} role={error ? "alert" : undefined} tabIndex={-1}>
        <Trans>Your account has no password. Sign in again to show that it is you.</Trans>
      </Text>
      {IN_TELEGRAM && names ? (
        <Text size="sm">
          <Trans>Open this site in a browser to confirm with {names}.</Trans>
        </Text>
      ) : null}
      <Group gap="xs">
        {IN_TELEGRAM ? null : ( // they show themselves in no frame
          <ProviderButtons
            providers={offered}
            named={of ? (title) => t`Sign in with ${title}: ${of}` : undefined}
          />
        )}
        {canSign ? (
          <Button
            variant="default"
            aria-label={of ? t`Confirm with a passkey: ${of}` : undefined}
            loading={byPasskey.isPending}
            onClick={() => byPasskey.run()}
          >
            <Trans>Confirm with a passkey</Trans>
          </Button>
        ) : null}
        {account.signed_in_by_proxy ? (
          <Button
            variant="default"
            aria-label={of ? t`Sign in again: ${of}` : undefined}
            loading={again.isPending}
            onClick={() => again.run()}
          >
            <Trans>Sign in again</Trans>
          </Button>
        ) : null}
      </Group>
      {identities.data && passkeys.data && !offered.length && !canSign && !account.signed_in_by_proxy ? (
        <Text size="sm">
          <Anchor component={Link} to="/forgotten">
            <Trans>Choose a password by mail</Trans>
          </Anchor>
        </Text>
      ) : null}
    </Stack>
  );
}

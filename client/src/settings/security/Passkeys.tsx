import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { hasPasskeys } from "../../shared/passkeys/available";
import { passkeysQuery } from "../../shared/passkeys/queries";
import { useLimits } from "../../shared/person/limits";
import { Answer } from "../../shared/ui/Answer";
import { Section } from "../Section";
import { NewPasskeyForm } from "./NewPasskeyForm";
import { PasskeyRow } from "./PasskeyRow";

/** The person's passkeys, and adding one. Nothing where nobody could sign in by one. */
export function Passkeys() {
  const { t } = useLingui();
  const { account } = useLimits();
  const [isAdding, setIsAdding] = useState(false);
  const passkeys = useQuery(passkeysQuery);
  const isOffered = account.passkeys && !account.signed_in_by_proxy;
  if (!isOffered && !passkeys.data?.length) return null;
  return (
    <Section
      title={t`Passkeys`}
      text={
        <Trans>Sign in with your fingerprint, face or the code of your device, without the password.</Trans>
      }
    >
      <Answer query={passkeys}>
        {(found) => (
          <>
            {found.length ? (
              <Stack component="ul" gap="xs" p={0} m={0} aria-label={t`Passkeys`}>
                {found.map((each) => (
                  <PasskeyRow key={each.id} passkey={each} />
                ))}
              </Stack>
            ) : null}
            {!isOffered ? null : hasPasskeys() ? (
              <>
                <Group>
                  <Button variant="default" aria-expanded={isAdding} onClick={() => setIsAdding(!isAdding)}>
                    <Trans>Add a passkey</Trans>
                  </Button>
                </Group>
                {isAdding ? <NewPasskeyForm onAdded={() => setIsAdding(false)} /> : null}
              </>
            ) : (
              <Text size="sm">
                <Trans>This browser cannot add passkeys. Another one, or a newer one, can.</Trans>
              </Text>
            )}
          </>
        )}
      </Answer>
    </Section>
  );
}

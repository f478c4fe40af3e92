import { Trans, useLingui } from "@lingui/react/macro";
import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLimits } from "../../shared/person/limits";
import { identitiesQuery } from "../../shared/providers/identities";
import { Answer } from "../../shared/ui/Answer";
import { Section } from "../Section";
import { ConnectForm } from "./ConnectForm";
import { IdentityRow } from "./IdentityRow";
import { useComingBack } from "./useComingBack";

/** The other services by which one can sign in, and connecting one. Nothing where there are none. */
export function WaysToSignIn() {
  const { t } = useLingui();
  const { account } = useLimits();
  const identities = useQuery(identitiesQuery);
  useComingBack();
  if (!account.providers.length && !identities.data?.length) return null;
  return (
    <Section title={t`Ways to sign in`}>
      <Answer query={identities}>
        {(found) => {
          const open = account.providers.filter(
            ({ name }) => !found.some(({ provider }) => provider === name),
          );
          return (
            <>
              {found.length ? (
                <Stack component="ul" gap="xs" p={0} m={0} aria-label={t`Ways to sign in`}>
                  {found.map((each) => (
                    <IdentityRow key={each.id} identity={each} />
                  ))}
                </Stack>
              ) : (
                <Text>
                  <Trans>You sign in with your password.</Trans>
                </Text>
              )}
              {open.length ? <ConnectForm providers={open} /> : null}
            </>
          );
        }}
      </Answer>
    </Section>
  );
}

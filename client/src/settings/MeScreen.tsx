import { Trans, useLingui } from "@lingui/react/macro";
import { Button, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useKnownLimits } from "../shared/person/limits";
import { useMe } from "../shared/person/me";
import { Screen } from "../shared/ui/Screen";
import { Destination } from "./Destination";
import { useDestinations } from "./useDestinations";
import { useSignOut } from "./useSignOut";

/** All that one can set. */
export function MeScreen() {
  const { t } = useLingui();
  const me = useMe();
  const isByProxy = useKnownLimits()?.account.signed_in_by_proxy; // this screen opens without a network
  const groups = useDestinations();
  const [isLeaving, setIsLeaving] = useState(false);
  const signOut = useSignOut();
  async function leave() {
    setIsLeaving(true);
    await signOut();
    setIsLeaving(false);
  }
  return (
    <Screen
      title={t`Me`}
      actions={
        // The proxy would sign the person in again at once.
        isByProxy ? null : (
          <Button variant="default" loading={isLeaving} onClick={() => void leave()}>
            <Trans>Sign out</Trans>
          </Button>
        )
      }
    >
      <Stack gap="lg">
        <Text c="dimmed">
          {me.username}, {me.email}
        </Text>
        {groups.map(({ name, destinations }) => (
          <section key={name} aria-label={name}>
            <Title order={2} size="h5" mb="xs">
              {name}
            </Title>
            <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs">
              {destinations.map((destination) => (
                <Destination key={destination.to} {...destination} />
              ))}
            </SimpleGrid>
          </section>
        ))}
      </Stack>
    </Screen>
  );
}

import { Trans } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";
import { useEffect } from "react";
import { useBlocker } from "react-router";
import { Dialog } from "../ui/Dialog";

/** Ask before a changed form is left. `onDiscard`: forget what was typed. */
export function LeaveGuard({ isDirty, onDiscard }: { isDirty: boolean; onDiscard: () => void }) {
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => isDirty && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    if (!isDirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [isDirty]);
  const stay = () => blocker.reset?.();
  function leave() {
    onDiscard();
    blocker.proceed?.();
  }
  return (
    <Dialog opened={blocker.state === "blocked"} onClose={stay} title={<Trans>Leave without saving?</Trans>}>
      <Text size="sm" mb="md">
        <Trans>What you changed here is not saved yet.</Trans>
      </Text>
      <Group justify="flex-end">
        <Button variant="default" onClick={leave}>
          <Trans>Leave and discard</Trans>
        </Button>
        <Button onClick={stay} data-autofocus>
          <Trans>Stay here</Trans>
        </Button>
      </Group>
    </Dialog>
  );
}

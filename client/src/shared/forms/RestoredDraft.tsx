import { Trans } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";

/** Says that the form shows what was typed earlier, and offers to forget it. */
export function RestoredDraft({ isRestored, onDiscard }: { isRestored: boolean; onDiscard: () => void }) {
  if (!isRestored) return null;
  return (
    <Group gap="xs" role="status">
      <Text size="sm" c="dimmed">
        <Trans>This is what you typed earlier.</Trans>
      </Text>
      <Button variant="subtle" size="compact-sm" onClick={onDiscard}>
        <Trans>Start over</Trans>
      </Button>
    </Group>
  );
}

import { Trans } from "@lingui/react/macro";
import { Button, Stack, Text } from "@mantine/core";
import { sentenceOfError } from "../errors/sentences";

/** Says why something could not be loaded, and offers to try again. */
export function LoadFailure({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  return (
    <Stack align="center" gap="sm" py="xl" role="alert">
      <Text>{sentenceOfError(error)}</Text>
      <Button variant="default" onClick={onRetry}>
        <Trans>Try again</Trans>
      </Button>
    </Stack>
  );
}

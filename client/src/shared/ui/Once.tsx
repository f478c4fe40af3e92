import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Code, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";

/** A text to copy into another program, such as a key. */
export function CopyText({ text, what }: { text: string; what: string }) {
  const { t } = useLingui();
  return (
    <Group gap="xs" align="center">
      <Code block fz="sm" maw="100%" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
        {text}
      </Code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            onClick={copy}
            aria-label={copied ? t`Copied: ${what}` : t`Copy: ${what}`}
            leftSection={copied ? <IconCheck size={18} aria-hidden /> : <IconCopy size={18} aria-hidden />}
          >
            {copied ? <Trans>Copied</Trans> : <Trans>Copy</Trans>}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

/** A secret that is shown this once. */
export function Once({ text, what, children }: { text: string; what: string; children: ReactNode }) {
  return (
    <Stack gap="xs" role="status" p="sm" bg="var(--soft)" style={{ borderRadius: 8 }}>
      <Text fw={600}>{children}</Text>
      <CopyText text={text} what={what} />
      <Text size="sm">
        <Trans>It is shown this once. Copy it now.</Trans>
      </Text>
    </Stack>
  );
}

import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** What to show where there is nothing yet: what this is for, and what to do next. */
export function EmptyState({
  title,
  text,
  children,
}: {
  title: ReactNode;
  text?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Stack align="center" gap="xs" py="xl" ta="center">
      <Title order={2} size="h4">
        {title}
      </Title>
      {text ? <Text c="dimmed">{text}</Text> : null}
      {children}
    </Stack>
  );
}

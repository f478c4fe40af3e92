import { Badge, Card, Group, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Row.module.css";

/** One of a list: its name, what is to be known of it, and what can be done with it. */
export function Row({
  title,
  lines = [],
  marks = [],
  actions,
  children,
}: {
  title: ReactNode;
  lines?: ReactNode[];
  marks?: { text: ReactNode; color?: string }[];
  actions?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Card component="li" withBorder p="sm" bg="var(--card)">
      <Stack gap={4}>
        <Group gap="xs">
          <Text fw={600}>{title}</Text>
          {marks.map(({ text, color = "gray" }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: marks have no other name and keep their order
            <Badge key={index} variant="outline" color={color} tt="none">
              {text}
            </Badge>
          ))}
        </Group>
        {lines.filter(Boolean).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name and keep their order
          <Text key={index} size="sm" c="dimmed">
            {line}
          </Text>
        ))}
        {children}
        {actions ? (
          <Group gap={6} className={classes.actions}>
            {actions}
          </Group>
        ) : null}
      </Stack>
    </Card>
  );
}

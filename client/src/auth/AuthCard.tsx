import { Container, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

/** The frame of the screens without a session. */
export function AuthCard({
  title,
  text,
  children,
}: {
  title: string;
  text?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Habit Tracker`;
  }, [title]);
  return (
    <Container size={420} py="xl" component="main" id="main">
      <Stack gap="md">
        <Text fw={650} c="dimmed">
          Habit Tracker
        </Text>
        <Title order={1} size="h2">
          {title}
        </Title>
        {text ? <Text c="dimmed">{text}</Text> : null}
        {children}
      </Stack>
    </Container>
  );
}

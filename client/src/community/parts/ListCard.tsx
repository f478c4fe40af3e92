import { Anchor, Card, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "react-router";
import classes from "./parts.module.css";

/** One entry of a list: its name (a link if it has a screen), a text, facts, and what can be done with it. */
export function ListCard({
  title,
  to,
  text,
  side,
  below,
  children,
}: {
  title: ReactNode;
  to?: string;
  text?: ReactNode;
  side?: ReactNode;
  below?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <Card component="li" withBorder p="sm" bg="var(--card)">
      <div className={classes.card}>
        <div className={classes.body}>
          {to ? (
            <Anchor component={Link} to={to} fw={600} display="inline-block" py={10} my={-8}>
              {title}
            </Anchor>
          ) : (
            <Text fw={600}>{title}</Text>
          )}
          {text ? <Text size="sm">{text}</Text> : null}
          {children}
        </div>
        {side}
      </div>
      {below}
    </Card>
  );
}

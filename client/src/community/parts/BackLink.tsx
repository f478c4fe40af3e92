import { Button } from "@mantine/core";
import { IconChevronLeft } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

/** The way to the list from which one came. */
export function BackLink({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Button
      component={Link}
      to={to}
      variant="subtle"
      px="xs"
      flex="none"
      leftSection={<IconChevronLeft size={18} aria-hidden />}
    >
      {children}
    </Button>
  );
}

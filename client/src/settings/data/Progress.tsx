import { useLingui } from "@lingui/react/macro";
import { Progress as Bar, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { countText, percentText } from "../../shared/numbers/format";

/** How far work is. Without `total` it has only begun. */
export function Progress({
  label,
  done,
  total,
  children,
}: {
  label: string;
  done: number;
  total: number;
  children?: ReactNode;
}) {
  const { t } = useLingui();
  const share = total ? Math.min(done / total, 1) : 0;
  const [made, all] = [countText(done), countText(total)];
  return (
    <Stack gap={6}>
      <Text fw={600}>{label}</Text>
      <Bar.Root size="lg" radius="xl">
        <Bar.Section value={share * 100} aria-label={label} />
      </Bar.Root>
      <Text size="sm" c="dimmed">
        {total > 1 ? t`${made} of ${all}` : percentText(share)}
      </Text>
      {children}
    </Stack>
  );
}

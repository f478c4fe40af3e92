import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Card, Group, Text, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type ComponentType, lazy, Suspense } from "react";
import classes from "../stats.module.css";
import { type Bar, chartSentence } from "./bars";
import { ChartTable } from "./ChartTable";

const HEIGHT = 180; // pixels, also while the chart is loaded

const BarsChart = lazy(async (): Promise<{ default: ComponentType<{ bars: Bar[]; height: number }> }> => {
  try {
    return { default: (await import("./BarsChart")).BarsChart };
  } catch {
    return { default: () => null }; // offline: the table has the same
  }
});

/** A chart with what it says in a sentence, and as a table. Both are printed. */
export function ChartCard({ title, of, bars }: { title: string; of: string; bars: Bar[] }) {
  const { t } = useLingui();
  const [isTable, { toggle }] = useDisclosure();
  const sentence = chartSentence(bars);
  return (
    <Card withBorder p="sm" bg="var(--card)" component="section" className={classes.chart}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <div>
          <Title order={3} size="h5">
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {sentence}
          </Text>
        </div>
        <Button
          variant="subtle"
          px="xs"
          flex="none"
          className={classes.notPrinted}
          aria-expanded={isTable}
          aria-label={t`As a table: ${title}`}
          onClick={toggle}
        >
          <Trans>Table</Trans>
        </Button>
      </Group>
      <div role="img" aria-label={`${title}. ${sentence}`} style={{ minHeight: HEIGHT }}>
        <Suspense fallback={null}>
          <BarsChart bars={bars} height={HEIGHT} />
        </Suspense>
      </div>
      <div className={isTable ? undefined : classes.onlyPrinted}>
        <ChartTable caption={`${title}: ${of}`} bars={bars} />
      </div>
    </Card>
  );
}

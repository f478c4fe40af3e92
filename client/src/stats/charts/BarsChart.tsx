import "@mantine/charts/styles.css";
import { useLingui } from "@lingui/react/macro";
import { BarChart } from "@mantine/charts";
import type { Bar } from "./bars";

/** Bars of completed days. The library is large: import it lazily. */
export function BarsChart({ bars, height }: { bars: Bar[]; height: number }) {
  const { t } = useLingui();
  return (
    <BarChart
      h={height}
      data={bars.map(({ short, name, completed }) => ({ short, name, completed }))}
      dataKey="short"
      series={[{ name: "completed", label: t`Completed days`, color: "pine.6" }]}
      tickLine="none"
      gridAxis="x"
      barChartProps={{ accessibilityLayer: false, margin: { top: 8, left: 0, right: 4, bottom: 0 } }}
      barProps={{ isAnimationActive: false, radius: [3, 3, 0, 0] }}
      yAxisProps={{ allowDecimals: false, width: 32 }}
      xAxisProps={{ minTickGap: 4 }}
      tooltipAnimationDuration={0}
    />
  );
}

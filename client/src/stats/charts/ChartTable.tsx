import { useLingui } from "@lingui/react/macro";
import { Table } from "@mantine/core";
import { countText, percentText } from "../../shared/numbers/format";
import type { Bar } from "./bars";

/** What a chart shows, as a table; hours at which nothing was done are left out. */
export function ChartTable({ caption, bars }: { caption: string; bars: Bar[] }) {
  const { t } = useLingui();
  const hasRates = bars.some(({ rate }) => rate !== undefined);
  const rows = bars.length === 24 ? bars.filter(({ completed }) => completed > 0) : bars;
  return (
    <Table captionSide="top" verticalSpacing={4}>
      <Table.Caption ta="start" mt={0}>
        {caption}
      </Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t`When`}</Table.Th>
          <Table.Th scope="col">{t`Completed`}</Table.Th>
          {hasRates ? <Table.Th scope="col">{t`Success`}</Table.Th> : null}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ name, completed, rate }) => (
          <Table.Tr key={name}>
            <Table.Th scope="row">{name}</Table.Th>
            <Table.Td>{countText(completed)}</Table.Td>
            {hasRates ? <Table.Td>{typeof rate === "number" ? percentText(rate) : "–"}</Table.Td> : null}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

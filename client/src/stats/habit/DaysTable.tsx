import { useLingui } from "@lingui/react/macro";
import { Table } from "@mantine/core";
import { shortDay } from "../../shared/dates/format";
import { amountText } from "../../shared/numbers/format";
import type { ProgressDay } from "./months";
import { statusText } from "./statuses";

/** The days of which something was said, the latest first. */
export function DaysTable({ days }: { days: ProgressDay[] }) {
  const { t } = useLingui();
  return (
    <Table verticalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t`Day`}</Table.Th>
          <Table.Th scope="col">{t`What`}</Table.Th>
          <Table.Th scope="col">{t`Amount`}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...days].reverse().map(({ day, status, amount }) =>
          status ? (
            <Table.Tr key={day}>
              <Table.Th scope="row">{shortDay(day)}</Table.Th>
              <Table.Td>{statusText(status)}</Table.Td>
              <Table.Td>{amount === null ? "–" : amountText(amount)}</Table.Td>
            </Table.Tr>
          ) : null,
        )}
      </Table.Tbody>
    </Table>
  );
}

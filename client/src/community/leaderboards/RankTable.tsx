import { useLingui } from "@lingui/react/macro";
import { Table } from "@mantine/core";
import { countText } from "../../shared/numbers/format";
import classes from "../parts/parts.module.css";
import type { BoardRow } from "../types";

export function RankTable({
  caption,
  rows,
  say,
}: {
  caption: string;
  rows: BoardRow[];
  say: (value: number) => string;
}) {
  const { t } = useLingui();
  return (
    <Table captionSide="top">
      <Table.Caption ta="start" mt={0}>
        {caption}
      </Table.Caption>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t`Rank`}</Table.Th>
          <Table.Th scope="col">{t`Who`}</Table.Th>
          <Table.Th scope="col">{t`Score`}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ rank, username, value, is_me }) => (
          <Table.Tr key={username} className={is_me ? classes.me : undefined}>
            <Table.Td>{countText(rank)}</Table.Td>
            <Table.Th scope="row">{is_me ? t`${username} (you)` : username}</Table.Th>
            <Table.Td>{say(value)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

import { useLingui } from "@lingui/react/macro";
import { Table } from "@mantine/core";
import { countText, percentText } from "../../shared/numbers/format";
import { usePages } from "../../shared/query/pages";
import { PagedList } from "../parts/PagedList";
import classes from "../parts/parts.module.css";
import { readStandings } from "./queries";

/** Who has completed how many days. */
export function Standings({ id }: { id: number }) {
  const { t } = useLingui();
  const pages = usePages(["challenges", id, "standings"], (page) => readStandings(id, page));
  return (
    <PagedList pages={pages} empty={null}>
      {(rows) => (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t`Rank`}</Table.Th>
              <Table.Th scope="col">{t`Who`}</Table.Th>
              <Table.Th scope="col">{t`Days`}</Table.Th>
              <Table.Th scope="col">{t`Strength`}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map(({ rank, username, completed, strength, is_me }) => (
              <Table.Tr key={username} className={is_me ? classes.me : undefined}>
                <Table.Td>{countText(rank)}</Table.Td>
                <Table.Th scope="row">{is_me ? t`${username} (you)` : username}</Table.Th>
                <Table.Td>{countText(completed)}</Table.Td>
                <Table.Td>{percentText(strength)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </PagedList>
  );
}

import { useLingui } from "@lingui/react/macro";
import { Table } from "@mantine/core";
import type { Schema } from "../../shared/api/types";
import { addDays, type Day, daysBetween } from "../../shared/dates/days";
import { dayOfMonth, longDay, shortWeekday } from "../../shared/dates/format";
import classes from "../parts/parts.module.css";

type MemberDays = Schema<"MemberDays">;
type Status = MemberDays["days"][number]["status"];

const MARKS: Record<Status, string> = {
  completed: "●",
  partial: "◐",
  skipped: "–",
  missed: "×",
  counted: "●",
};

/** A mark for each day of each member. */
export function DayTable({ members, first, last }: { members: MemberDays[]; first: Day; last: Day }) {
  const { t } = useLingui();
  const days = Array.from({ length: daysBetween(first, last) + 1 }, (_, index) => addDays(first, index));
  const names: Record<Status, string> = {
    completed: t`Done`,
    partial: t`Done in part`,
    skipped: t`Skipped`,
    missed: t`Missed`,
    counted: t`Counted`,
  };
  return (
    <Table horizontalSpacing={4}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t`Who`}</Table.Th>
          {days.map((day) => (
            <Table.Th key={day} scope="col" ta="center" aria-label={longDay(day)}>
              {shortWeekday(day)}
              <br />
              {dayOfMonth(day)}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {members.map(({ username, is_me, days: logs }) => (
          <Table.Tr key={username} className={is_me ? classes.me : undefined}>
            <Table.Th scope="row">{username}</Table.Th>
            {days.map((day) => {
              const status = logs.find((log) => log.day === day)?.status;
              return (
                <Table.Td key={day} ta="center">
                  {status ? (
                    <>
                      <span aria-hidden>{MARKS[status]}</span>
                      <span className="visually-hidden">{names[status]}</span>
                    </>
                  ) : null}
                </Table.Td>
              );
            })}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Group, Text } from "@mantine/core";
import { IconGripVertical } from "@tabler/icons-react";
import { useState } from "react";
import type { DayEntry } from "../shared/api/types";
import order from "../shared/ui/Order.module.css";
import { moved, useOrdering } from "../shared/ui/useOrdering";
import { setOrder } from "./order";
import classes from "./today.module.css";

const ROW = 62; // pixels: a row and the gap below it

/** The habits as rows that are dragged, or moved by the arrow keys, into the person's own order. */
export function OrderList({ entries, onClose }: { entries: DayEntry[]; onClose: () => void }) {
  const { t } = useLingui();
  const [rows, setRows] = useState(entries);
  const [said, setSaid] = useState("");
  const ordering = useOrdering(rows.length, ROW, (from, to) => {
    const next = moved(rows, from, to);
    setRows(next);
    setOrder(next.map(({ track }) => track.id));
    const [name, place, all] = [next[to]?.track.habit.name, to + 1, next.length];
    setSaid(t`${name}: place ${place} of ${all}`);
  });

  return (
    <>
      <Group justify="space-between" mb="xs" wrap="nowrap">
        <Text size="sm" c="dimmed">
          <Trans>Drag the handles, or use the arrow keys.</Trans>
        </Text>
        <Button onClick={onClose} flex="none">
          <Trans>Finish</Trans>
        </Button>
      </Group>
      <ul className={order.list}>
        {rows.map(({ track }, place) => (
          <li key={track.id} className={order.row} {...ordering.row(place)}>
            <ActionIcon
              className={order.handle}
              color="gray"
              aria-label={t`Move: ${track.habit.name}`}
              {...ordering.handle(place)}
            >
              <IconGripVertical size={20} aria-hidden />
            </ActionIcon>
            <span className={classes.name}>
              {track.icon} {track.habit.name}
            </span>
          </li>
        ))}
      </ul>
      <p className="visually-hidden" role="status">
        {said}
      </p>
    </>
  );
}

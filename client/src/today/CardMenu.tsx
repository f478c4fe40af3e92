import { useLingui } from "@lingui/react/macro";
import { ActionIcon, Menu } from "@mantine/core";
import {
  IconArrowBackUp,
  IconDots,
  IconNote,
  IconPlayerSkipForward,
  IconStopwatch,
  IconZoomQuestion,
} from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "react-router";
import type { DayEntry } from "../shared/api/types";
import { isLimit } from "../shared/habits/words";
import { notify } from "../shared/ui/notices";
import type { DayActions } from "./actions";
import { CardDialogs, type OpenDialog } from "./CardDialogs";

/** What else can be done with a habit on a day. */
export function CardMenu({
  entry,
  acts,
  isToday,
  label,
}: {
  entry: DayEntry;
  acts: DayActions;
  isToday: boolean;
  label: string;
}) {
  const { t } = useLingui();
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const { habit, id } = entry.track;
  function skip() {
    acts.skip();
    notify({ kind: "done", text: t`Skipped: ${habit.name}`, action: { label: t`Undo`, run: acts.undo } });
  }
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <ActionIcon color="gray" aria-label={label}>
            <IconDots size={20} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconNote size={18} aria-hidden />} onClick={() => setDialog("note")}>
            {entry.note ? t`Read or change the note` : t`Write a note`}
          </Menu.Item>
          {habit.duration && isToday && entry.status !== "completed" ? (
            <Menu.Item
              leftSection={<IconStopwatch size={18} aria-hidden />}
              onClick={() => setDialog("timer")}
            >
              {t`Start the timer`}
            </Menu.Item>
          ) : null}
          {entry.status === null ? (
            <Menu.Item leftSection={<IconPlayerSkipForward size={18} aria-hidden />} onClick={skip}>
              {t`Skip this day`}
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconArrowBackUp size={18} aria-hidden />} onClick={acts.undo}>
              {t`Undo`}
            </Menu.Item>
          )}
          {isLimit(habit) && entry.status === null ? (
            <Menu.Item onClick={() => acts.setAmount("0.00")}>{t`None on this day`}</Menu.Item>
          ) : null}
          <Menu.Item
            leftSection={<IconZoomQuestion size={18} aria-hidden />}
            component={Link}
            to={`/habits/${id}`}
          >
            {t`Open the habit`}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <CardDialogs open={dialog} entry={entry} acts={acts} onClose={() => setDialog(null)} />
    </>
  );
}

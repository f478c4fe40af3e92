import { useLingui } from "@lingui/react/macro";
import { Popover, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import type { DayEntry } from "../shared/api/types";
import { amountWithUnit, isLimit } from "../shared/habits/words";
import { amountText } from "../shared/numbers/format";
import { AmountEditor } from "./AmountEditor";
import type { DayActions } from "./actions";
import classes from "./today.module.css";

/** The number of the day; a click types another. */
export function AmountButton({ entry, acts }: { entry: DayEntry; acts: DayActions }) {
  const { t } = useLingui();
  const [isOpen, setIsOpen] = useState(false);
  const { habit } = entry.track;
  const soFar = amountText(entry.amount ?? 0);
  const most = isLimit(habit) ? "" : amountText(entry.daily_amount);
  const written = amountWithUnit(entry.amount ?? 0, habit.unit);
  return (
    <Popover
      opened={isOpen}
      onChange={setIsOpen}
      trapFocus
      returnFocus
      position="bottom-end"
      withArrow
      width={250}
    >
      <Popover.Target>
        <UnstyledButton className={classes.amount} onClick={() => setIsOpen((open) => !open)}>
          <span aria-hidden="true">{most ? `${soFar}/${most}` : soFar}</span>
          <span aria-hidden="true" className={classes.unit}>
            {habit.unit}
          </span>
          <span className="visually-hidden">{t`Type the amount: ${habit.name}, ${written} so far`}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <AmountEditor entry={entry} acts={acts} onClose={() => setIsOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

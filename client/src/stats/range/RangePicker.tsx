import { useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import classes from "../stats.module.css";
import { OwnRange } from "./OwnRange";
import { RANGE_NAMES, type Range, type RangeName } from "./ranges";

/** Which days the statistics are of. */
export function RangePicker({
  range,
  onName,
  onOwn,
}: {
  range: Range;
  onName: (name: RangeName) => void;
  onOwn: (first: string, last: string) => void;
}) {
  const { t } = useLingui();
  const names: Record<RangeName, string> = {
    week: t`Week`,
    month: t`Month`,
    quarter: t`Quarter`,
    year: t`Year`,
    own: t`Dates`,
  };
  return (
    <div className={classes.notPrinted}>
      <fieldset className={classes.ranges} aria-label={t`Range`}>
        {RANGE_NAMES.map((name) => (
          <Button
            key={name}
            px={2}
            fz={13}
            variant={name === range.name ? "filled" : "default"}
            aria-pressed={name === range.name}
            onClick={() => onName(name)}
          >
            {names[name]}
          </Button>
        ))}
      </fieldset>
      {range.name === "own" ? <OwnRange range={range} onChange={onOwn} /> : null}
    </div>
  );
}

import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import classes from "../parts/parts.module.css";
import { type BoardName, UNITS, type Unit } from "./queries";
import { scopesQuery } from "./scopes";
import { BOARDS, type useBoardChoice } from "./useBoardChoice";

/** Of whom, and by what. */
export function BoardChoice({ choice }: { choice: ReturnType<typeof useBoardChoice> }) {
  const { t } = useLingui();
  const { data: scopes } = useQuery(scopesQuery);
  const { board, scope, unit, choose } = choice;
  const value = scope.group ? `group ${scope.group}` : scope.challenge ? `challenge ${scope.challenge}` : "";
  const names: Record<BoardName, string> = {
    current: t`Current streak`,
    longest: t`Longest streak`,
    week: t`This week`,
    month: t`This month`,
  };
  const known = scopes ?? [];
  const others = value && !known.some((each) => each.value === value) ? [{ value, label: "…" }] : [];
  return (
    <div className={classes.choices}>
      <NativeSelect
        size="md"
        className={classes.wide}
        label={t`By what`}
        data={BOARDS.map((name) => ({ value: name, label: names[name] }))}
        value={board}
        onChange={(event) => choose("board", event.currentTarget.value)}
      />
      <NativeSelect
        size="md"
        label={t`Of whom`}
        data={[{ value: "", label: t`Everyone` }, ...others, ...known]}
        value={value}
        onChange={(event) => choose("scope", event.currentTarget.value)}
      />
      {board === "current" || board === "longest" ? (
        <NativeSelect
          size="md"
          label={t`Streaks in`}
          data={[
            ...(scope.challenge ? [{ value: "", label: t`the habit’s unit` }] : []),
            ...UNITS.map((each) => ({ value: each, label: unitName(each) })),
          ]}
          value={unit ?? (scope.challenge ? "" : "day")}
          onChange={(event) => choose("unit", event.currentTarget.value)}
        />
      ) : null}
    </div>
  );

  function unitName(name: Unit): string {
    switch (name) {
      case "day":
        return t`days`;
      case "week":
        return t`weeks`;
      case "month":
        return t`months`;
      case "year":
        return t`years`;
    }
    return plural(Number.parseInt(name, 10), { one: "every # day", other: "every # days" });
  }
}

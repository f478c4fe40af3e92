import { useLingui } from "@lingui/react/macro";
import { Tabs } from "@mantine/core";
import { useSearchParams } from "react-router";
import classes from "../parts/parts.module.css";
import type { Team } from "../types";
import { GroupHabits } from "./GroupHabits";
import { GroupMembers } from "./GroupMembers";
import { GroupNews } from "./GroupNews";
import { GroupProgress } from "./GroupProgress";

const PARTS = ["habits", "progress", "news", "members"] as const;

/** What only members see. Which part is open stays in the address. */
export function GroupParts({ group }: { group: Team }) {
  const { t } = useLingui();
  const [params, setParams] = useSearchParams();
  const open = PARTS.find((part) => part === params.get("part")) ?? "habits";
  const names = { habits: t`Habits`, progress: t`Progress`, news: t`News`, members: t`Members` };
  const bodies = { habits: GroupHabits, progress: GroupProgress, news: GroupNews, members: GroupMembers };
  return (
    <Tabs
      value={open}
      onChange={(part) => setParams({ part: part ?? "habits" }, { replace: true })}
      keepMounted={false}
    >
      <Tabs.List grow mb="md" className={classes.tabs}>
        {PARTS.map((part) => (
          <Tabs.Tab key={part} value={part} mih={44} px={4}>
            {names[part]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {PARTS.map((part) => {
        const Body = bodies[part];
        return (
          <Tabs.Panel key={part} value={part}>
            <Body group={group} />
          </Tabs.Panel>
        );
      })}
    </Tabs>
  );
}

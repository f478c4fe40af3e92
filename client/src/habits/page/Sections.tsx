import { useLingui } from "@lingui/react/macro";
import { Accordion } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { Track } from "../../shared/api/types";
import { Loading } from "../../shared/ui/Loading";
import { Explanation } from "./Explanation";
import { Goals } from "./Goals";
import { Manage } from "./Manage";
import { Notes } from "./Notes";
import { Pauses } from "./Pauses";
import { Reminders } from "./Reminders";
import { ScheduleHistory } from "./ScheduleHistory";

const Year = lazy(async () => ({ default: (await import("./Year")).Year }));

/** What is below the calendar. A section is loaded when it is opened first. */
export function Sections({ track }: { track: Track }) {
  const { t } = useLingui();
  const [open, setOpen] = useState<string[]>([]);
  const sections: [string, string, () => ReactNode][] = [
    ["year", t`The year`, () => <Year track={track} />],
    ["why", t`Why is the streak what it is?`, () => <Explanation track={track} />],
    ["notes", t`Notes`, () => <Notes track={track} />],
    ["reminders", t`Reminders`, () => <Reminders track={track} />],
    ["pauses", t`Pauses`, () => <Pauses track={track} />],
  ];
  if (track.habit.goal_type === "at_least")
    sections.splice(3, 0, ["goals", t`Goals`, () => <Goals track={track} />]);
  if (track.is_own) sections.push(["schedule", t`Schedule history`, () => <ScheduleHistory track={track} />]);
  sections.push([
    "manage",
    track.is_own ? t`Archive or delete` : t`Archive or leave`,
    () => <Manage track={track} />,
  ]);
  return (
    <Accordion multiple value={open} onChange={setOpen} variant="separated" order={2}>
      {sections.map(([name, title, content]) => (
        <Accordion.Item key={name} value={name}>
          <Accordion.Control>{title}</Accordion.Control>
          <Accordion.Panel>
            {open.includes(name) ? <Suspense fallback={<Loading />}>{content()}</Suspense> : null}
          </Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

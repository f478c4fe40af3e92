import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Alert, Button, Stack } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { sentenceOf } from "../../shared/errors/sentences";
import { Row } from "../../shared/ui/Row";
import { Section } from "../Section";
import { LeftOut } from "./LeftOut";
import type { ImportDetail } from "./queries";

const FIRST = 30; // how many are shown at once

type Item = ImportDetail["report"][number];

/** What became of a file, to be read. */
export function Report({ file }: { file: ImportDetail }) {
  const { t } = useLingui();
  const [isAll, setIsAll] = useState(false);
  const { report } = file;
  if (file.started_at === null) return <Unreadable file={file} />;
  // What needs to be read comes first.
  const rank = (item: Item) => (item.outcome === "refused" ? 0 : item.days_refused ? 1 : 2);
  const items = [...report].sort((one, other) => rank(one) - rank(other));
  const shown = isAll ? items : items.slice(0, FIRST);
  return (
    <>
      {file.state === "failed" ? (
        <Alert color="red" role="alert">
          {sentenceOf({ code: file.code })}{" "}
          <Trans>Send the same file again: what was made stays, and nothing is made twice.</Trans>
        </Alert>
      ) : null}
      <Section title={t`What was made`} text={summaryOf(report)}>
        <Stack gap="xs" component="ul" p={0} m={0} aria-label={t`Habits of the file`}>
          {shown.map((item, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat, and the order stays
            <ReportRow key={index} item={item} texts={file.texts} />
          ))}
        </Stack>
        {shown.length < items.length ? (
          <Button variant="default" onClick={() => setIsAll(true)}>
            <Trans>Show all {items.length} habits</Trans>
          </Button>
        ) : null}
      </Section>
      <LeftOut file={file} />
      <Button component={Link} to="/habits" w="fit-content">
        <Trans>See your habits</Trans>
      </Button>
    </>
  );
}

/** A file of which nothing could be made. */
function Unreadable({ file }: { file: ImportDetail }) {
  return (
    <>
      <Alert color="red" role="alert">
        {sentenceOf({ code: file.code })}
      </Alert>
      <Button component={Link} to="/me/data" variant="default" w="fit-content">
        <Trans>Send another file</Trans>
      </Button>
    </>
  );
}

function summaryOf(report: Item[]): string {
  const count = (outcome: Item["outcome"]) => report.filter((item) => item.outcome === outcome).length;
  const [made, changed, same, refused] = [
    count("created"),
    count("changed"),
    count("unchanged"),
    count("refused"),
  ];
  const days = report.reduce((sum, item) => sum + item.days_added, 0);
  return [
    made ? plural(made, { one: "# new habit", other: "# new habits" }) : "",
    changed ? plural(changed, { one: "# with new days", other: "# with new days" }) : "",
    same ? plural(same, { one: "# as it was", other: "# as they were" }) : "",
    refused ? plural(refused, { one: "# refused", other: "# refused" }) : "",
    days ? plural(days, { one: "# day added", other: "# days added" }) : "",
  ]
    .filter(Boolean)
    .join(", ");
}

function ReportRow({ item, texts }: { item: Item; texts: Record<string, string> }) {
  const { t } = useLingui();
  const outcomes: Record<Item["outcome"], { text: string; color: string }> = {
    created: { text: t`New`, color: "pine" },
    changed: { text: t`New days`, color: "pine" },
    unchanged: { text: t`As it was`, color: "gray" },
    refused: { text: t`Refused`, color: "red" },
  };
  const { days_added: added, days_kept: kept, days_refused: refused } = item;
  return (
    <Row
      title={item.name}
      marks={[outcomes[item.outcome]]}
      lines={[
        [
          added ? plural(added, { one: "# day added", other: "# days added" }) : "",
          kept
            ? plural(kept, { one: "# day stays as you have it", other: "# days stay as you have them" })
            : "",
          refused ? plural(refused, { one: "# day does not fit", other: "# days do not fit" }) : "",
        ]
          .filter(Boolean)
          .join(", "),
        item.code ? sentenceOf({ code: item.code, detail: item.message }) : "",
        ...item.notices.map((code) => texts[code] ?? code),
      ]}
    />
  );
}

import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, List } from "@mantine/core";
import { ROOT } from "../../shared/api/site";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { ExportSection } from "./ExportSection";
import { HabitTable } from "./HabitTable";
import { ImportSection } from "./ImportSection";

/** What is kept of the person; taking it along, and bringing it. */
export function DataScreen() {
  const { t } = useLingui();
  return (
    <SettingsScreen title={t`My data`}>
      <Section
        title={t`Take it with you`}
        text={
          <Trans>
            Everything that you have said here, in one file. It can be restored here or in another
            installation, and holds no passwords and nobody else's names.
          </Trans>
        }
      >
        <ExportSection />
      </Section>
      <Section
        title={t`Bring a file`}
        text={
          <Trans>
            Of Loop Habit Tracker, Beaver Habits, HabitBull, Habitica, HabitTrove, Table Habit or Streaks, any
            table as CSV, or an export of this service. You see first what would be made of it.
          </Trans>
        }
      >
        <ImportSection />
      </Section>
      <Section title={t`One habit as a table`} text={<Trans>Its days as CSV, for a spreadsheet.</Trans>}>
        <HabitTable />
      </Section>
      <Section title={t`What is kept`}>
        <List spacing={4}>
          <List.Item>
            <Trans>Your habits, days and notes, until you delete them or the account.</Trans>
          </List.Item>
          <List.Item>
            <Trans>The events of your devices: 400 days with a rule, 30 days without.</Trans>
          </List.Item>
          <List.Item>
            <Trans>The calls of your webhooks, for 30 days.</Trans>
          </List.Item>
          <List.Item>
            <Trans>On this device: the answers seen last, and drafts of forms.</Trans>
          </List.Item>
        </List>
      </Section>
      <Section
        title={t`For programs`}
        text={
          <Trans>
            A program can read all of it: make a key, and see the{" "}
            <Anchor underline="always" href={`${ROOT}swagger/`}>
              description of the API
            </Anchor>
            .
          </Trans>
        }
      >
        {null}
      </Section>
    </SettingsScreen>
  );
}

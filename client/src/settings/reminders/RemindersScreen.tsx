import { Trans, useLingui } from "@lingui/react/macro";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { answered, api } from "../../shared/api/client";
import { Unreached } from "../../shared/channels/Unreached";
import { usePages } from "../../shared/query/usePages";
import { Answer } from "../../shared/ui/Answer";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { tracksQuery } from "../tracks";
import { NewReminderForm } from "./NewReminderForm";
import { ReminderRow } from "./ReminderRow";

/** The reminders of all habits. */
export function RemindersScreen() {
  const { t } = useLingui();
  const tracks = useQuery(tracksQuery);
  const reminders = usePages(["reminders"], (page) =>
    answered(api.GET("/reminders/", { params: { query: { page } } })),
  );
  return (
    <SettingsScreen title={t`Reminders`}>
      <Unreached />
      <PagedList
        query={reminders}
        label={t`Reminders`}
        empty={
          <EmptyState
            title={<Trans>No reminders yet.</Trans>}
            text={<Trans>Add one below, or give a habit a time.</Trans>}
          />
        }
      >
        {(reminder) => <ReminderRow key={reminder.id} reminder={reminder} />}
      </PagedList>
      <Section title={t`Add a reminder`}>
        <Answer query={tracks}>
          {(found) =>
            found.length ? (
              <NewReminderForm tracks={found} />
            ) : (
              <Button component={Link} to="/habits/new" variant="default" w="fit-content">
                <Trans>Make a habit first</Trans>
              </Button>
            )
          }
        </Answer>
      </Section>
    </SettingsScreen>
  );
}

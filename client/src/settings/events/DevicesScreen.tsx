import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Text } from "@mantine/core";
import { Link } from "react-router";
import { ROOT } from "../../shared/api/site";
import { EmptyState } from "../../shared/ui/EmptyState";
import { PagedList } from "../../shared/ui/PagedList";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { EventTypeRow } from "./EventTypeRow";
import { OpenWearables } from "./OpenWearables";
import { useEventTypes, useRules } from "./queries";
import { RuleRow } from "./RuleRow";

/** What devices have sent, and the rules that make days of it. */
export function DevicesScreen() {
  const { t } = useLingui();
  const types = useEventTypes();
  const rules = useRules();
  return (
    <SettingsScreen title={t`Devices and events`}>
      <Text c="dimmed">
        <Trans>
          A phone, watch or home sends what it measures; a rule says which habit that is for. What you record
          yourself is never lowered by it.
        </Trans>
      </Text>
      <Section title={t`Seen`} text={<Trans>What was sent so far, with the last value.</Trans>}>
        <PagedList
          query={types}
          label={t`Seen`}
          empty={
            <EmptyState
              title={<Trans>No device has sent anything yet.</Trans>}
              text={
                <Trans>
                  Make a key that may send events, and enter it in the app with the address{" "}
                  {`${location.origin}${ROOT}api/events/`}
                </Trans>
              }
            >
              <Button component={Link} to="/me/keys/new" variant="default">
                <Trans>Make a key</Trans>
              </Button>
            </EmptyState>
          }
        >
          {(type) => <EventTypeRow key={type.id} type={type} />}
        </PagedList>
      </Section>
      <Section title={t`Rules`}>
        <PagedList
          query={rules}
          label={t`Rules`}
          empty={
            <EmptyState
              title={<Trans>No rules yet.</Trans>}
              text={<Trans>Choose above what was seen, and make a rule from it.</Trans>}
            />
          }
        >
          {(rule) => <RuleRow key={rule.id} rule={rule} types={types.data ?? []} />}
        </PagedList>
      </Section>
      <Section
        title={t`Apps`}
        text={
          <Trans>
            Health Auto Export, Health Connect, Home Assistant, Shortcuts and Tasker send to addresses that
            the{" "}
            <Anchor underline="always" href={`${ROOT}swagger/`}>
              description of the API
            </Anchor>{" "}
            names under “events”.
          </Trans>
        }
      >
        <OpenWearables />
      </Section>
    </SettingsScreen>
  );
}

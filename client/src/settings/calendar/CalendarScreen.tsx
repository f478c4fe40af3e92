import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Text } from "@mantine/core";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Schema } from "../../shared/api/types";
import { useAct } from "../../shared/query/useAct";
import { Answer } from "../../shared/ui/Answer";
import { CopyText } from "../../shared/ui/Once";
import { ask } from "../../shared/ui/questions";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { AlarmForm } from "./AlarmForm";

const calendarQuery = queryOptions({
  queryKey: ["calendar"],
  queryFn: () => answered(api.GET("/calendar/")),
  meta: { volatile: true },
});

/** The address to which a calendar program subscribes. */
export function CalendarScreen() {
  const { t } = useLingui();
  const calendar = useQuery(calendarQuery);
  return (
    <SettingsScreen title={t`Calendar`}>
      <Text c="dimmed">
        <Trans>
          Your reminders of the last 30 and the next 60 days, with your pauses, as events in any calendar
          program that can subscribe to an address.
        </Trans>
      </Text>
      <Answer query={calendar}>
        {(found) => (
          <>
            {found.is_on ? <Address address={found.address} /> : null}
            <Section title={found.is_on ? t`Alarm` : t`Turn it on`}>
              <AlarmForm key={String(found.is_on)} calendar={found} />
            </Section>
          </>
        )}
      </Answer>
    </SettingsScreen>
  );
}

function Address({ address }: { address: Schema<"Calendar">["address"] }) {
  const { t } = useLingui();
  const { act, isBusy } = useAct(["calendar"], ["access"]);
  async function renew() {
    const agreed = await ask({
      title: t`Make a new address?`,
      text: t`The present one stops working: enter the new one in each of your calendars.`,
      yes: t`New address`,
    });
    if (agreed) await act(() => api.POST("/calendar/new-address/"), t`The address is a new one.`);
  }
  async function turnOff() {
    const agreed = await ask({
      title: t`Turn the calendar off?`,
      text: t`Calendars that have subscribed get nothing any more.`,
      yes: t`Turn off`,
      isDangerous: true,
    });
    if (agreed) await act(() => api.DELETE("/calendar/"), t`The calendar is off.`);
  }
  return (
    <Section title={t`Address`} text={<Trans>Anyone who has it can read your reminders.</Trans>}>
      <CopyText text={address} what={t`address of the calendar`} />
      <Group gap="xs">
        <Button variant="default" loading={isBusy} onClick={() => void renew()}>
          <Trans>New address</Trans>
        </Button>
        <Button variant="subtle" onClick={() => void turnOff()}>
          <Trans>Turn off</Trans>
        </Button>
      </Group>
    </Section>
  );
}

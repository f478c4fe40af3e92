import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "../../shared/channels/queries";
import { useMe } from "../../shared/person/me";
import { Answer } from "../../shared/ui/Answer";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { ChannelOrder } from "./ChannelOrder";
import { KindsSection } from "./KindsSection";
import { QuietHoursForm } from "./QuietHoursForm";

/** Where messages arrive, which kind where, and when they wait. */
export function ChannelsScreen() {
  const { t } = useLingui();
  const { time_zone: zone } = useMe();
  const channels = useQuery(channelsQuery);
  return (
    <SettingsScreen title={t`Channels`}>
      <Answer query={channels}>
        {(shown) => (
          <>
            <Section
              title={t`Where messages arrive`}
              text={
                <Trans>
                  The first that reaches you is used. Drag the handles, or use the arrow keys. Open one to set
                  it up.
                </Trans>
              }
            >
              <ChannelOrder shown={shown} />
            </Section>
            <Section title={t`What goes where`}>
              <KindsSection shown={shown} />
            </Section>
            <Section
              title={t`Quiet hours`}
              text={
                <Trans>
                  What would come then waits until they end. Of one habit at most one reminder comes after
                  them. By your own clock: {zone}.
                </Trans>
              }
            >
              <QuietHoursForm key={JSON.stringify(shown.quiet_hours)} hours={shown.quiet_hours} />
            </Section>
          </>
        )}
      </Answer>
    </SettingsScreen>
  );
}

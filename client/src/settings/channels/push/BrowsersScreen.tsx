import { Trans, useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { channelsQuery } from "../../../shared/channels/queries";
import { useLimits } from "../../../shared/person/limits";
import { Answer } from "../../../shared/ui/Answer";
import { Section } from "../../Section";
import { SettingsScreen } from "../../SettingsScreen";
import { ChannelStatus } from "../ChannelStatus";
import { BrowserList } from "./BrowserList";
import { ThisBrowser } from "./ThisBrowser";

/** Messages in browsers. */
export function BrowsersScreen() {
  const { t } = useLingui();
  const channels = useQuery(channelsQuery);
  const { browsers: most } = useLimits().channel;
  return (
    <SettingsScreen title={t`Browsers`} back={{ to: "/me/channels", name: t`Channels` }}>
      <Section title={t`This browser`}>
        <ThisBrowser />
      </Section>
      <Section
        title={t`All browsers`}
        text={
          <Trans>Each message goes to all of them, up to {most}. Beyond that the oldest gives way.</Trans>
        }
      >
        <BrowserList />
        <Answer query={channels}>
          {({ channels: all }) => {
            const channel = all.find(({ name }) => name === "webpush");
            return channel ? <ChannelStatus channel={channel} /> : null;
          }}
        </Answer>
      </Section>
    </SettingsScreen>
  );
}

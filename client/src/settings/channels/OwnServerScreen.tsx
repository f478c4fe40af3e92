import { useLingui } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { channelsQuery } from "../../shared/channels/queries";
import { Answer } from "../../shared/ui/Answer";
import { Section } from "../Section";
import { SettingsScreen } from "../SettingsScreen";
import { ChannelStatus } from "./ChannelStatus";
import { CodeForm } from "./CodeForm";
import type { ChannelName } from "./queries";

/** A channel with a server of the person's choice: its state, the code, and the form that connects it. */
export function OwnServerScreen({
  channel: name,
  title,
  text,
  children,
}: {
  channel: ChannelName;
  title: string;
  text: ReactNode;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const channels = useQuery(channelsQuery);
  return (
    <SettingsScreen title={title} back={{ to: "/me/channels", name: t`Channels` }}>
      <Answer query={channels}>
        {({ channels: all }) => {
          const channel = all.find((each) => each.name === name);
          if (!channel) return null;
          return (
            <>
              {channel.connected ? <ChannelStatus channel={channel} /> : null}
              {channel.pending ? <CodeForm channel={name} /> : null}
              <Section title={channel.connected ? t`Connect another` : t`Connect`} text={text}>
                {children}
              </Section>
            </>
          );
        }}
      </Answer>
    </SettingsScreen>
  );
}

import { Trans, useLingui } from "@lingui/react/macro";
import { Anchor, Button, Stack, Text } from "@mantine/core";
import { Link } from "react-router";
import type { Schema } from "../../shared/api/types";
import { dayAndTime } from "../../shared/dates/format";
import { useMe } from "../../shared/person/me";
import { useEditMe } from "../../shared/person/useEditMe";
import { useAct } from "../../shared/query/useAct";
import { Row } from "../../shared/ui/Row";
import type { ChannelName } from "../channels/queries";
import { useChannelWords } from "../channels/useChannelWords";

/** What can read or change the account besides the sessions, each with where it is ended. */
export function AccessList({ access }: { access: Schema<"Access"> }) {
  const { t } = useLingui();
  const me = useMe();
  const edit = useEditMe();
  const channels = useChannelWords();
  const { act } = useAct(["access"], ["me"]);
  const { new_email: address, chats, share_links: shares } = access;
  const integrations = access.integrations.filter(({ kind }) => kind !== "sign_in" && kind !== "passkey"); // have sections of their own
  const kinds: Record<string, { name: string; to: string }> = {
    key: { name: t`Key`, to: "/me/keys" },
    grant: { name: t`Linked service`, to: "/me/services" },
    webhook: { name: t`Webhook`, to: "/me/webhooks" },
    action_link: { name: t`Action link`, to: "/me/action-links" },
    calendar: { name: t`Calendar address`, to: "/me/calendar" },
    open_wearables: { name: t`Device`, to: "/me/devices" },
  };
  if (!address && !chats.length && !shares && !integrations.length) {
    return (
      <Text>
        <Trans>
          Nothing but your{" "}
          <Anchor underline="always" component={Link} to="/me/sessions">
            sessions
          </Anchor>
          .
        </Trans>
      </Text>
    );
  }
  return (
    <Stack component="ul" gap="xs" p={0} m={0} aria-label={t`What has access`}>
      {address ? (
        <Row
          title={address}
          lines={[t`A new address, once it is confirmed.`]}
          actions={
            <Button
              variant="default"
              onClick={() => void act(() => edit({ email: me.email }), t`Your address is unchanged.`)}
            >
              <Trans>Cancel the change</Trans>
            </Button>
          }
        />
      ) : null}
      {chats.map((chat) => {
        const channel = channels[chat.channel as ChannelName] ?? { name: chat.channel, to: "/me/channels" };
        const title = chat.name || chat.address;
        return (
          <Row
            key={`${chat.channel} ${chat.address}`}
            title={title}
            marks={[{ text: channel.name }]}
            lines={[chat.connected_at ? t`Since ${dayAndTime(chat.connected_at, me.time_zone)}` : ""]}
            actions={<ManageLink to={channel.to} name={title} />}
          />
        );
      })}
      {shares ? <Row title={t`Pages that you share: ${shares}`} /> : null}
      {integrations.map(({ kind, id, name, created_at: made }) => {
        const known = kinds[kind] ?? { name: kind.replaceAll("_", " "), to: "/me" };
        const title = name || known.name;
        return (
          <Row
            key={`${kind} ${id}`}
            title={title}
            marks={[{ text: known.name }]}
            lines={[t`Since ${dayAndTime(made, me.time_zone)}`]}
            actions={<ManageLink to={known.to} name={`${known.name} ${title}`} />}
          />
        );
      })}
    </Stack>
  );
}

function ManageLink({ to, name }: { to: string; name: string }) {
  const { t } = useLingui();
  return (
    <Button component={Link} to={to} variant="default" aria-label={t`See and end: ${name}`}>
      <Trans>See and end</Trans>
    </Button>
  );
}

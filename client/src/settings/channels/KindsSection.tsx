import { Trans, useLingui } from "@lingui/react/macro";
import { Fieldset, Stack, Text } from "@mantine/core";
import { Ticked } from "../../shared/ui/Ticked";
import { choicesFor, toggled } from "./kinds";
import { type Channels, type Topic, useChoose } from "./queries";
import { useChannelWords } from "./useChannelWords";

/** Which channels each kind of message may take. */
export function KindsSection({ shown }: { shown: Channels }) {
  const { t } = useLingui();
  const topics: [Topic, string][] = [
    ["reminders", t`Reminders`],
    ["digest", t`Weekly summary`],
    ["news", t`News: goals, achievements, challenges`],
  ];
  if (!shown.channels.some(({ connected }) => connected)) {
    return (
      <Text>
        <Trans>Connect a channel first.</Trans>
      </Text>
    );
  }
  return (
    <Stack gap="sm">
      {topics.map(([topic, title]) => (
        <TopicChannels key={topic} topic={topic} title={title} shown={shown} />
      ))}
    </Stack>
  );
}

function TopicChannels({ topic, title, shown }: { topic: Topic; title: string; shown: Channels }) {
  const words = useChannelWords();
  const { mutate: choose } = useChoose();
  const choices = choicesFor(topic, shown);
  const chosen = shown.kinds[topic];
  return (
    <Fieldset legend={title} radius="md">
      {choices.map((name) => {
        const channel = words[name].name;
        return (
          <Ticked
            key={name}
            label={channel}
            aria-label={`${channel}: ${title}`}
            checked={chosen.includes(name)}
            onChange={({ currentTarget: { checked } }) =>
              choose({ kinds: { [topic]: toggled(topic, name, checked, shown) } })
            }
          />
        );
      })}
      {choices.some((name) => chosen.includes(name)) ? null : (
        <Text size="sm" role="status">
          <Trans>Not sent to you.</Trans>
        </Text>
      )}
    </Fieldset>
  );
}

import { Trans } from "@lingui/react/macro";
import { Anchor, Text } from "@mantine/core";
import { dayAndTime, relativeDay } from "../../shared/dates/format";
import { useToday } from "../../shared/dates/useToday";
import { useMe } from "../../shared/person/me";
import type { News } from "../types";

export function NewsLine({ item }: { item: News }) {
  const me = useMe();
  return (
    <li>
      <Text>
        <Sentence item={item} />
      </Text>
      <Text size="sm" c="dimmed">
        {dayAndTime(item.at, me.time_zone)}
      </Text>
    </li>
  );
}

/** What has happened, by its kind. A kind that this client does not know yet is said to be news. */
function Sentence({ item }: { item: News }) {
  const today = useToday();
  const { username, habit, day, title, url } = item;
  const when = day ? relativeDay(day, today) : "";
  const done = habit?.name;
  switch (item.kind) {
    case "done":
      return (
        <Trans>
          <strong>{username}</strong> did {done} ({when})
        </Trans>
      );
    case "shared":
      return (
        <Trans>
          <strong>{username}</strong> shared{" "}
          <Anchor href={url} target="_blank" rel="noopener noreferrer" underline="always">
            {title}
          </Anchor>
        </Trans>
      );
    default:
      return (
        <Trans>
          <strong>{username}</strong> has news
        </Trans>
      );
  }
}

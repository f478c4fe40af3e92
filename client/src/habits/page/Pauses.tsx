import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Group, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import type { Track } from "../../shared/api/types";
import { shortDay } from "../../shared/dates/format";
import { Loading } from "../../shared/ui/Loading";
import classes from "../habits.module.css";
import { pausesQuery } from "../queries";
import { NewPause } from "./NewPause";
import { useChange } from "./useChange";

/** The pauses of a habit, those of all habits included. A pause stops reminders and does not break a streak. */
export function Pauses({ track }: { track: Track }) {
  const { t } = useLingui();
  const { data } = useQuery(pausesQuery);
  const { change } = useChange(["pauses"]);
  if (!data) return <Loading />;
  const shown = data.filter((pause) => pause.track === track.id || pause.track === null);
  const remove = (id: number) =>
    change(() => answered(api.DELETE("/pauses/{id}/", { params: { path: { id } } })));
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        <Trans>A pause stops reminders and does not break the streak.</Trans>
      </Text>
      <ul className={classes.plain}>
        {shown.map(({ id, first_day: first, last_day: last, track: of, reason }) => {
          const name = last ? t`${shortDay(first)} – ${shortDay(last)}` : t`since ${shortDay(first)}`;
          return (
            <li key={id}>
              <Group justify="space-between" wrap="nowrap">
                <Text>
                  {name}
                  {of === null ? ` · ${t`all habits`}` : ""}
                  {reason === "archived" ? ` · ${t`archived`}` : ""}
                </Text>
                {reason === "manual" ? (
                  <ActionIcon
                    color="gray"
                    aria-label={t`Delete the pause: ${name}`}
                    onClick={() => void remove(id)}
                  >
                    <IconTrash size={18} aria-hidden />
                  </ActionIcon>
                ) : null}
              </Group>
            </li>
          );
        })}
      </ul>
      <NewPause track={track} />
    </Stack>
  );
}

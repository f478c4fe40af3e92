import { Trans, useLingui } from "@lingui/react/macro";
import { ActionIcon, Button, Group, Stack, Switch, Text, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answered, api } from "../../shared/api/client";
import type { Schema, Track } from "../../shared/api/types";
import { Loading } from "../../shared/ui/Loading";
import classes from "../habits.module.css";
import { remindersQuery } from "../queries";
import { useChange } from "./useChange";

/** The reminders of a habit: each at its own time, or at the habit's. */
export function Reminders({ track }: { track: Track }) {
  const { t } = useLingui();
  const { data } = useQuery(remindersQuery(track.id));
  const { change, isChanging } = useChange(["track", track.id, "reminders"]);
  const [time, setTime] = useState("");
  if (!data) return <Loading />;
  const edit = (id: number, body: Schema<"ReminderEdit">) =>
    change(() => answered(api.PATCH("/reminders/{id}/", { params: { path: { id } }, body })));
  const remove = (id: number) =>
    change(() => answered(api.DELETE("/reminders/{id}/", { params: { path: { id } } })));
  async function add(event: FormEvent) {
    event.preventDefault();
    const body = { track: track.id, local_time: time || null, text: "", is_on: true };
    if (await change(() => answered(api.POST("/reminders/", { body })))) setTime("");
  }
  return (
    <Stack>
      <ul className={classes.plain}>
        {data.map(({ id, time: at, local_time: own, is_on: isOn }) => {
          const name = at ? (own ? at : t`${at}, the habit's time`) : t`no time yet`;
          return (
            <li key={id}>
              <Group justify="space-between" wrap="nowrap">
                <Switch
                  size="md"
                  checked={isOn}
                  label={name}
                  onChange={(event) => void edit(id, { is_on: event.currentTarget.checked })}
                />
                <ActionIcon
                  color="gray"
                  aria-label={t`Delete the reminder: ${name}`}
                  onClick={() => void remove(id)}
                >
                  <IconTrash size={18} aria-hidden />
                </ActionIcon>
              </Group>
            </li>
          );
        })}
      </ul>
      {data.length ? null : (
        <Text c="dimmed">
          <Trans>No reminders.</Trans>
        </Text>
      )}
      <form onSubmit={add}>
        <Group align="end">
          <TextInput
            type="time"
            label={t`Another reminder at`}
            value={time}
            onChange={(event) => setTime(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={isChanging}>
            <Trans>Add</Trans>
          </Button>
        </Group>
      </form>
    </Stack>
  );
}

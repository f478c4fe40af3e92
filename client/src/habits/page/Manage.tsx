import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { answered, api } from "../../shared/api/client";
import type { Track } from "../../shared/api/types";
import { notify } from "../../shared/ui/notices";
import { ask } from "../../shared/ui/questions";
import { useChange } from "./useChange";

/** Archives a habit, takes it back, deletes it, or leaves that of another person. */
export function Manage({ track }: { track: Track }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { change, isChanging } = useChange([]); // lists, days and the habit itself
  const { name, id: habitId } = track.habit;
  const leaving = useChange(["tracks"]);
  const path = { id: track.id };

  function archive() {
    const body = { archived: !track.archived };
    void change(() => answered(api.PATCH("/tracks/{id}/", { params: { path }, body })));
  }

  async function remove() {
    const count = await countDays(track.id);
    const days = plural(count, { one: "# marked day", other: "# marked days" });
    const isAgreed = await ask({
      title: t`Delete “${name}”?`,
      text: t`Its schedule, reminders and ${days} are lost. Archiving keeps them.`,
      yes: t`Delete`,
      isDangerous: true,
    });
    if (isAgreed)
      await end(() => answered(api.DELETE("/habits/{id}/", { params: { path: { id: habitId } } })));
  }

  async function leave() {
    const isAgreed = await ask({
      title: t`Leave “${name}”?`,
      text: t`You stop following it. What you marked is kept, and is there when you follow it again.`,
      yes: t`Leave`,
    });
    if (isAgreed) await end(() => answered(api.DELETE("/tracks/{id}/", { params: { path } })));
  }

  /** Go to the list, and then forget what this page has asked: before, it would ask again for what is gone. */
  async function end(send: () => Promise<unknown>) {
    if (!(await leaving.change(send))) return;
    for (const name of ["days", "week", "pauses", "me"]) void client.invalidateQueries({ queryKey: [name] });
    await navigate("/habits");
    client.removeQueries({ queryKey: ["track", track.id] });
    notify({ kind: "done", text: track.is_own ? t`Deleted: ${name}` : t`Left: ${name}` });
  }

  return (
    <Stack>
      <Text size="sm" c="dimmed">
        <Trans>An archived habit is hidden and paused; its history and streak are kept.</Trans>
      </Text>
      <Group>
        <Button variant="default" onClick={archive} loading={isChanging}>
          {track.archived ? <Trans>Take it back</Trans> : <Trans>Archive</Trans>}
        </Button>
        {track.is_own ? (
          <Button variant="outline" color="red" onClick={() => void remove()}>
            <Trans>Delete the habit</Trans>
          </Button>
        ) : (
          <Button variant="default" onClick={() => void leave()}>
            <Trans>Leave the habit</Trans>
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** Return how many days are marked; 0 if that cannot be asked now. */
async function countDays(track: number): Promise<number> {
  const params = { path: { track_id: track }, query: { page_size: 1 } };
  const answer = await answered(api.GET("/tracks/{track_id}/logs/", { params })).catch(() => null);
  return answer?.count ?? 0;
}

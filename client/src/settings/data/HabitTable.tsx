import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../shared/api/client";
import { useAction } from "../../shared/query/useAction";
import { Answer } from "../../shared/ui/Answer";
import { EmptyState } from "../../shared/ui/EmptyState";
import { fetchedFile, saveFile } from "../../shared/ui/files";
import { tracksQuery } from "../tracks";

/** The days of one habit as a table for a spreadsheet. */
export function HabitTable() {
  const { t } = useLingui();
  const tracks = useQuery(tracksQuery);
  const [chosen, setChosen] = useState("");
  const save = useAction({
    send: ({ id }: { id: number; name: string }) =>
      fetchedFile(
        api.GET("/tracks/{track_id}/logs.csv", { params: { path: { track_id: id } }, parseAs: "blob" }),
      ),
    changes: () => [],
    after: (content, { name }) => saveFile(content, `${fileName(name)}.csv`),
    done: () => t`The file is among your downloads.`,
  });
  return (
    <Answer query={tracks}>
      {(found) => {
        const track = found.find(({ id }) => String(id) === chosen) ?? found[0];
        if (!track) return <EmptyState title={<Trans>No habits yet.</Trans>} />;
        return (
          <Group align="end">
            <NativeSelect
              label={t`Habit`}
              value={String(track.id)}
              onChange={({ currentTarget: { value } }) => setChosen(value)}
              data={found.map(({ id, habit }) => ({ value: String(id), label: habit.name }))}
              maw="100%"
            />
            <Button
              variant="default"
              loading={save.isPending}
              onClick={() => save.run({ id: track.id, name: track.habit.name })}
            >
              <Trans>Save as a table</Trans>
            </Button>
          </Group>
        );
      }}
    </Answer>
  );
}

/** Return a name that every system can store. */
function fileName(name: string): string {
  return (
    name
      .replaceAll(/[^\p{L}\p{N} ._-]+/gu, " ")
      .trim()
      .slice(0, 80) || "habit"
  );
}

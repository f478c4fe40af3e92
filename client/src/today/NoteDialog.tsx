import { Trans, useLingui } from "@lingui/react/macro";
import { Button, Group, Text, Textarea } from "@mantine/core";
import { longDay } from "../shared/dates/format";
import { FormProblems } from "../shared/forms/FormProblems";
import { useDraftForm } from "../shared/forms/useDraftForm";
import { useLimits } from "../shared/person/limits";
import { Dialog } from "../shared/ui/Dialog";
import type { DialogProps } from "./CardDialogs";
import { heldNote } from "./heldNotes";

/** The note of a day. What is typed is kept even if the dialog is closed without saving. */
export function NoteDialog({ entry, acts, onClose }: DialogProps) {
  const { t } = useLingui();
  const { note_length: longest } = useLimits().log;
  const track = entry.track.id;
  const { form, submit, problems } = useDraftForm({
    name: `note ${track} ${entry.day}`,
    initial: { note: entry.note || heldNote(track, entry.day) },
    validate: ({ note }) => ({
      note: [...note].length > longest ? t`Write at most ${longest} characters.` : null,
    }),
    send: async ({ note }) => {
      acts.note(note.trim());
      onClose();
    },
  });
  return (
    <Dialog opened onClose={onClose} title={t`Note: ${entry.track.habit.name}`}>
      <form onSubmit={submit}>
        <FormProblems problems={problems} />
        <Textarea
          label={longDay(entry.day)}
          autosize
          minRows={3}
          maxRows={10}
          data-autofocus
          key={form.key("note")}
          {...form.getInputProps("note")}
        />
        {entry.status === null ? (
          <Text size="sm" c="dimmed" mt="xs">
            <Trans>It stays on this device until you mark the day, and is then saved with it.</Trans>
          </Text>
        ) : null}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={onClose}>
            <Trans>Close</Trans>
          </Button>
          <Button type="submit">
            <Trans>Save</Trans>
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

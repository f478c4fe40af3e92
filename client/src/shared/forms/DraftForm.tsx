import { Button, Group, Stack } from "@mantine/core";
import type { FormEventHandler, ReactNode } from "react";
import { FormProblems } from "./FormProblems";
import { LeaveGuard } from "./LeaveGuard";
import { RestoredDraft } from "./RestoredDraft";

/** What `useDraftForm` returns, as far as its frame needs it. */
interface Draft {
  form: { isDirty: () => boolean };
  submit: FormEventHandler<HTMLFormElement>;
  isSending: boolean;
  problems: string[];
  isRestored: boolean;
  discard: () => void;
}

/** The frame of a form with a draft: what was restored, what is wrong, its fields, and the button that sends it. */
export function DraftForm({
  draft,
  submit,
  children,
  more,
  label,
  color,
  guarded = true,
}: {
  draft: Draft;
  submit: ReactNode;
  children: ReactNode;
  /** Beside the button. */
  more?: ReactNode;
  label?: string;
  color?: string;
  guarded?: boolean;
}) {
  return (
    <form onSubmit={draft.submit} noValidate aria-label={label}>
      <Stack gap="md">
        <RestoredDraft isRestored={draft.isRestored} onDiscard={draft.discard} />
        {children}
        <FormProblems problems={draft.problems} />
        <Group>
          <Button type="submit" loading={draft.isSending} color={color}>
            {submit}
          </Button>
          {more}
        </Group>
      </Stack>
      {guarded ? <LeaveGuard isDirty={draft.form.isDirty()} onDiscard={draft.discard} /> : null}
    </form>
  );
}

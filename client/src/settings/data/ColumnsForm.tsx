import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect, SimpleGrid } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { chosenColumns, columnProblems, columnsToSend, ROLES, type Role } from "./columns";
import { type ImportDetail, importQuery } from "./queries";

/** Which column of a table is what. */
export function ColumnsForm({ file }: { file: ImportDetail }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const names = file.preview.columns?.names ?? [];
  const words: Record<Role, string> = {
    day: t`Day`,
    habit: t`Habit`,
    value: t`Amount, or whether it was done`,
    unit: t`Unit of the amount`,
    note: t`Note`,
  };
  const draft = useDraftForm({
    name: `columns of import ${file.id}`,
    initial: chosenColumns(file.preview),
    validate: (values) => {
      const { missing, repeated } = columnProblems(values);
      return {
        ...Object.fromEntries(missing.map((role) => [role, t`Choose a column.`])),
        ...Object.fromEntries(repeated.map((role) => [role, t`This column is chosen already.`])),
      };
    },
    send: async (values) => {
      const changed = await answered(
        api.PATCH("/imports/{import_id}/", {
          params: { path: { import_id: file.id } },
          body: { columns: columnsToSend(values) },
        }),
      );
      client.setQueryData(importQuery(file.id).queryKey, changed);
    },
  });
  return (
    <DraftForm
      draft={draft}
      submit={<Trans>Read the table so</Trans>}
      label={t`Which column is what`}
      guarded={false}
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {ROLES.map((role) => (
          <NativeSelect
            key={role}
            label={words[role]}
            data={[{ value: "", label: t`No column` }, ...names]}
            {...draft.form.getInputProps(role)}
          />
        ))}
      </SimpleGrid>
    </DraftForm>
  );
}

import { Trans, useLingui } from "@lingui/react/macro";
import { NativeSelect, SimpleGrid, TextInput } from "@mantine/core";
import { api } from "../../shared/api/client";
import type { Schema, Track } from "../../shared/api/types";
import { DraftForm } from "../../shared/forms/DraftForm";
import { useDraftForm } from "../../shared/forms/useDraftForm";
import { AmountInput } from "../../shared/numbers/AmountInput";
import { parseAmount } from "../../shared/numbers/amounts";
import { amountProblem } from "../../shared/numbers/problems";
import { useLimits } from "../../shared/person/limits";
import { useAct } from "../../shared/query/useAct";
import { notify } from "../../shared/ui/notices";
import { Switched } from "../../shared/ui/Switched";
import { useActionWords } from "./useActionWords";

type Values = {
  track: string;
  action: Schema<"ActionLink">["action"];
  amount: string;
  name: string;
  acts_on_get: boolean;
};

export function NewActionLinkForm({ tracks }: { tracks: Track[] }) {
  const { t } = useLingui();
  const { log } = useLimits();
  const { words } = useActionWords();
  const { refresh } = useAct(["action-links"], ["access"]);
  const isLimit = (track: string) =>
    tracks.find(({ id }) => String(id) === track)?.habit.goal_type === "at_most";
  const first = String(tracks[0]?.id ?? "");
  const draft = useDraftForm<Values>({
    name: "new action link",
    initial: {
      track: first,
      action: isLimit(first) ? "add" : "done",
      amount: "1",
      name: "",
      acts_on_get: false,
    },
    validate: ({ action, amount }) => ({
      amount: action === "add" ? amountProblem(amount, log.amount) : null,
    }),
    send: async ({ track, action, amount, name, acts_on_get }) => {
      const parsed = parseAmount(amount);
      const body = {
        track: Number(track),
        action,
        name: name.trim(),
        acts_on_get,
        ...(action === "add" && "amount" in parsed ? { amount: parsed.amount } : {}),
      };
      await api.POST("/action-links/", { body });
      refresh();
      draft.form.setValues({ name: "" });
      notify({ kind: "done", text: t`The link is made. It is in the list.` });
    },
  });
  const { form } = draft;
  const onlyAdds = isLimit(form.values.track);
  const actions = onlyAdds ? (["add"] as const) : (["done", "add", "toggle"] as const);
  return (
    <DraftForm draft={draft} submit={<Trans>Make the link</Trans>} label={t`New link`}>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NativeSelect
          label={t`Habit`}
          data={tracks.map(({ id, habit }) => ({ value: String(id), label: habit.name }))}
          {...form.getInputProps("track")}
          onChange={({ currentTarget: { value } }) => {
            form.setFieldValue("track", value);
            if (isLimit(value)) form.setFieldValue("action", "add");
          }}
        />
        <NativeSelect
          label={t`The link`}
          data={actions.map((value) => ({ value, label: words[value] }))}
          {...form.getInputProps("action")}
        />
        {form.values.action === "add" ? (
          <AmountInput label={t`Amount`} {...form.getInputProps("amount")} />
        ) : null}
        <TextInput
          label={t`Name`}
          description={t`Such as where the tag is.`}
          inputWrapperOrder={["label", "input", "description", "error"]}
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps("name")}
        />
      </SimpleGrid>
      <Switched
        label={t`Opening it acts at once`}
        description={t`For tags and devices that know nothing else. Else a page with one button opens.`}
        {...form.getInputProps("acts_on_get", { type: "checkbox" })}
      />
    </DraftForm>
  );
}

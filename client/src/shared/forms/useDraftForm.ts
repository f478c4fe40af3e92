import { type FormErrors, useForm } from "@mantine/form";
import { useEffect, useRef, useState } from "react";
import { sentencesByField } from "../errors/sentences";
import { readDraft, removeDraft, writeDraft } from "./drafts";
import { useFocusFirstError } from "./focus";

export interface DraftFormOptions<Values> {
  /** The form's name, with the id of what it edits: "habit 12". */
  name: string;
  /** What the form holds if there is no draft. */
  initial: Values;
  validate?: (values: Values) => Partial<Record<keyof Values & string, string | null>>;
  /** Fields that are never kept, such as passwords. */
  secret?: readonly (keyof Values & string)[];
  /** Send the form. An ApiError is shown beside its fields. What it puts into the form by `setValues` counts as saved. */
  send: (values: Values) => Promise<void>;
}

/** A form whose typed values are kept as a draft until they are sent, with the server's errors beside their fields. */
export function useDraftForm<Values extends Record<string, unknown>>(options: DraftFormOptions<Values>) {
  const { name, initial, validate, secret = [], send } = options;
  const [draft] = useState(() => readDraft<Values>(name));
  const [isRestored, setIsRestored] = useState(draft !== null);
  const [isSending, setIsSending] = useState(false);
  const [problems, setProblems] = useState<string[]>([]);
  const putBySend = useRef<Partial<Values>>({});
  const focusFirstError = useFocusFirstError();
  const form = useForm<Values>({
    mode: "controlled",
    initialValues: { ...initial, ...draft },
    validate: (values) => dropEmpty(validate?.(values) ?? {}),
    onValuesChange: (values, before) => {
      const kept = without(values, secret);
      if (JSON.stringify(kept) !== JSON.stringify(without(before, secret))) writeDraft(name, kept);
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a restored draft differs from what is saved, from the start
  useEffect(() => form.resetDirty(initial), []);

  /** Whether something changed that would be lost. */
  const isDirty = () => Object.keys(initial).some((field) => !secret.includes(field) && form.isDirty(field));

  const setValues: typeof form.setValues = (given) => {
    const values = typeof given === "function" ? given(form.getValues() as never) : given;
    putBySend.current = { ...putBySend.current, ...values };
    form.setValues(values);
  };

  /** Forget what was typed. */
  function discard() {
    setValues(initial);
    form.resetDirty(initial);
    form.clearErrors();
    removeDraft(name);
    setIsRestored(false);
  }

  const submit = form.onSubmit(
    async (values) => {
      setIsSending(true);
      setProblems([]);
      putBySend.current = {};
      try {
        await send(values);
        // What was typed meanwhile was not sent: it stays a draft, and the form changed.
        const saved = { ...values, ...putBySend.current };
        const [now, sent] = [form.getValues(), saved].map((each) => without(each, secret));
        form.resetDirty(saved);
        if (JSON.stringify(now) === JSON.stringify(sent)) removeDraft(name);
        setIsRestored(false);
      } catch (error) {
        const { byField, others } = sentencesByField(error, Object.keys(initial));
        form.setErrors(byField as FormErrors);
        setProblems(others);
        focusFirstError();
      } finally {
        setIsSending(false);
      }
    },
    () => focusFirstError(),
  );

  return { form: { ...form, isDirty, setValues }, submit, isSending, problems, isRestored, discard };
}

function dropEmpty(errors: Record<string, string | null | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(errors).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}

function without(values: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !names.includes(name)));
}

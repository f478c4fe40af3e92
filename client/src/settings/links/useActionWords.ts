import { useLingui } from "@lingui/react/macro";
import type { Schema } from "../../shared/api/types";
import { amountText } from "../../shared/numbers/format";

type ActionLink = Schema<"ActionLink">;

export function useActionWords() {
  const { t } = useLingui();
  const words: Record<ActionLink["action"], string> = {
    done: t`completes today`,
    add: t`adds an amount to today`,
    toggle: t`completes today, or clears it`,
  };
  return {
    words,
    wordsOf: ({ action, amount }: ActionLink) =>
      action === "add" && amount !== null ? t`adds ${amountText(amount)} to today` : words[action],
  };
}

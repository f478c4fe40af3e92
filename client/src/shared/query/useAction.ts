import { type QueryClient, type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { sentenceOfError } from "../errors/sentences";
import { notify } from "../ui/notices";
import { tellTabs } from "./tabs";

export interface Action<Given, Answer> {
  send: (given: Given) => Promise<Answer>;
  /** First parts of the keys of answers that it changes. */
  changes: (given: Given) => QueryKey[];
  /** What to say once it is done. */
  done?: (given: Given, answer: Answer) => string;
  /** What to do once it is done, such as to leave the screen of what is gone. */
  after?: (answer: Answer, given: Given) => void;
}

/** Return how to do something at once, with a message; a refusal is shown, and what is shown is read again. */
export function useAction<Given = void, Answer = unknown>(action: Action<Given, Answer>) {
  const client = useQueryClient();
  const { mutate, isPending, variables } = useMutation<Answer, Error, Given>({
    networkMode: "always", // without a network it fails and says so
    mutationFn: action.send,
    onSuccess: (answer, given) => {
      const text = action.done?.(given, answer);
      if (text) notify({ kind: "done", text });
      action.after?.(answer, given);
    },
    onError: (error) => notify({ kind: "problem", text: sentenceOfError(error) }),
    onSettled: (_answer, _error, given) => readAgain(client, ...action.changes(given)),
  });
  return {
    isPending,
    pending: isPending ? variables : undefined,
    run: (given: Given) => (isPending ? undefined : mutate(given)),
  };
}

/** Read answers below these keys again, here and in other tabs. */
export async function readAgain(client: QueryClient, ...keys: QueryKey[]): Promise<void> {
  for (const key of keys) tellTabs(key);
  await Promise.all(keys.map((queryKey) => client.invalidateQueries({ queryKey })));
}

import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { ApiError } from "../api/ApiError";
import { sentenceOfError } from "../errors/sentences";
import { notify } from "../ui/notices";
import { tellTabs } from "./tabs";

/** Return a function that does something at once, says how it went, and asks again for what is below `keys`. */
export function useAct(...keys: QueryKey[]) {
  const client = useQueryClient();
  const [isBusy, setIsBusy] = useState(false);
  const names = JSON.stringify(keys);
  const refresh = useCallback(() => {
    for (const key of JSON.parse(names) as QueryKey[]) {
      void client.invalidateQueries({ queryKey: key });
      tellTabs(key);
    }
  }, [client, names]);
  const act = useCallback(
    async (work: () => Promise<unknown>, done?: string): Promise<boolean> => {
      setIsBusy(true);
      try {
        await work();
        if (done) notify({ kind: "done", text: done });
        refresh();
        return true;
      } catch (error) {
        notify({ kind: "problem", text: sentenceOfError(error) });
        if (error instanceof ApiError && error.status === 404) refresh();
        return false;
      } finally {
        setIsBusy(false);
      }
    },
    [refresh],
  );
  return { act, isBusy, refresh };
}

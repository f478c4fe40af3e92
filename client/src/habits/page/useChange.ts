import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sentenceOfError } from "../../shared/errors/sentences";
import { tellTabs } from "../../shared/query/tabs";
import { notify } from "../../shared/ui/notices";

/** Return a function that changes something on the server, and then has what is below `key` asked again. */
export function useChange(key: QueryKey) {
  const client = useQueryClient();
  const [isChanging, setIsChanging] = useState(false);
  /** Return whether it worked; else the reason is shown. */
  async function change(send: () => Promise<unknown>): Promise<boolean> {
    setIsChanging(true);
    try {
      await send();
      await client.invalidateQueries({ queryKey: key });
      tellTabs(key);
      return true;
    } catch (error) {
      notify({ kind: "problem", text: sentenceOfError(error) });
      return false;
    } finally {
      setIsChanging(false);
    }
  }
  return { change, isChanging };
}

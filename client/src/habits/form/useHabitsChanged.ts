import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { tellTabs } from "../../shared/query/tabs";

// What shows a habit: almost everything of the app.
const KEYS = [["habits"], ["days"], ["tracks"], ["track"], ["tags"], ["statistics"], ["summary"]];

/** Return a function to call after a habit was made or changed: what shows habits asks again. */
export function useHabitsChanged(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    for (const queryKey of KEYS) {
      void client.invalidateQueries({ queryKey });
      tellTabs(queryKey);
    }
  }, [client]);
}

import { useQueryClient } from "@tanstack/react-query";
import { answered, api } from "../api/client";
import type { Me, Schema } from "../api/types";
import { tellTabs } from "../query/tabs";
import { meQuery } from "./me";

/** Return a function that changes the given fields of the profile, and returns the profile. */
export function useEditMe(): (change: Partial<Schema<"ProfileEdit">>) => Promise<Me> {
  const client = useQueryClient();
  return async (change) => {
    // The schema names what a PUT needs; a PATCH takes any part of it.
    const me = await answered(api.PATCH("/users/me/", { body: change as Schema<"ProfileEdit"> }));
    client.setQueryData(meQuery.queryKey, me);
    tellTabs(meQuery.queryKey);
    return me;
  };
}

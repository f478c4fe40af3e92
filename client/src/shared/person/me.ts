// The signed-in person's profile.
import { queryOptions, useQuery, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { answered, api } from "../api/client";
import type { Me } from "../api/types";
import { usePerson } from "./usePerson";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => answered(api.GET("/users/me/")),
  staleTime: 5 * 60_000,
});

/** Return the profile; the screen waits for it. */
export function useMe(): Me {
  return useSuspenseQuery(meQuery).data;
}

/** Return the profile if it is known already. */
export function useKnownMe(): Me | undefined {
  return useQuery({ ...meQuery, enabled: usePerson() !== null }).data;
}

/** Return a function that keeps the profile as an answer says that it is now. */
export function useSetMe(): (me: Me) => void {
  const client = useQueryClient();
  return (me) => client.setQueryData(meQuery.queryKey, me);
}

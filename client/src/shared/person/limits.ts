// The product's numbers: lengths, ranges, counts.
import { queryOptions, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { answered, api } from "../api/client";
import type { Limits } from "../api/types";

export const limitsQuery = queryOptions({
  queryKey: ["limits"],
  queryFn: () => answered(api.GET("/limits/")),
  staleTime: 24 * 60 * 60_000,
});

export function useLimits(): Limits {
  return useSuspenseQuery(limitsQuery).data;
}

/** Return the numbers if they are known already. */
export function useKnownLimits(): Limits | undefined {
  return useQuery(limitsQuery).data;
}

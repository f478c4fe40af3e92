import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { usePages } from "../../shared/query/usePages";

/** What a rule changes. */
export const RULE_KEYS = [["events"], ["days"], ["track"], ["tracks"]];

export function useEventTypes() {
  return usePages(["events", "types"], (page) =>
    answered(api.GET("/events/types/", { params: { query: { page, page_size: 100 } } })),
  );
}

export function useRules() {
  return usePages(["events", "rules"], (page) =>
    answered(api.GET("/events/rules/", { params: { query: { page, page_size: 100 } } })),
  );
}

export function useRawEvents(type: number) {
  return usePages(["events", "raw", type], (page) =>
    answered(api.GET("/events/raw/", { params: { query: { page, event_type: type } } })),
  );
}

export const signedSourceQuery = queryOptions({
  queryKey: ["events", "open-wearables"],
  queryFn: () => answered(api.GET("/events/open-wearables/")),
  meta: { volatile: true },
});

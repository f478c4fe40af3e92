// Where messages reach the person.
import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../api/client";

export const channelsQuery = queryOptions({
  queryKey: ["channels"],
  queryFn: () => answered(api.GET("/channels/")),
  staleTime: 0,
});

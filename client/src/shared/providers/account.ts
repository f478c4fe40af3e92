// How one signs in and registers here, which anybody may read.
import { queryOptions } from "@tanstack/react-query";
import { get } from "../api/plain";

export const accountQuery = queryOptions({
  queryKey: ["account"],
  queryFn: async () => (await get("/limits/")).account,
  networkMode: "always", // the client counts as offline while nobody is signed in
  staleTime: 60_000,
  retry: false,
});

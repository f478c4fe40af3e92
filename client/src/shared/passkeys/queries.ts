// The passkeys by which the person can sign in.
import { queryOptions } from "@tanstack/react-query";
import { allPages } from "../api/allPages";
import { answered, api } from "../api/client";

export const passkeysQuery = queryOptions({
  queryKey: ["passkeys"],
  queryFn: () => allPages((page) => answered(api.GET("/passkeys/", { params: { query: { page } } }))),
  meta: { volatile: true },
});

// The other services by which the person can sign in.
import { queryOptions } from "@tanstack/react-query";
import { allPages } from "../api/allPages";
import { answered, api } from "../api/client";

export const identitiesQuery = queryOptions({
  queryKey: ["identities"],
  queryFn: () => allPages((page) => answered(api.GET("/identities/", { params: { query: { page } } }))),
  meta: { volatile: true },
});

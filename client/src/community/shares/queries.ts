import { queryOptions } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";
import { allPages } from "../../shared/query/pages";
import type { ShareLink } from "../types";

/** All share links of a person: there are at most a hundred. */
export const sharesQuery = queryOptions<ShareLink[]>({
  queryKey: ["shares"],
  queryFn: () =>
    allPages((page) => answered(api.GET("/shares/", { params: { query: { page, page_size: 100 } } }))),
});

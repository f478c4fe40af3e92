import { useInfiniteQuery } from "@tanstack/react-query";
import { answered, api } from "../../shared/api/client";

const SIZE = 20;

/** Return the news of a group, newest first, and how to read older ones. */
export function useNews(id: number) {
  const query = useInfiniteQuery({
    queryKey: ["groups", id, "news"],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/groups/{group_id}/feed/", {
          params: {
            path: { group_id: id },
            query: { page_size: SIZE, ...(pageParam ? { before: pageParam } : {}) },
          },
        }),
      ),
    staleTime: 0,
    initialPageParam: "",
    getNextPageParam: ({ next }) => positionIn(next),
  });
  return { ...query, data: query.data?.pages.flatMap((page) => page.results) };
}

/** Return where the next page begins, as the link to it says. */
export function positionIn(next: string | null): string | undefined {
  return next ? (new URL(next).searchParams.get("before") ?? undefined) : undefined;
}

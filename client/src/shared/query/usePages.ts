import { type QueryKey, type UseInfiniteQueryResult, useInfiniteQuery } from "@tanstack/react-query";

export type Page<Item> = { count: number; results: Item[] };
export type Pages<Item> = UseInfiniteQueryResult<Item[], Error>;

/** Return the query of a list that the API answers page by page; its data are the items of all pages loaded so far. */
export function usePages<Item>(
  key: QueryKey,
  load: (page: number) => Promise<Page<Item>>,
  enabled = true,
): Pages<Item> {
  return useInfiniteQuery({
    queryKey: [...key, "pages"],
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: 1,
    getNextPageParam: (last, all) =>
      all.reduce((sum, page) => sum + page.results.length, 0) < last.count ? all.length + 1 : undefined,
    select: ({ pages }) => pages.flatMap((page) => page.results),
    meta: { volatile: true },
    enabled,
  });
}

// Lists of the API that come in pages.
import { keepPreviousData, type QueryKey, useInfiniteQuery } from "@tanstack/react-query";

export interface Page<Item> {
  count: number;
  next?: string | null;
  results: Item[];
}

/** Return the pages read so far as one list, and how to read the next one. */
export function usePages<Item>(queryKey: QueryKey, read: (page: number) => Promise<Page<Item>>) {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: 1,
    getNextPageParam: (last, all) => (last.next ? all.length + 1 : undefined),
    staleTime: 0, // others change such lists
    placeholderData: keepPreviousData, // while another search is on its way
  });
  return { ...query, data: query.data?.pages.flatMap((page) => page.results) };
}

/** Read all pages of a list. */
export async function allPages<Item>(read: (page: number) => Promise<Page<Item>>): Promise<Item[]> {
  const items: Item[] = [];
  for (let page = 1; ; page += 1) {
    const { results, next } = await read(page);
    items.push(...results);
    if (!next) return items;
  }
}

/** Return the results of all pages of a list. `load` gets the number of a page, from 1. */
export async function allPages<Item>(
  load: (page: number) => Promise<{ next?: string | null; results: Item[] }>,
): Promise<Item[]> {
  const found: Item[] = [];
  for (let page = 1; ; page += 1) {
    const answer = await load(page);
    found.push(...answer.results);
    if (!answer.next) return found;
  }
}

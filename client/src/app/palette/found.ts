export interface Item {
  id: string;
  label: string;
  /** What is found by other words, and shown beside the label. */
  hint?: string;
  run: () => void;
}

export const MOST = 8; // shown at once: a list that scrolls would need the focus

/** Return the items that have all words of a text, those whose label begins with it first, then those whose label has it. */
export function found<Each extends Pick<Item, "label" | "hint">>(
  items: readonly Each[],
  text: string,
): Each[] {
  const words = fold(text).split(/\s+/).filter(Boolean);
  const start = words.join(" ");
  const rank = (label: string) => {
    const folded = fold(label);
    if (folded.startsWith(start)) return 0;
    if (folded.includes(` ${start}`)) return 1;
    return folded.includes(start) ? 2 : 3;
  };
  return items
    .filter(({ label, hint = "" }) => {
      const all = fold(`${label} ${hint}`);
      return words.every((word) => all.includes(word));
    })
    .map((item) => ({ item, rank: rank(item.label) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ item }) => item);
}

/** Return a text without case and accents; "ё" is found as "е". */
function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .toLowerCase();
}

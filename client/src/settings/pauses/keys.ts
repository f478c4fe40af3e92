/** What a pause changes. */
export const PAUSE_KEYS = [["pauses"], ["days"], ["track"], ["tracks"]];

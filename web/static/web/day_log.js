// The log of one day: a change of it, and what brings back what was there before.

/** Return what `api` can do with the logs of days. */
export function dayLogs(api) {
  /** Set the day to `said` (null: clear it). Return {logged, before}; `before` goes into `said` to undo the change. */
  async function write(track, day, said) {
    const answer = said ? await api.put(`tracks/${track}/logs/${day}/`, said) : await api.delete(`tracks/${track}/logs/${day}/`);
    return { logged: said ? answer : null, before: answer.before };
  }

  return { write };
}

// The log of one day: what it was before a change, and how to bring that back.

/** Return what `api` can do with the logs of days. */
export function dayLogs(api) {
  /** Return the log of a day, or null. */
  async function read(track, day) {
    try {
      return await api.get(`tracks/${track}/logs/${day}/`);
    } catch (error) {
      if (error.status === 404) return null;
      throw error;
    }
  }

  /** Set the day to `said` (null: clear it). Return {logged, before}; `before` goes into `said` to undo the change. */
  async function write(track, day, said, { isLogged }) {
    const before = isLogged ? contentOf(await read(track, day)) : null;
    const logged = said ? await api.put(`tracks/${track}/logs/${day}/`, said) : await api.delete(`tracks/${track}/logs/${day}/`);
    return { logged, before };
  }

  return { read, write };
}

/** Return the request body that brings a log back as it was: amount, note and time too. */
export function contentOf(log) {
  if (!log) return null;
  const { status, amount, note, completed_at } = log;
  return { status, amount, note, completed_at };
}

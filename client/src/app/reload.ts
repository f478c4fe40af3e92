const RELOADED_AT = "habits.reloaded";
const ONCE_IN = 60_000; // milliseconds

/**
 * After an upgrade the files of the build before are gone: load the page again, once. Drafts and queue are stored.
 * `next`: the address that is being opened, if one is.
 */
export function reloadWhenChunksAreGone(next: () => string | undefined): void {
  addEventListener("vite:preloadError", (event) => {
    if (!mayReload()) return; // the error is shown
    event.preventDefault();
    const address = next();
    if (address) location.assign(address);
    else location.reload();
  });
}

/** Return whether the page was not reloaded for this a moment ago, and remember that it is now. */
export function mayReload(now = Date.now()): boolean {
  const last = Number(sessionStorage.getItem(RELOADED_AT) ?? 0);
  if (now - last < ONCE_IN) return false;
  sessionStorage.setItem(RELOADED_AT, String(now));
  return true;
}

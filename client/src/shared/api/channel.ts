/** Return a channel between the tabs of this browser; null where there are none, or none are allowed. */
export function channelOf(name: string): BroadcastChannel | null {
  try {
    return new BroadcastChannel(name);
  } catch {
    return null;
  }
}

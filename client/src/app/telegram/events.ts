import { postEvent } from "@telegram-apps/bridge";

/** Tell Telegram something. An older version that does not know it goes on without. */
export const post: typeof postEvent = (...event: unknown[]) => {
  try {
    (postEvent as (...given: unknown[]) => void)(...event);
  } catch {
    // It is not there (yet): nothing depends on it.
  }
};

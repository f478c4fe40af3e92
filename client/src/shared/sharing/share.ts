// Giving a link to others: by the device's own share sheet where there is one, else by the clipboard.

export interface Shared {
  title: string;
  url: string;
}

export type ShareResult = "shared" | "copied" | "cancelled" | "failed";

export async function shareOrCopy({ title, url }: Shared): Promise<ShareResult> {
  if (navigator.share) {
    try {
      await navigator.share({ title, url });
      return "shared";
    } catch (error) {
      if ((error as Error).name === "AbortError") return "cancelled";
    }
  }
  return (await copy(url)) ? "copied" : "failed";
}

/** Put a text into the clipboard. Return whether the browser allowed it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

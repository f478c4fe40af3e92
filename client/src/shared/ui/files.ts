import { ApiError, clientError } from "../api/ApiError";

const KEPT_FOR = 60_000; // milliseconds that the browser has to begin

/** Return the file that was asked for with `parseAs: "blob"`. Throws ApiError, also if the connection ends in its middle. */
export async function fetchedFile(call: Promise<{ data?: unknown }>): Promise<Blob> {
  try {
    return (await call).data as Blob;
  } catch (error) {
    throw error instanceof ApiError ? error : clientError(0, "offline");
  }
}

/** Give a file to the browser, which saves it among the downloads. */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_FOR);
}

// Files to the API. `fetch` cannot say how much has been sent, and gives up after a while, so this is an XMLHttpRequest.
import { type ApiError, clientError, errorOfAnswer } from "./ApiError";
import { commonHeaders } from "./fetching";
import type { paths } from "./schema";
import { accessToken } from "./session";
import { ROOT } from "./site";

const SILENCE = 90_000; // milliseconds without a byte, or without an answer, after which it is given up

/** The addresses that take a form with a file, and what they answer. */
type Uploads = {
  [Path in keyof paths as paths[Path] extends {
    post: { requestBody: { content: { "multipart/form-data": unknown } } };
  }
    ? Path
    : never]: paths[Path] extends {
    post: { responses: { 201: { content: { "application/json": infer Answer } } } };
  }
    ? Answer
    : never;
};

interface Sending {
  /** Called with the share that has been sent, from 0 to 1. */
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

/** Send a file as the signed-in person, and return the answer. Takes as long as bytes move. Throws ApiError. */
export async function upload<Path extends keyof Uploads & string>(
  path: Path,
  file: File,
  sending: Sending,
): Promise<Uploads[Path]> {
  const access = await accessToken();
  try {
    return (await send(path, file, access, sending)) as Uploads[Path];
  } catch (error) {
    if ((error as ApiError).status !== 401) throw error;
    return (await send(path, file, await accessToken(access), sending)) as Uploads[Path];
  }
}

function send(path: string, file: File, access: string, { onProgress, signal }: Sending): Promise<unknown> {
  const request = new XMLHttpRequest();
  request.open("POST", `${ROOT}api${path}`);
  for (const [name, value] of Object.entries(commonHeaders())) request.setRequestHeader(name, value);
  request.setRequestHeader("Authorization", `Bearer ${access}`);
  const body = new FormData();
  body.append("file", file);
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout>;
    const giveUp = () => request.abort();
    const wait = () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, SILENCE);
    };
    const lost = () => reject(clientError(0, "offline"));
    request.upload.onprogress = ({ loaded, total }) => {
      wait();
      onProgress(total ? loaded / total : 0);
    };
    request.onload = () => {
      const { status, responseText } = request;
      const said = parsed(responseText);
      if (status >= 200 && status < 300 && said !== undefined) return resolve(said);
      const wait = request.getResponseHeader("Retry-After");
      const headers: HeadersInit = wait ? { "Retry-After": wait } : {};
      // An empty success is what a gateway says.
      reject(errorOfAnswer(new Response(null, { status: status < 400 ? 502 : status, headers }), said));
    };
    request.onerror = lost;
    request.onabort = lost;
    request.onloadend = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    };
    signal.addEventListener("abort", giveUp);
    wait();
    request.send(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

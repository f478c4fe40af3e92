import type { ErrorItem } from "./types";

/** A failed request: `status` (0: no answer came) and what the API says about it. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: ErrorItem[];
  /** Seconds to wait before trying again, if the server says so. */
  readonly retryAfter: number | null;

  constructor(status: number, errors: ErrorItem[], retryAfter: number | null = null) {
    super(errors.map((error) => error.detail ?? error.code).join(" "));
    this.name = "ApiError";
    this.status = status;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }

  has(code: string): boolean {
    return this.errors.some((error) => error.code === code);
  }

  /** Whether the request may work later as it is: there was no answer, the server failed, or it asks to wait. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** Return an error of the client itself. */
export function clientError(status: number, code: string): ApiError {
  return new ApiError(status, [{ code, detail: code, attr: null }]);
}

/** Return the error of an answer that is not a success. */
export function errorOfAnswer(answer: Response, body: unknown): ApiError {
  const given = (body as { errors?: unknown } | undefined)?.errors;
  const errors = Array.isArray(given) && given.length ? (given as ErrorItem[]) : null;
  const wait = Number(answer.headers.get("Retry-After") ?? "");
  return new ApiError(
    answer.status,
    errors ?? [
      { code: answer.status >= 500 ? "server_error" : "error", detail: answer.statusText, attr: null },
    ],
    Number.isFinite(wait) && wait > 0 ? wait : null,
  );
}

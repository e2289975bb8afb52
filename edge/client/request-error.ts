/** An error response, or no response. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** HTTP status; 0 when the server was unreachable. */
  readonly status: number;
  /**
   * A code of the API's error table, such as `session_not_found`; `network` when the server was unreachable.
   */
  readonly errorType: string;
  /** How to fix it, if the server says so. */
  readonly hint: string | undefined;
  /** Milliseconds after which a retry makes sense, from `Retry-After`. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    of: { status: number; errorType: string; hint?: string; retryAfterMs?: number; cause?: unknown },
  ) {
    super(message, { cause: of.cause });
    this.status = of.status;
    this.errorType = of.errorType;
    this.hint = of.hint;
    this.retryAfterMs = of.retryAfterMs;
  }

  /** Whether a retry may succeed: the server is unavailable, busy or overloaded. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503;
  }

  /** The error in an answer. */
  static async of(response: Response): Promise<RequestError> {
    const body = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    const openai = body.error as { message?: string; type?: string } | string | undefined;
    const message = typeof openai === "object" ? openai.message : openai;
    const type = body.errorType ?? (typeof openai === "object" ? openai.type : undefined);
    const after = retryAfterMs(response.headers.get("retry-after"));
    return new RequestError(message ?? `HTTP ${response.status}`, {
      status: response.status,
      errorType: typeof type === "string" ? type : `http_${response.status}`,
      ...(typeof body.hint === "string" && { hint: body.hint }),
      ...(after !== undefined && { retryAfterMs: after }),
    });
  }

  /** The error of a request without a response. */
  static unreachable(cause: unknown): RequestError {
    const message = "The server can't be reached";
    return new RequestError(message, { status: 0, errorType: "network", cause });
  }
}

/** `Retry-After` in its two forms, as milliseconds from now (RFC 9110, section 10.2.3). */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const ms = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

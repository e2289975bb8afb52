import { APIConnectionError, APIConnectionTimeoutError, APIError } from "openai";
import { ParleyError } from "../../schemas/errors.ts";

/** Properties of a {@link ProviderError}. */
export interface ProviderErrorOptions {
  /** Whether an immediate retry may succeed. */
  retryable?: boolean;
  /** Retry delay requested by the provider, ms. */
  retryAfterMs?: number | undefined;
  /** Whether the request itself was rejected, so that a changed one may be accepted. */
  refused?: boolean;
  /** HTTP status of the provider's response. */
  status?: number | undefined;
  /** Whether the prompt exceeds the model's context. */
  contextLength?: boolean;
  /** The provider's error text, only for matching; never shown or logged. */
  detail?: string;
  cause?: unknown;
}

/** A failed model call, with a short reason for users that contains no keys, addresses or provider text. */
export class ProviderError extends Error {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly refused: boolean;
  readonly status: number | undefined;
  readonly contextLength: boolean;
  readonly #detail: string;

  constructor(reason: string, options: ProviderErrorOptions = {}) {
    super(reason, { cause: options.cause });
    this.name = "ProviderError";
    this.retryable = options.retryable ?? false;
    this.retryAfterMs = options.retryAfterMs;
    this.refused = options.refused ?? false;
    this.status = options.status;
    this.contextLength = options.contextLength ?? false;
    this.#detail = options.detail ?? "";
  }

  /** Whether the provider's error text, in lower case, matches. */
  says(pattern: RegExp): boolean {
    return pattern.test(this.#detail);
  }
}

/** Converts an error of the `openai` package (embeddings, speech, model lists). */
export function toProviderError(err: unknown): ProviderError {
  if (err instanceof ProviderError) return err;
  // The body limit throws inside fetch, which wraps the error.
  if (err instanceof Error && err.cause instanceof ProviderError) return err.cause;
  if (err instanceof APIConnectionTimeoutError) return new ProviderError("连接上游超时", { cause: err });
  if (err instanceof APIConnectionError)
    return new ProviderError("无法连接上游", { retryable: true, cause: err });
  if (!(err instanceof APIError)) return new ProviderError("上游回复中断或无效", { cause: err });
  const status = err.status as number | undefined;
  if (status === undefined) return new ProviderError("上游返回错误", { cause: err });
  const seconds = Number.parseInt(err.headers?.get("retry-after") ?? "", 10);
  const retryAfterMs = Number.isNaN(seconds) ? undefined : seconds * 1000;
  if (status === 429)
    return new ProviderError("上游限流 (429)", { retryable: true, retryAfterMs, cause: err });
  if (status >= 500)
    return new ProviderError(`上游错误 (${status})`, { retryable: true, retryAfterMs, cause: err });
  if (status === 401 || status === 403)
    return new ProviderError(`上游拒绝了密钥 (${status})`, { cause: err });
  return new ProviderError(`上游拒绝了请求 (${status})`, { refused: true, cause: err });
}

/** The error returned to clients when no model answers. */
export function llmUnavailable(reason: string, cause?: unknown): ParleyError {
  return new ParleyError("llm_unavailable", { error: `AI 服务暂不可用: ${reason}`, cause });
}

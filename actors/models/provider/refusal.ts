import { ParleyError } from "../../../schemas/errors.ts";
import { providerErrorSchema } from "../../../schemas/wire/provider-chunk.ts";
import { ProviderError } from "../provider-error.ts";

const detailChars = 4_000;
const deepest = 6;
const contextWords =
  /context_?(length|window)|(maximum|max) (context|input|sequence|prompt)|context (length|window|size)|too many (input )?tokens|(prompt|input|request|messages?) (is|are|was) too (long|large)|exceeds?[^.]{0,40}(token|context)|reduce the length|上下文|超长/;

/**
 * Classifies a provider's error. `status` is that of the HTTP response; undefined for an error inside a
 * stream, whose body may contain a status.
 */
export function refusalOf(
  status: number | undefined,
  body: unknown,
  retryAfterMs?: number | undefined,
): ProviderError {
  const detail = textsOf(body).join("\n").slice(0, detailChars).toLowerCase();
  const code = status ?? statusIn(body);
  const base = { status: code, detail, retryAfterMs };
  const isRequest = code === undefined || code === 400 || code === 413 || code === 422;
  if (isRequest && contextWords.test(detail))
    return new ProviderError("对话超出模型的上下文长度", { ...base, contextLength: true, refused: true });
  if (code === undefined) return new ProviderError("上游返回错误", base);
  if (code === 429) return new ProviderError("上游限流 (429)", { ...base, retryable: true });
  if (code >= 500) return new ProviderError(`上游错误 (${code})`, { ...base, retryable: true });
  if (code === 408) return new ProviderError(`上游错误 (${code})`, { ...base, retryable: true });
  if (code === 401 || code === 403) return new ProviderError(`上游拒绝了密钥 (${code})`, base);
  return new ProviderError(`上游拒绝了请求 (${code})`, { ...base, refused: true });
}

/** Retry delay of a response in ms: `retry-after-ms`, or `Retry-After` in seconds or as a date. */
export function retryAfterOf(headers: { get(name: string): string | null }): number | undefined {
  const ms = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (ms >= 0) return ms;
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = Number(text);
  if (seconds >= 0) return seconds * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

/** All strings of an error body: message, code, param, the `loc` of a validation error. */
function textsOf(value: unknown, depth = 0): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "number") return [String(value)];
  if (depth > deepest || typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return [value.flatMap((one) => textsOf(one, depth + 1)).join(" ")];
  return Object.entries(value)
    .filter(([name]) => name !== "input")
    .flatMap(([, one]) => textsOf(one, depth + 1));
}

function statusIn(body: unknown): number | undefined {
  const outer = providerErrorSchema.safeParse(body).data;
  const inner = providerErrorSchema.safeParse(outer?.error).data;
  for (const one of [inner?.code, inner?.status, outer?.code, outer?.status]) {
    const status = Number(one);
    if (Number.isInteger(status) && status >= 400 && status < 600) return status;
  }
  const words = textsOf([inner?.type, inner?.code]).join(" ");
  return /rate_limit|too_many_requests|resource_exhausted/i.test(words) ? 429 : undefined;
}

/** The error that `/v1` returns for a failed model; errors that a client can act on keep their meaning. */
export function clientErrorOf(error: ParleyError): ParleyError {
  const { cause } = error;
  if (!(cause instanceof ProviderError)) return error;
  // Parley has already retried, or a retry can't help.
  const headers = { "x-should-retry": "false" };
  const options = { error: error.message, headers, cause };
  if (cause.contextLength) return new ParleyError("context_length_exceeded", options);
  if (cause.status !== 429) return new ParleyError("llm_unavailable", options);
  const retryAfter = Math.max(1, Math.ceil((cause.retryAfterMs ?? 1_000) / 1_000));
  return new ParleyError("rate_limited", { ...options, retryAfter });
}

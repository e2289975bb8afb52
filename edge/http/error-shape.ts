import { z } from "zod";
import { type ErrorBody, fromZodError, ParleyError } from "../../schemas/errors.ts";
import type { OpenAIError } from "../../schemas/wire/openai.ts";

/** Shape of a route's errors: Parley's uniform body, or OpenAI's error object. */
export type ErrorShape = "uniform" | "openai";

/** Maps an exception to the client's error; unexpected ones become `internal_error`. */
export function toParleyError(cause: unknown): ParleyError {
  if (cause instanceof ParleyError) return cause;
  if (cause instanceof z.ZodError) return fromZodError(cause);
  return new ParleyError("internal_error", { cause });
}

/** An error's body in the shape of its route. */
export function errorBody(error: ParleyError, shape: ErrorShape): ErrorBody | OpenAIError {
  return shape === "uniform" ? error.body : openaiError(error);
}

/** OpenAI's error object. `code` is Parley's, except where OpenAI's clients expect another. */
export function openaiError(error: ParleyError): OpenAIError {
  const field = error.cause instanceof z.ZodError ? error.cause.issues[0]?.path.join(".") : undefined;
  return openaiErrorOf(error.errorType, error.status, error.message, field || null);
}

/** Builds OpenAI's error object from its parts, for errors that an actor sends as text. */
export function openaiErrorOf(
  code: string | undefined,
  status: number,
  message: string,
  param: string | null = null,
): OpenAIError {
  const renamed: Record<string, string> = {
    unauthorized: "invalid_api_key",
    invalid_token: "invalid_api_key",
    rate_limited: "rate_limit_exceeded",
    quota_exceeded: "insufficient_quota",
  };
  return {
    error: { message, type: errorKind(status), param, code: (code && renamed[code]) ?? code ?? null },
  };
}

function errorKind(status: number): string {
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}

import { Agent, fetch, type Response } from "undici";
import type { Limits } from "../../../schemas/limits.ts";
import { ProviderError } from "../provider-error.ts";
import type { Watchdog } from "../watchdog.ts";
import { refusalOf, retryAfterOf } from "./refusal.ts";

/** An OpenAI-compatible endpoint; `apiKey` unset = none is sent. Unset timeouts default to the limits. */
export interface Provider {
  baseUrl: string;
  apiKey?: string | undefined;
  connectMs?: number | undefined;
  firstTokenMs?: number | undefined;
  idleMs?: number | undefined;
}

/** Timeouts of a call, ms. */
export interface ProviderTimes {
  connectMs: number;
  firstTokenMs: number;
  idleMs: number;
}

const errorBytes = 64 * 1024;
/** Codes of Node.js and undici for a connection that timed out. */
const timedOut = new Set(["UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT"]);

// One pool per connect timeout. undici's own header and body timeouts are disabled: the watchdog enforces
// ours.
const agents = new Map<number, Agent>();

/** The timeouts of a provider, with the installation's defaults. */
export function timesOf(provider: Provider, limits: Limits): ProviderTimes {
  return {
    connectMs: provider.connectMs ?? limits.providerConnectMs,
    firstTokenMs: provider.firstTokenMs ?? limits.providerFirstTokenMs,
    idleMs: provider.idleMs ?? limits.providerIdleMs,
  };
}

/**
 * Posts a chat completion request and returns the body of a successful response.
 * @throws ProviderError for a rejected request or a failed connection, the watchdog's reason when it aborts
 * the call
 */
export async function postCompletion(
  provider: Provider,
  connectMs: number,
  body: object,
  watchdog: Watchdog,
): Promise<AsyncIterable<Uint8Array>> {
  const response = await post(provider, connectMs, JSON.stringify(body), watchdog);
  watchdog.alive();
  if (!response.ok) throw refusalOf(response.status, await errorOf(response), retryAfterOf(response.headers));
  return bytesOf(response);
}

async function post(
  { baseUrl, apiKey }: Provider,
  connectMs: number,
  body: string,
  watchdog: Watchdog,
): Promise<Response> {
  const headers = {
    "content-type": "application/json",
    accept: "text/event-stream, application/json",
    "user-agent": "parley",
    ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
  };
  try {
    return await fetch(`${baseUrl.replace(/\/+$/, "")}/chat/completions`, {
      method: "POST",
      headers,
      body,
      signal: watchdog.signal,
      dispatcher: agentOf(connectMs),
    });
  } catch (err) {
    if (watchdog.signal.aborted) throw watchdog.signal.reason;
    throw connectionError(err);
  }
}

async function* bytesOf({ body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  try {
    for await (const bytes of body) yield bytes as Uint8Array;
  } catch (err) {
    throw err instanceof ProviderError ? err : new ProviderError("上游回复中断", { cause: err });
  }
}

/** Reads the beginning of an error response, parsed as JSON if possible. */
async function errorOf(response: Response): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const part of response.body ?? []) {
      parts.push(part as Uint8Array);
      bytes += (part as Uint8Array).length;
      if (bytes > errorBytes) break;
    }
  } catch {
    // The part received is enough: the status is known.
  }
  const text = Buffer.concat(parts).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function connectionError(cause: unknown): ProviderError {
  const inner = cause instanceof Error ? (cause.cause as { code?: unknown } | undefined) : undefined;
  if (typeof inner?.code === "string" && timedOut.has(inner.code))
    return new ProviderError("连接上游超时", { cause });
  return new ProviderError("无法连接上游", { retryable: true, cause });
}

function agentOf(connectMs: number): Agent {
  const existing = agents.get(connectMs);
  if (existing !== undefined) return existing;
  const agent = new Agent({ connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0 });
  agents.set(connectMs, agent);
  return agent;
}

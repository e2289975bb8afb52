import { Agent, fetch, type Response } from "undici";
import type { Limits } from "../../../schemas/limits.ts";
import { ProviderError } from "../provider-error.ts";
import type { Watchdog } from "../watchdog.ts";
import { refusalOf, retryAfterOf } from "./refusal.ts";

/** An OpenAI-compatible endpoint; `apiKey` unset = none is sent. Times that are unset are those of the limits. */
export interface Provider {
  baseUrl: string;
  apiKey?: string | undefined;
  connectMs?: number | undefined;
  firstTokenMs?: number | undefined;
  idleMs?: number | undefined;
}

/** The provider's limits for a call, ms. */
export interface ProviderTimes {
  connectMs: number;
  firstTokenMs: number;
  idleMs: number;
}

const errorBytes = 64 * 1024;
/** What Node and undici say where no connection came about, or it was lost before an answer. */
const timedOut = new Set(["UND_ERR_CONNECT_TIMEOUT", "ETIMEDOUT"]);

// One pool of connections for each connect time. The package's own limits for headers and body are off: the watchdog's hold.
const agents = new Map<number, Agent>();

/** The limits of a provider: its own, else those of the installation. */
export function timesOf(provider: Provider, limits: Limits): ProviderTimes {
  return {
    connectMs: provider.connectMs ?? limits.providerConnectMs,
    firstTokenMs: provider.firstTokenMs ?? limits.providerFirstTokenMs,
    idleMs: provider.idleMs ?? limits.providerIdleMs,
  };
}

/**
 * Posts a request for a chat completion and answers the body of a successful one.
 * @throws ProviderError for a refusal or when there is no connection, the watchdog's reason when it ends the call
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

/** The body of a refusal, as JSON where it is some; only its beginning. */
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
    // What came is enough: the status is known.
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
  const known = agents.get(connectMs);
  if (known !== undefined) return known;
  const agent = new Agent({ connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0 });
  agents.set(connectMs, agent);
  return agent;
}

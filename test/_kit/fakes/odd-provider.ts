import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import type { ChatMessage } from "../../../schemas/wire/openai.ts";
import { chunk, stop } from "./odd-reply.ts";

/** A chat request received by a provider. */
export interface OddRequest {
  [field: string]: unknown;
  model: string;
  messages: ChatMessage[];
}

/** A provider whose responses a test defines. */
export interface OddProvider {
  /** Base URL of its API. */
  url: string;
  requests: OddRequest[];
}

/** Starts it. `answer` receives each request with its number from 1; an exception aborts the response. */
export async function startOddProvider(
  t: Pick<ExecutionContext, "teardown">,
  answer: (request: OddRequest, response: ServerResponse, nth: number) => unknown,
): Promise<OddProvider> {
  const requests: OddRequest[] = [];
  const server = createServer(async (message, response) => {
    if (message.method !== "POST") return response.writeHead(404).end();
    const request = (await json(message)) as OddRequest;
    requests.push(request);
    return answer(request, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, requests };
}

/** Responds with values as a stream; `[DONE]` is the end mark. */
export function stream(response: ServerResponse, ...values: unknown[]): void {
  if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
  for (const value of values)
    response.write(`data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`);
  response.end();
}

/** Delays a provider's response, ms. */
export const takeTime = (ms: number): Promise<void> => delay(ms);

/** Responds with a text. */
export function say(response: ServerResponse, content: string): void {
  stream(response, chunk({ content }), stop, "[DONE]");
}

/** Responds with an error status and message. */
export function refuse(response: ServerResponse, status: number, error: unknown, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(typeof error === "string" ? { error: { message: error } } : error));
}

import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { splitEvenly } from "../../../actors/models/ena-test.ts";
import { ownWordsOf } from "../../../actors/text/fence.ts";
import { contextDigest } from "../judge/context-digest.ts";
import { cannedReplies } from "./canned-replies.ts";

/** The relevant part of a request to the scripted upstream. */
export interface UpstreamRequest {
  model: string;
  messages: { role: string; content: string }[];
}

/** How a call is answered: a name in {@link scripts} and two numbers (`<name>:<count>x<ms>`). */
export interface Behaviour {
  name: keyof typeof scripts;
  count: number;
  ms: number;
}

/** A response in progress. */
export interface Exchange {
  response: ServerResponse;
  request: UpstreamRequest;
  behaviour: Behaviour;
  /** Number of the call for this model and behaviour, from 1. */
  nth: number;
  signal: AbortSignal;
}

const usage = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
const pattern = /^([a-z0-9-]+)(?::(\d+)x(\d+))?$/;
const mebibyte = 1024 * 1024;

/** The behaviours, by name. Those with text repeat the last user message in `count` chunks, `ms` apart. */
export const scripts = {
  slow: (exchange: Exchange) => speak(exchange, lastUser(exchange.request)),
  /** Replies with a canned answer, or repeats the message. */
  told: (exchange: Exchange) => {
    const asked = lastUser(exchange.request);
    return speak(exchange, cannedReplies[asked.trim()] ?? asked);
  },
  context: (exchange: Exchange) =>
    speak(exchange, `${contextDigest(exchange.request.messages)} ${lastUser(exchange.request)}`),
  /** Replies with the kinds of the last message's parts. */
  parts: (exchange: Exchange) => {
    const content: unknown = exchange.request.messages.at(-1)?.content;
    const kinds = Array.isArray(content)
      ? content.map((part: { type: string; text?: string; image_url?: { url: string } }) => {
          return part.text ?? part.image_url?.url.slice(0, 40) ?? part.type;
        })
      : [String(content)];
    return speak(exchange, kinds.join(" | "));
  },
  /** Reasoning under both names first. */
  reason: async (exchange: Exchange) => {
    open(exchange);
    send(exchange, { reasoning_content: "let me " });
    send(exchange, { reasoning: "think" });
    await speak(exchange, lastUser(exchange.request));
  },
  tools: async (exchange: Exchange) => {
    open(exchange);
    const call = { index: 0, id: "call_1", type: "function", function: { name: "lookup", arguments: "" } };
    send(exchange, { tool_calls: [call] });
    for (const piece of ['{"city":', '"Köln"}'])
      send(exchange, { tool_calls: [{ index: 0, function: { arguments: piece } }] });
    close(exchange, "tool_calls");
  },
  /** Calls the tool named in the user's message (`name {…}`), and repeats its result. */
  call: async (exchange: Exchange) => {
    const last = exchange.request.messages.at(-1);
    if (last?.role === "tool") return speak(exchange, String(last.content));
    const text = lastUser(exchange.request);
    const space = text.indexOf(" ");
    open(exchange);
    const called = { name: text.slice(0, space), arguments: text.slice(space + 1) };
    send(exchange, { tool_calls: [{ index: 0, id: "call_1", type: "function", function: called }] });
    close(exchange, "tool_calls");
  },
  /** Tool calls as some providers send them: no index, no type, the wrong finish reason. */
  "sloppy-tools": async (exchange: Exchange) => {
    open(exchange);
    send(exchange, { tool_calls: [{ id: "call_1", function: { name: "lookup", arguments: "{}" } }] });
    close(exchange, "stop");
  },
  /** No usage, no [DONE]. */
  "no-usage": async (exchange: Exchange) => {
    open(exchange);
    send(exchange, { content: lastUser(exchange.request) });
    send(exchange, {}, "stop");
    exchange.response.end();
  },
  /** The last chunk was sent, but the connection stays open. */
  "no-end": async (exchange: Exchange) => {
    open(exchange);
    send(exchange, { content: lastUser(exchange.request) });
    send(exchange, {}, "stop");
  },
  /** Never responds. */
  hang: async () => {},
  /** Headers and a role, then endless comments without a token. */
  drip: async (exchange: Exchange) => {
    open(exchange);
    for (;;) {
      exchange.response.write(": still here\n\n");
      await delay(20, undefined, { signal: exchange.signal });
    }
  },
  /** Stops after `count` chunks without an end. */
  "hang-mid": async (exchange: Exchange) => {
    open(exchange);
    for (const piece of splitEvenly("half a sentence", exchange.behaviour.count))
      send(exchange, { content: piece });
  },
  /** Ends after `count` chunks without finish reason. */
  cut: async (exchange: Exchange) => {
    open(exchange);
    for (const piece of splitEvenly("half a sentence", exchange.behaviour.count))
      send(exchange, { content: piece });
    exchange.response.end();
  },
  /** The same, and the connection is reset. */
  reset: async (exchange: Exchange) => {
    open(exchange);
    send(exchange, { content: "half" });
    await delay(exchange.behaviour.ms, undefined, { signal: exchange.signal });
    exchange.response.destroy();
  },
  /** An error object within the stream. */
  "error-mid": async (exchange: Exchange) => {
    open(exchange);
    send(exchange, { content: "half" });
    exchange.response.end('data: {"error":{"message":"sk-secret overloaded","type":"server_error"}}\n\n');
  },
  "400": (exchange: Exchange) => refuse(exchange, 400),
  "401": (exchange: Exchange) => refuse(exchange, 401),
  "429": (exchange: Exchange) => refuse(exchange, 429),
  "500": (exchange: Exchange) => refuse(exchange, 500),
  /** The first `count` calls fail with 500, later ones succeed. */
  flaky: (exchange: Exchange) =>
    exchange.nth <= exchange.behaviour.count
      ? refuse(exchange, 500)
      : speak({ ...exchange, behaviour: { name: "slow", count: 1, ms: 0 } }, lastUser(exchange.request)),
  /** `count` MiB of text. */
  huge: async (exchange: Exchange) => {
    open(exchange);
    for (let sent = 0; sent < exchange.behaviour.count * 16 && !exchange.signal.aborted; sent++) {
      send(exchange, { content: "x".repeat(mebibyte / 16) });
      await delay(1, undefined, { signal: exchange.signal });
    }
    close(exchange, "stop");
  },
  /** One endless line. */
  "endless-line": async (exchange: Exchange) => {
    open(exchange);
    exchange.response.write("data: ");
    for (;;) {
      exchange.response.write("x".repeat(mebibyte / 16));
      await delay(1, undefined, { signal: exchange.signal });
    }
  },
  /** An empty reply. */
  blank: async (exchange: Exchange) => {
    open(exchange);
    send(exchange, { content: " \n" });
    close(exchange, "stop");
  },
  html: async ({ response }: Exchange) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<html>not a model</html>");
  },
  garbage: async (exchange: Exchange) => {
    open(exchange);
    exchange.response.end("data: {not json\n\n");
  },
} as const;

/** The behaviour requested by a model name or text; undefined when none. */
export function parseBehaviour(text: string): Behaviour | undefined {
  const match = pattern.exec(text);
  const name = match?.[1] as keyof typeof scripts | undefined;
  if (match === null || name === undefined || !Object.hasOwn(scripts, name)) return undefined;
  return { name, count: Number(match[2] ?? 1), ms: Number(match[3] ?? 0) };
}

/** Text of the last user message; a prefix `@<behaviour>` selects it for any model. */
export function lastUser({ messages }: UpstreamRequest): string {
  const content: unknown = messages.findLast(({ role }) => role === "user")?.content ?? "";
  if (!Array.isArray(content)) return ownWordsOf(String(content));
  return ownWordsOf(content.map((part: { text?: string }) => part.text ?? "").join(""));
}

async function speak(exchange: Exchange, text: string): Promise<void> {
  const { count, ms } = exchange.behaviour;
  open(exchange);
  for (const [index, piece] of splitEvenly(text === "" ? "-" : text, count).entries()) {
    if (index > 0 && ms > 0) await delay(ms, undefined, { signal: exchange.signal });
    send(exchange, { content: piece });
  }
  close(exchange, "stop");
}

function open(exchange: Exchange): void {
  const { response } = exchange;
  if (response.headersSent) return;
  response.writeHead(200, { "content-type": "text/event-stream" });
  send(exchange, { role: "assistant", content: "" });
}

function send(exchange: Exchange, delta: object, finish: string | null = null): void {
  write(exchange, { choices: [{ index: 0, delta, finish_reason: finish }] });
}

function close(exchange: Exchange, finish: string): void {
  send(exchange, {}, finish);
  write(exchange, { choices: [], usage });
  exchange.response.end("data: [DONE]\n\n");
}

function write({ response, request }: Exchange, part: object): void {
  const chunk = { id: "up", object: "chat.completion.chunk", created: 1, model: request.model, ...part };
  response.write(`data: ${JSON.stringify(chunk)}\n\n`);
}

async function refuse({ response }: Exchange, status: number): Promise<void> {
  response.writeHead(status, { "content-type": "application/json" }).end(
    JSON.stringify({
      error: { message: "refused, key sk-secret", type: "upstream", code: null, param: null },
    }),
  );
}

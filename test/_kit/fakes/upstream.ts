import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { type AudioAnswer, spoken, transcribed } from "./upstream-audio.ts";
import {
  type Behaviour,
  type Exchange,
  lastUser,
  parseBehaviour,
  scripts,
  type UpstreamRequest,
} from "./upstream-script.ts";

// A scripted OpenAI-compatible provider as a process of its own: `node dist/test/_kit/fakes/upstream.js --port 0`.
// The behaviour is selected by the model's name, or by a last user text that starts with `@<behaviour> `.
// Each call, end and abort is one JSON line on stdout, and the calls are listed by GET /calls.

/** One call in `GET /calls`; times are Unix ms. `aborted`: when the client disconnected before the end. */
export interface UpstreamCall {
  call: number;
  model: string;
  behaviour: string;
  text: string;
  authorization: string | undefined;
  at: number;
  ended?: number;
  aborted?: number;
}

const keptCalls = 10_000;
const calls: UpstreamCall[] = [];
const counts = new Map<string, number>();
let lastCall = 0;

function log(fields: object): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}

function behaviourOf(request: UpstreamRequest): Behaviour {
  const asked = /^@(\S+)/.exec(lastUser(request))?.[1] ?? request.model;
  return parseBehaviour(asked) ?? { name: "slow", count: 1, ms: 0 };
}

async function complete(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const request = JSON.parse(await read(message)) as UpstreamRequest;
  const behaviour = behaviourOf(request);
  const key = `${request.model} ${behaviour.name}`;
  const nth = (counts.get(key) ?? 0) + 1;
  counts.set(key, nth);
  const call: UpstreamCall = {
    call: ++lastCall,
    model: request.model,
    behaviour: behaviour.name,
    text: lastUser(request),
    authorization: message.headers.authorization,
    at: Date.now(),
  };
  calls.push(call);
  if (calls.length > keptCalls) calls.shift();
  log({ msg: "call", ...call });
  const gone = new AbortController();
  response.on("close", () => {
    const now = Date.now();
    if (response.writableFinished || behaviour.name === "reset") call.ended = now;
    else call.aborted = now;
    log({
      msg: call.aborted === undefined ? "end" : "aborted",
      call: call.call,
      at: now,
      model: request.model,
    });
    gone.abort();
  });
  const exchange: Exchange = { response, request, behaviour, nth, signal: gone.signal };
  await scripts[behaviour.name](exchange).catch((error: unknown) => {
    if (!gone.signal.aborted) throw error;
  });
}

/** Transcribes or synthesises; texts to synthesise are listed among the calls. */
async function audio(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bytesOf(message);
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const call = { call: ++lastCall, authorization: message.headers.authorization, at: Date.now() };
  if (message.url?.endsWith("/transcriptions")) {
    const type = message.headers["content-type"] ?? "";
    calls.push({ ...call, model: "", behaviour: "hear", text: "" });
    return sendAudio(response, await transcribed(body, type, gone.signal));
  }
  const request = JSON.parse(body.toString()) as { model: string; input: string };
  calls.push({ ...call, model: request.model, behaviour: "speech", text: request.input });
  sendAudio(response, await spoken(request, gone.signal));
}

function sendAudio(response: ServerResponse, answered: AudioAnswer): void {
  if ("status" in answered) response.writeHead(answered.status).end();
  else response.writeHead(200, { "content-type": answered.type }).end(answered.body);
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function read(message: IncomingMessage): Promise<string> {
  return (await bytesOf(message)).toString();
}

function answer(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const server = createServer((message, response) => {
  const route = `${message.method} ${message.url}`;
  if (route === "POST /v1/chat/completions") {
    complete(message, response).catch((error: unknown) => {
      log({ msg: "failed", error: String(error) });
      response.destroy();
    });
  } else if (route === "POST /v1/audio/transcriptions" || route === "POST /v1/audio/speech") {
    audio(message, response).catch(() => response.destroy());
  } else if (route === "GET /v1/models") {
    const data = Object.keys(scripts).map((id) => ({
      id,
      object: "model",
      created: 1,
      owned_by: "upstream",
    }));
    answer(response, { object: "list", data });
  } else if (route === "GET /calls") {
    answer(response, calls);
  } else {
    response.writeHead(404).end();
  }
});
const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
server.listen(Number(values.port), "127.0.0.1", () =>
  log({ msg: "ready", role: "upstream", port: (server.address() as AddressInfo).port }),
);
// Exits with the test: its end of the pipe closes.
process.stdout.on("error", () => process.exit(0));

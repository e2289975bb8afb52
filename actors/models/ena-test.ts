import { setTimeout as delay, setImmediate as nextTick } from "node:timers/promises";
import { ownWordsOf } from "../text/fence.ts";
import type { ModelCall, ModelDelta, ModelDriver } from "./model.ts";
import { estimateTokens, promptTokens, textOf, usageOf } from "./tokens.ts";

/**
 * Name of the built-in deterministic model; `ena-test:<n>x<ms>` sets the number of chunks and their interval.
 */
export const enaTestName = "ena-test";

const shaped = /^ena-test:(\d{1,5})x(\d{1,5})$/;
const maxChunks = 10_000;
const maxDelayMs = 60_000;
const shortestChunk = 4;
const longestChunk = 12;
// Chunks sent without delay before yielding to the event loop, so that aborts are noticed.
const chunksPerTick = 64;

/** Chunks requested by a model name: their number and interval in ms; unset = one per word without delay. */
export interface ChunkPlan {
  count?: number;
  delayMs: number;
}

/** Parses the plan in a model name; undefined for other models. */
export function parseEnaTest(model: string): ChunkPlan | undefined {
  if (model === enaTestName) return { delayMs: 0 };
  const match = shaped.exec(model);
  if (match === null) return undefined;
  const [count, delayMs] = [Number(match[1]), Number(match[2])];
  return count >= 1 && count <= maxChunks && delayMs <= maxDelayMs ? { count, delayMs } : undefined;
}

/**
 * Splits a text into word-like pieces of 4 to 12 characters (the last may be shorter) without splitting
 * characters.
 */
export function splitWords(text: string): string[] {
  const chunks: string[] = [];
  let start = 0;
  let characters = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) as number;
    at += code > 0xffff ? 2 : 1;
    characters += 1;
    const wordEnds = characters >= shortestChunk && (code === 0x20 || code === 0x0a);
    if (!wordEnds && characters < longestChunk) continue;
    chunks.push(text.slice(start, at));
    start = at;
    characters = 0;
  }
  if (start < text.length) chunks.push(text.slice(start));
  return chunks;
}

/** Splits a text into exactly `count` non-empty pieces; a text with too few characters is repeated. */
export function splitEvenly(text: string, count: number): string[] {
  let characters = Array.from(text);
  if (characters.length < count) {
    const repeats = Math.ceil(count / (text.length + 1)) * 2;
    characters = Array.from(`${text} `.repeat(repeats)).slice(0, count);
  }
  const at = (index: number) => Math.floor((index * characters.length) / count);
  return Array.from({ length: count }, (_, index) => characters.slice(at(index), at(index + 1)).join(""));
}

async function* answer(call: ModelCall, model: string, plan: ChunkPlan): AsyncGenerator<ModelDelta> {
  const { signal, messages } = call;
  signal.throwIfAborted();
  yield { kind: "start", model };
  const question = messages.findLast((message) => message.role === "user");
  const whole = `${enaTestName}: ${question === undefined ? "" : ownWordsOf(textOf(question))}`;
  const text = plan.count === undefined ? beforeStop(whole, call.params.stop) : whole;
  const chunks = plan.count === undefined ? splitWords(text) : splitEvenly(text, plan.count);
  for (const [index, chunk] of chunks.entries()) {
    if (plan.delayMs > 0 && index > 0) await pause(plan.delayMs, signal);
    else if (index % chunksPerTick === chunksPerTick - 1) await nextTick();
    signal.throwIfAborted();
    yield { kind: "content", text: chunk };
  }
  const prompt = promptTokens(messages);
  const completion = estimateTokens(chunks.join(""));
  yield { kind: "end", finish_reason: "stop", usage: usageOf(prompt, completion) };
}

/** Cuts a text at the first stop sequence. */
function beforeStop(text: string, stop: string | string[] | null | undefined): string {
  const ends = [stop ?? []].flat().map((one) => (one === "" ? -1 : text.indexOf(one)));
  return text.slice(0, Math.min(text.length, ...ends.filter((end) => end >= 0)));
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (err) {
    // Rethrow the reason of the abort instead of the timer's AbortError.
    throw signal.aborted ? signal.reason : err;
  }
}

/** Model that repeats the last user message as `ena-test: <text>`: deterministic, without network. */
export function createEnaTest(model: string, plan: ChunkPlan): ModelDriver {
  return { stream: (call) => answer(call, model, plan) };
}

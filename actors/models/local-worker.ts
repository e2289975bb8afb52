import { pathToFileURL } from "node:url";
import type { LocalModelFiles } from "./local-files.ts";

// Runs in a separate process: inference occupies a core, and a crash of native code must not end the actor
// process.

/** Request from the parent. `generate` is answered by `text`* and then `end` or `error` with the same id. */
export type LocalRequest =
  | { kind: "load"; files: LocalModelFiles; contextTokens: number }
  | { kind: "generate"; id: number; turns: LocalTurn[]; options: LocalOptions }
  | { kind: "abort"; id: number };

/** One message of the prompt, in the format of the chat template. */
export interface LocalTurn {
  role: "system" | "user" | "model";
  text: string;
}

/** Sampling options; unset = the library's default. */
export interface LocalOptions {
  maxTokens: number;
  temperature?: number | undefined;
  topP?: number | undefined;
  seed?: number | undefined;
  stop: string[];
}

/** Answer to the parent. */
export type LocalAnswer =
  | { kind: "text"; id: number; text: string }
  | { kind: "end"; id: number; finish: "stop" | "length"; prompt: number; completion: number }
  | { kind: "error"; id: number; message: string };

// The part of node-llama-cpp 3 used here; the package is not one of our dependencies.
interface Sequence {
  /** Tokens in the context: prompt and reply. */
  readonly nextTokenIndex: number;
  tokenMeter: { readonly usedOutputTokens: number };
}
interface ChatSession {
  setChatHistory(history: unknown[]): void;
  promptWithMeta(text: string, options: Record<string, unknown>): Promise<{ stopReason: string }>;
  dispose(): void;
}
interface Library {
  getLlama(options: Record<string, unknown>): Promise<{
    loadModel(options: { modelPath: string }): Promise<{
      createContext(options: Record<string, unknown>): Promise<{ getSequence(): Sequence }>;
    }>;
  }>;
  LlamaChatSession: new (options: Record<string, unknown>) => ChatSession;
}
interface Loaded {
  library: Library;
  sequence: Sequence;
}

let loading: Promise<Loaded> | undefined;
let last: Promise<void> = Promise.resolve();
const aborts = new Map<number, AbortController>();

async function load(files: LocalModelFiles, contextTokens: number): Promise<Loaded> {
  const library = (await import(pathToFileURL(files.library).href)) as Library;
  const llama = await library.getLlama({ gpu: false, build: "never", logLevel: "error" });
  const model = await llama.loadModel({ modelPath: files.weights });
  // One thread: several threads spin while waiting for each other, which is many times slower on a busy
  // machine.
  const context = await model.createContext({ contextSize: contextTokens, threads: 1 });
  return { library, sequence: context.getSequence() };
}

function send(answer: LocalAnswer): void {
  process.send?.(answer);
}

async function generate(request: Extract<LocalRequest, { kind: "generate" }>): Promise<void> {
  const { id, turns, options } = request;
  const abort = aborts.get(id);
  if (abort === undefined || loading === undefined) return;
  try {
    abort.signal.throwIfAborted();
    const { library, sequence } = await loading;
    const session = new library.LlamaChatSession({ contextSequence: sequence, autoDisposeSequence: false });
    session.setChatHistory(turns.slice(0, -1).map(toHistory));
    const before = sequence.tokenMeter.usedOutputTokens;
    const { stopReason } = await session.promptWithMeta(turns.at(-1)?.text ?? "", {
      maxTokens: options.maxTokens,
      temperature: options.temperature,
      topP: options.topP,
      seed: options.seed,
      customStopTriggers: options.stop,
      signal: abort.signal,
      stopOnAbortSignal: true,
      onTextChunk: (text: string) => send({ kind: "text", id, text }),
    });
    const completion = sequence.tokenMeter.usedOutputTokens - before;
    const prompt = Math.max(0, sequence.nextTokenIndex - completion);
    session.dispose();
    send({
      kind: "end",
      id,
      finish: stopReason === "maxTokens" ? "length" : "stop",
      prompt,
      completion,
    });
  } catch (err) {
    send({ kind: "error", id, message: err instanceof Error ? err.message : String(err) });
  } finally {
    aborts.delete(id);
  }
}

function toHistory({ role, text }: LocalTurn): unknown {
  return role === "model" ? { type: "model", response: [text] } : { type: role, text };
}

process.on("message", (request: LocalRequest) => {
  if (request.kind === "abort") aborts.get(request.id)?.abort();
  else if (request.kind === "load") {
    loading ??= load(request.files, request.contextTokens);
    // Each call that needs the model reports the error.
    loading.catch(() => {});
  } else {
    aborts.set(request.id, new AbortController());
    last = last.then(() => generate(request));
  }
});
// The parent decides when the worker stops; the worker exits when the parent disconnects.
process.on("SIGTERM", () => {});
process.on("SIGINT", () => {});
process.on("disconnect", () => process.exit(0));

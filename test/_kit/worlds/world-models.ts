import type { TurnDeps } from "../../../actors/session/turn/pipeline.ts";
import { contextDigest } from "../judge/context-digest.ts";

/** A model that replies with a digest of its prompt, when the test releases it. */
export function worldModels(ask: <T>(perform: () => T) => Promise<T>): TurnDeps["models"] {
  return {
    configured: true,
    endpoints: () => [],
    contextTokens: () => Number.MAX_SAFE_INTEGER,
    first: (_purpose, model) => model ?? "scripted",
    list: () => [],
    sees: () => true,
    stream: async function* (_purpose, { messages }) {
      yield { kind: "start", model: "world" };
      const given = messages.map(({ role, content }) => ({ role, content: String(content) }));
      const text = await ask(() => contextDigest(given));
      yield { kind: "content", text };
      const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
      yield { kind: "end", finish_reason: "stop", usage, message: { role: "assistant", content: text } };
    },
  };
}

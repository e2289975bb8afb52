import type { ChatChunk, ChatCompletion, OpenAIFinish, Usage } from "../../../schemas/wire/openai.ts";

/** The `system_fingerprint` that clients receive. */
export const systemFingerprint = "fp_parley";

/** A piece of a reply. */
type Delta = ChatChunk["choices"][number]["delta"];

/**
 * Builds the chunks of one completion: `id` and `created` are constant, `role` is only in the first delta.
 */
export class ChunkMaker {
  readonly #id: string;
  readonly #created = Math.floor(Date.now() / 1000);
  #first = true;
  model: string;

  constructor(id: string, model: string) {
    this.#id = `chatcmpl-${id}`;
    this.model = model;
  }

  /** A chunk with a piece of the reply. */
  delta(delta: Delta, logprobs?: Record<string, unknown>): ChatChunk {
    const { content, ...rest } = delta;
    const role = this.#first ? { role: "assistant" as const, content: content ?? "" } : { content };
    this.#first = false;
    const choice = { index: 0 as const, delta: { ...role, ...rest }, logprobs: logprobs ?? null };
    return this.#chunk([{ ...choice, finish_reason: null }]);
  }

  /** The last chunk; preceded by the role if there was no output. */
  finish(reason: OpenAIFinish): ChatChunk[] {
    const last = this.#chunk([{ index: 0, delta: {}, logprobs: null, finish_reason: reason }]);
    return this.#first ? [this.delta({}), last] : [last];
  }

  /** The usage chunk after the last one, for `include_usage`. */
  usage(usage: Usage): ChatChunk {
    return { ...this.#chunk([]), usage };
  }

  /** The complete, non-streamed completion. */
  completion(whole: Omit<ChatCompletion["choices"][number], "index">, usage: Usage): ChatCompletion {
    const { choices: _, ...head } = this.#chunk([]);
    return {
      ...head,
      object: "chat.completion",
      choices: [{ index: 0, ...whole }],
      usage,
    };
  }

  #chunk(choices: ChatChunk["choices"]): ChatChunk {
    return {
      id: this.#id,
      object: "chat.completion.chunk",
      created: this.#created,
      model: this.model,
      system_fingerprint: systemFingerprint,
      choices,
    };
  }
}

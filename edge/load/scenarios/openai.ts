import { setMaxListeners } from "node:events";
import OpenAI, { APIError } from "openai";
import { emptyVerdict, type Verdict } from "../verdict.ts";
import type { Scenario, ScenarioParts } from "./scenario.ts";

/** Streamed completions of `/v1`, with OpenAI's npm package. */
export class OpenAIScenario implements Scenario {
  readonly #parts: ScenarioParts;
  readonly #clients: OpenAI[];
  readonly #verdict: Verdict = emptyVerdict();
  readonly #abort = new AbortController();
  unanswered = 0;

  constructor(parts: ScenarioParts) {
    this.#parts = parts;
    const baseURL = new URL("/v1", parts.options.url).href;
    // Each request in flight adds a listener.
    setMaxListeners(0, this.#abort.signal);
    this.#clients = parts.users.map(({ token }) => new OpenAI({ baseURL, apiKey: token, maxRetries: 0 }));
  }

  async open(): Promise<void> {
    await this.#clients[0]?.models.list();
  }

  send(index: number, intendedAt: number, counted: boolean): void {
    const client = this.#clients[index % this.#clients.length];
    if (client === undefined) return;
    if (counted) this.#parts.recorder.counts.sent += 1;
    this.unanswered += 1;
    void this.#complete(client, intendedAt, counted).finally(() => {
      this.unanswered -= 1;
    });
  }

  async #complete(client: OpenAI, intendedAt: number, counted: boolean): Promise<void> {
    const { recorder, options } = this.#parts;
    const record = (series: string) => counted && recorder.latency(series, performance.now() - intendedAt);
    const content = "load ".repeat(Math.ceil(options.size / 5)).slice(0, options.size);
    try {
      const stream = await client.chat.completions.create(
        { model: options.model, stream: true, messages: [{ role: "user", content }] },
        { signal: this.#abort.signal },
      );
      this.#verdict.accepted += 1;
      record("accepted");
      let begun = false;
      let finished = false;
      for await (const { choices } of stream) {
        if (!begun && choices[0]?.delta.content) record("first_chunk");
        begun ||= Boolean(choices[0]?.delta.content);
        finished ||= choices[0]?.finish_reason != null;
      }
      if (!finished) throw new Error("the stream ended without a finish_reason");
      this.#verdict.answered += 1;
      record("answered");
      if (counted) recorder.counts.done += 1;
    } catch (error) {
      if (counted) recorder.failed(nameOf(error));
    }
  }

  verdict(): Promise<Verdict> {
    // Nothing is stored, so nothing can be lost: an interrupted stream is an error.
    return Promise.resolve(this.#verdict);
  }

  close(): Promise<void> {
    this.#abort.abort();
    return Promise.resolve();
  }
}

function nameOf(error: unknown): string {
  if (error instanceof APIError) return error.code ?? `http_${error.status ?? "none"}`;
  return error instanceof Error ? error.name : "unknown";
}

import type { Logger } from "../../../infra/log.ts";

/** Webhook of an interaction for later responses: valid for 15 minutes. */
export interface InteractionAddress {
  applicationId: string;
  token: string;
}

const attempts = 5;
const firstWaitMs = 300;
const longestWaitMs = 15_000;

/** The calls of Discord's API that respond to interactions. */
export class DiscordApi {
  readonly #baseUrl: string;
  readonly #callMs: number;
  readonly #log: Logger;

  constructor(baseUrl: string, callMs: number, log: Logger) {
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#callMs = callMs;
    this.#log = log;
  }

  /** Edits the deferred response. Resolves to whether Discord accepted it. */
  complete(to: InteractionAddress, content: string): Promise<boolean> {
    return this.#call("PATCH", `${this.#path(to)}/messages/@original`, content);
  }

  /** Adds a follow-up message. Resolves to whether Discord accepted it. */
  add(to: InteractionAddress, content: string): Promise<boolean> {
    return this.#call("POST", this.#path(to), content);
  }

  #path({ applicationId, token }: InteractionAddress): string {
    return `${this.#baseUrl}/webhooks/${encodeURIComponent(applicationId)}/${encodeURIComponent(token)}`;
  }

  /** The path holds a token, so it is never logged. */
  async #call(method: string, url: string, content: string): Promise<boolean> {
    // A model's output must not trigger mentions.
    const body = JSON.stringify({ content, allowed_mentions: { parse: [] } });
    for (let attempt = 1; ; attempt++) {
      const { status, waitMs } = await this.#once(method, url, body);
      if (status >= 200 && status < 300) return true;
      // Until the initial response has arrived, Discord does not know the interaction: 404.
      const mayRepeat = status === 0 || status === 404 || status === 429 || status >= 500;
      if (!mayRepeat || attempt >= attempts) {
        this.#log.warn({ method, status, attempt }, "Discord message refused");
        return false;
      }
      const wait = Math.min(waitMs ?? firstWaitMs * 2 ** (attempt - 1), longestWaitMs);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #once(method: string, url: string, body: string): Promise<{ status: number; waitMs?: number }> {
    try {
      const response = await fetch(url, {
        method,
        body,
        headers: { "content-type": "application/json" },
        redirect: "error",
        signal: AbortSignal.timeout(this.#callMs),
      });
      await response.body?.cancel();
      const seconds = Number.parseFloat(response.headers.get("retry-after") ?? "");
      return { status: response.status, ...(seconds >= 0 && { waitMs: seconds * 1_000 }) };
    } catch {
      return { status: 0 };
    }
  }
}

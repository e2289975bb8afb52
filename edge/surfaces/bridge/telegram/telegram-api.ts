import { type TelegramAnswer, telegramAnswerSchema } from "../../../../schemas/wire/telegram.ts";

/** A call that never reached Telegram. */
export class NotConnected extends Error {}

// Node's error codes for a failed connect, when nothing was sent.
const notConnected = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** Telegram's Bot API. */
export class TelegramApi {
  readonly #base: string;
  readonly #token: string;
  readonly #callMs: number;

  constructor(baseUrl: string, token: string, callMs: number) {
    this.#base = baseUrl.replace(/\/+$/, "");
    this.#token = token;
    this.#callMs = callMs;
  }

  /** @throws NotConnected, or another Error when the result is unknown */
  async call(method: string, params: unknown): Promise<TelegramAnswer> {
    const response = await this.#fetch(`${this.#base}/bot${this.#token}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(params),
    });
    return telegramAnswerSchema.parse(await response.json());
  }

  /** Downloads a file named by `getFile`; undefined when larger than `maxBytes`. */
  async file(path: string, maxBytes: number): Promise<Buffer | undefined> {
    const response = await this.#fetch(`${this.#base}/file/bot${this.#token}/${encodeURI(path)}`, {});
    const length = Number(response.headers.get("content-length") ?? 0);
    if (!response.ok || length > maxBytes) return undefined;
    const bytes = Buffer.from(await response.arrayBuffer());
    return bytes.length > maxBytes ? undefined : bytes;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(this.#callMs) });
    } catch (err) {
      const cause = err instanceof Error ? (err.cause as { code?: unknown } | undefined) : undefined;
      // The error message must not contain the URL, which includes the token.
      if (typeof cause?.code === "string" && notConnected.has(cause.code)) throw new NotConnected(cause.code);
      throw new Error("no answer from Telegram");
    }
  }
}

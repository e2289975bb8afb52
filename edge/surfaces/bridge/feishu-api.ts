import type { z } from "zod";
import { parseForeignJson } from "../../../schemas/foreign-json.ts";
import { feishuAnswerSchema, feishuBotSchema, feishuTokenSchema } from "../../../schemas/wire/feishu.ts";

/** Settings of one Feishu app. */
export interface FeishuApp {
  id: string;
  secret: string;
  apiUrl: string;
}

/** Result of a call. `again`: rate-limited or unknown; a repeat with the same `uuid` is shown once. */
export type FeishuResult =
  | { kind: "done"; data: unknown }
  | { kind: "again"; afterMs: number | undefined }
  | { kind: "refused"; reason: string };

const tokenMarginMs = 60_000;
/** Codes for too many calls (open.feishu.cn/document, generic error codes). */
const floodCodes = new Set([99991400, 230020, 11232]);
/** Codes for an expired token. */
const tokenCodes = new Set([99991663, 99991664, 99991661]);

/** Feishu's API for one app. */
export class FeishuApi {
  readonly #app: FeishuApp;
  readonly #callMs: number;
  #token: { value: string; until: number } | undefined;
  #self: string | undefined;

  constructor(app: FeishuApp, callMs: number) {
    this.#app = app;
    this.#callMs = callMs;
  }

  /** The bot's own id. @throws Error when the request fails */
  async self(): Promise<string> {
    this.#self ??= feishuBotSchema.parse(
      await this.#json(await this.#get("/open-apis/bot/v3/info")),
    ).bot.open_id;
    return this.#self;
  }

  /** Replies to a message. Never throws. */
  async reply(messageId: string, body: Record<string, unknown>): Promise<FeishuResult> {
    try {
      const path = `/open-apis/im/v1/messages/${encodeURIComponent(messageId)}/reply`;
      const response = await this.#fetch(path, { method: "POST", body: JSON.stringify(body) });
      if (response.status >= 500) return { kind: "again", afterMs: undefined };
      const { code, msg = "", data } = await this.#json(response, feishuAnswerSchema);
      if (code === 0) return { kind: "done", data };
      if (tokenCodes.has(code)) this.#token = undefined;
      if (response.status === 429 || floodCodes.has(code) || tokenCodes.has(code))
        return { kind: "again", afterMs: resetMs(response) };
      return { kind: "refused", reason: `${code} ${msg}`.trim() };
    } catch {
      return { kind: "again", afterMs: undefined };
    }
  }

  /** Fetches a message by its id. @throws Error when the request fails */
  async message<Schema extends z.ZodType>(messageId: string, schema: Schema): Promise<z.output<Schema>> {
    const response = await this.#get(`/open-apis/im/v1/messages/${encodeURIComponent(messageId)}`);
    return this.#json(response, schema);
  }

  /** Fetches an image or file of a message; undefined when larger than `maxBytes`. @throws Error */
  async resource(
    messageId: string,
    key: string,
    type: "image" | "file",
    maxBytes: number,
  ): Promise<{ bytes: Buffer; type: string } | undefined> {
    const message = encodeURIComponent(messageId);
    const path = `/open-apis/im/v1/messages/${message}/resources/${encodeURIComponent(key)}?type=${type}`;
    const response = await this.#get(path);
    const length = Number(response.headers.get("content-length") ?? 0);
    if (!response.ok || length > maxBytes) {
      await response.body?.cancel();
      return undefined;
    }
    const bytes = Buffer.from(await response.arrayBuffer());
    const mime = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
    return bytes.length > maxBytes ? undefined : { bytes, type: mime };
  }

  #get(path: string): Promise<Response> {
    return this.#fetch(path, {});
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = {
      authorization: `Bearer ${await this.#tenantToken()}`,
      "content-type": "application/json; charset=utf-8",
    };
    return this.#send(path, { ...init, headers });
  }

  async #tenantToken(): Promise<string> {
    if (this.#token !== undefined && this.#token.until > performance.now()) return this.#token.value;
    const response = await this.#send("/open-apis/auth/v3/tenant_access_token/internal", {
      method: "POST",
      headers: { "content-type": "application/json; charset=utf-8" },
      body: JSON.stringify({ app_id: this.#app.id, app_secret: this.#app.secret }),
    });
    const { tenant_access_token: value, expire } = await this.#json(response, feishuTokenSchema);
    this.#token = { value, until: performance.now() + Math.max(0, expire * 1_000 - tokenMarginMs) };
    return value;
  }

  #send(path: string, init: RequestInit): Promise<Response> {
    const url = `${this.#app.apiUrl.replace(/\/+$/, "")}${path}`;
    return fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(this.#callMs) });
  }

  async #json(response: Response): Promise<unknown>;
  async #json<Schema extends z.ZodType>(response: Response, schema: Schema): Promise<z.output<Schema>>;
  async #json(response: Response, schema?: z.ZodType): Promise<unknown> {
    const value = parseForeignJson(await response.text());
    return schema === undefined ? value : schema.parse(value);
  }
}

/** When calls are allowed again, from the response's header in seconds. */
function resetMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("x-ogw-ratelimit-reset") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}

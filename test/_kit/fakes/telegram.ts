import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Watch } from "../judge/waiting.ts";

/** A call of the Bot API that the fake received. */
export interface TelegramCall {
  method: string;
  params: {
    chat_id?: number;
    text?: string;
    parse_mode?: string;
    message_thread_id?: number;
    reply_parameters?: { message_id: number };
    file_id?: string;
  };
}

/** A response instead of success, for a matching call. */
export interface Refusal {
  times: number;
  when?: (call: TelegramCall) => boolean;
  status: number;
  body: Record<string, unknown>;
}

/** Fake Telegram server: receives calls, serves files, rejects calls as configured. */
export class FakeTelegram {
  static readonly token = "99:abc";
  static readonly secret = "webhook-secret";
  readonly calls: TelegramCall[] = [];
  /** File content by `file_id`; others do not exist. */
  readonly files = new Map<string, { path: string; bytes: Buffer }>();
  readonly refusals: Refusal[] = [];
  readonly #watch = new Watch();
  readonly #server: Server;
  #updates = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeTelegram> {
    const fake = new FakeTelegram();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  /** Settings of a Parley that uses this Telegram. */
  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      TELEGRAM_BOT_TOKEN: FakeTelegram.token,
      TELEGRAM_WEBHOOK_SECRET: FakeTelegram.secret,
      TELEGRAM_API_URL: `http://127.0.0.1:${port}`,
    };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Id of the last posted update, which is also its message's id. */
  get lastUpdate(): number {
    return this.#updates;
  }

  /** Posts a message to a Parley's webhook; returns the status. */
  async post(url: string, message: Record<string, unknown>, secret = FakeTelegram.secret): Promise<number> {
    const id = ++this.#updates;
    const response = await fetch(`${url}/webhook/telegram`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": secret },
      body: JSON.stringify({ update_id: id, message: { message_id: id, date: 1, ...message } }),
    });
    return response.status;
  }

  /** Sent messages that contain `part`. */
  sends(part: string): TelegramCall[] {
    return this.calls.filter(({ method, params }) => method === "sendMessage" && params.text?.includes(part));
  }

  /** Waits for the `count`-th message that contains `part`. */
  async reply(part: string, count = 1): Promise<TelegramCall> {
    const look = () => this.sends(part)[count - 1];
    return this.#watch.until(look, 20_000, `reply ${count} with ${part}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const prefix = `/file/bot${FakeTelegram.token}/`;
    if (path.startsWith(prefix)) {
      const file = [...this.files.values()].find((one) => one.path === path.slice(prefix.length));
      response.writeHead(file === undefined ? 404 : 200).end(file?.bytes);
      return;
    }
    const method = path.slice(`/bot${FakeTelegram.token}/`.length);
    const call = { method, params: JSON.parse(await text(request)) as TelegramCall["params"] };
    this.calls.push(call);
    this.#watch.changed();
    const { status, body } = this.#answer(call);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }

  #answer(call: TelegramCall): { status: number; body: object } {
    const refusal = this.refusals.find(({ times, when = () => true }) => times > 0 && when(call));
    if (refusal !== undefined) {
      refusal.times -= 1;
      return { status: refusal.status, body: { ok: false, error_code: refusal.status, ...refusal.body } };
    }
    const { method, params } = call;
    const file = this.files.get(params.file_id ?? "");
    if (method === "getFile" && file === undefined)
      return {
        status: 400,
        body: { ok: false, error_code: 400, description: "Bad Request: invalid file_id" },
      };
    const results: Record<string, unknown> = {
      getMe: { id: 99, is_bot: true, username: "parley_bot" },
      getFile: { file_id: params.file_id, file_path: file?.path },
      sendMessage: { message_id: 500 + this.calls.length },
    };
    return { status: 200, body: { ok: true, result: results[method] ?? {} } };
  }
}

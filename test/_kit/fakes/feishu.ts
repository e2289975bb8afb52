import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { Watch } from "../judge/waiting.ts";

/** A reply that the fake received. */
export interface FeishuReply {
  messageId: string;
  body: { msg_type: string; content: string; uuid: string; reply_in_thread?: boolean };
}

const encryptKey = "encrypt-key-of-the-tests";
const app = { id: "cli_a1", secret: "app-secret" };

/** Fake Feishu server: signs and encrypts events, receives replies, serves files and messages. */
export class FakeFeishu {
  static readonly self = "ou_bot";
  readonly replies: FeishuReply[] = [];
  /** Content by key of an image or file. */
  readonly resources = new Map<string, { type: string; bytes: Buffer }>();
  /** Messages that can be quoted, by id. */
  readonly messages = new Map<string, { msg_type: string; sender: string; content: object }>();
  /** Responses instead of success, each used once, for a reply that contains `when`. */
  readonly refusals: { when: string; status: number; body: object }[] = [];
  readonly #watch = new Watch();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeFeishu> {
    const fake = new FakeFeishu();
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  get env(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      FEISHU_APP_ID: app.id,
      FEISHU_APP_SECRET: app.secret,
      FEISHU_ENCRYPT_KEY: encryptKey,
      FEISHU_API_URL: `http://127.0.0.1:${port}`,
    };
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Posts a callback as Feishu does. `change` tampers with it. */
  post(
    url: string,
    callback: object,
    change: { key?: string; signature?: string | null; at?: number } = {},
  ): Promise<Response> {
    const body = JSON.stringify({ encrypt: encrypted(callback, change.key ?? encryptKey) });
    const timestamp = String(Math.floor((change.at ?? Date.now()) / 1_000));
    const signed = createHash("sha256").update(`${timestamp}nonce${encryptKey}${body}`).digest("hex");
    const signature = change.signature === undefined ? signed : change.signature;
    return fetch(`${url}/webhook/feishu`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-lark-request-timestamp": timestamp,
        "x-lark-request-nonce": "nonce",
        ...(signature !== null && { "x-lark-signature": signature }),
      },
      body,
    });
  }

  /** A message event. */
  event(message: Record<string, unknown>, sender = "ou_ann"): object {
    return {
      schema: "2.0",
      header: { event_id: `e_${message.message_id}`, event_type: "im.message.receive_v1", app_id: app.id },
      event: {
        sender: { sender_id: { open_id: sender }, sender_type: "user" },
        message: { chat_id: "oc_private", chat_type: "p2p", message_type: "text", ...message },
      },
    };
  }

  /** Waits for a reply that contains `part`. */
  reply(part: string): Promise<FeishuReply> {
    const look = () => this.replies.find(({ body }) => body.content.includes(part));
    return this.#watch.until(look, 20_000, `a reply with ${part}`);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://fake");
    const body = await text(request);
    const json = (status: number, value: object) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
    if (url.pathname.endsWith("/tenant_access_token/internal")) {
      const { app_secret } = JSON.parse(body) as { app_secret: string };
      const right = app_secret === app.secret;
      json(200, right ? { code: 0, tenant_access_token: "t-1", expire: 7_200 } : { code: 10014, msg: "bad" });
      return;
    }
    if (request.headers.authorization !== "Bearer t-1") json(400, { code: 99991663, msg: "invalid token" });
    else if (url.pathname.endsWith("/bot/v3/info")) json(200, { code: 0, bot: { open_id: FakeFeishu.self } });
    else this.#message(url, body, response, json);
  }

  #message(
    url: URL,
    body: string,
    response: ServerResponse,
    json: (status: number, value: object) => void,
  ): void {
    const [, id = "", action = "", key = ""] =
      /messages\/([^/]+)(?:\/(\w+)(?:\/(.+))?)?$/.exec(url.pathname) ?? [];
    if (action === "reply") {
      this.replies.push({ messageId: id, body: JSON.parse(body) as FeishuReply["body"] });
      this.#watch.changed();
      const at = this.refusals.findIndex(({ when }) => body.includes(when));
      const [refusal] = at < 0 ? [] : this.refusals.splice(at, 1);
      if (refusal !== undefined) json(refusal.status, refusal.body);
      else json(200, { code: 0, data: { message_id: `om_${this.replies.length}` } });
    } else if (action === "resources") {
      const found = this.resources.get(key);
      if (found === undefined) json(404, { code: 234003, msg: "not found" });
      else response.writeHead(200, { "content-type": found.type }).end(found.bytes);
    } else {
      const found = this.messages.get(id);
      if (found === undefined) json(404, { code: 230011, msg: "not found" });
      else {
        const { msg_type, sender, content } = found;
        const item = { msg_type, sender: { id: sender }, body: { content: JSON.stringify(content) } };
        json(200, { code: 0, data: { items: [item] } });
      }
    }
  }
}

function encrypted(value: object, key: string): string {
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-256-cbc", createHash("sha256").update(key).digest(), iv);
  return Buffer.concat([iv, cipher.update(JSON.stringify(value)), cipher.final()]).toString("base64");
}

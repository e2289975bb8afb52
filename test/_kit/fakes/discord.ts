import { generateKeyPairSync, sign } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";
import { Watch } from "../judge/waiting.ts";

/** A call that the fake Discord received. */
export interface DiscordCall {
  method: string;
  path: string;
  content: string;
}

/** Discord's interactions: it signs them, and receives the calls that respond to deferred ones. */
export class FakeDiscord {
  readonly calls: DiscordCall[] = [];
  /** Statuses of the next calls, for failures; other calls succeed. */
  readonly refusals: number[] = [];
  /** In hexadecimal, as in Discord's developer portal. */
  readonly publicKey: string;
  readonly url: string;
  readonly #keys = generateKeyPairSync("ed25519");
  readonly #watch = new Watch();
  #next = 0;

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}/api/v10`;
    const { x = "" } = this.#keys.publicKey.export({ format: "jwk" });
    this.publicKey = Buffer.from(x, "base64url").toString("hex");
  }

  static async start(t: Pick<ExecutionContext, "teardown">): Promise<FakeDiscord> {
    let discord: FakeDiscord | undefined;
    const server = createServer((message, response) => {
      void discord?.take(message).then((status) => {
        response.writeHead(status, { "content-type": "application/json", "retry-after": "0.05" }).end("{}");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => server.close());
    discord = new FakeDiscord((server.address() as AddressInfo).port);
    return discord;
  }

  /** Sends a signed interaction; `tamper` changes it after signing. */
  async send(url: string, interaction: object, tamper: (body: string) => string = (body) => body) {
    const body = JSON.stringify(interaction);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = sign(null, Buffer.from(timestamp + body), this.#keys.privateKey).toString("hex");
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-signature-ed25519": signature,
        "x-signature-timestamp": timestamp,
      },
      body: tamper(body),
    });
    return {
      status: response.status,
      body: (await response.json()) as { type: number; data?: { content: string } },
    };
  }

  /** A `/chat message:` interaction. */
  chat(message: string, id = String(++this.#next), channel_id = "99"): object {
    return {
      type: 2,
      id,
      application_id: "4711",
      token: `token-${id}`,
      channel_id,
      member: { user: { id: "7", username: "somebody" } },
      data: { name: "chat", options: [{ name: "message", type: 3, value: message }] },
    };
  }

  /** Waits until the total number of calls is reached. */
  called(count: number): Promise<true> {
    return this.#watch.until(() => this.calls.length >= count, 20_000, `${count} calls of Discord's API`);
  }

  async take(message: IncomingMessage): Promise<number> {
    const parts: Buffer[] = [];
    for await (const part of message) parts.push(part as Buffer);
    const status = this.refusals.shift();
    if (status !== undefined) return status;
    const { content } = JSON.parse(Buffer.concat(parts).toString()) as { content: string };
    this.calls.push({ method: message.method ?? "", path: message.url ?? "", content });
    this.#watch.changed();
    return 200;
  }
}

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Watch } from "../judge/waiting.ts";

/** A received webhook call. */
export interface HookCall {
  path: string;
  key: string | undefined;
  body: string;
}

/** A webhook receiver; `answer` may hold a call or respond with an error status. */
export class WebHook {
  readonly calls: HookCall[] = [];
  readonly #server = createServer((request, response) => void this.#take(request, response));
  readonly #watch = new Watch();
  /** Status of the response, or undefined to leave a call unanswered. */
  answer: (call: HookCall) => number | undefined = () => 200;

  static async start(): Promise<WebHook> {
    const hook = new WebHook();
    await new Promise<void>((resolve) => hook.#server.listen(0, "127.0.0.1", resolve));
    return hook;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Resolves after `count` calls of a path. */
  got(path: string, count = 1, ms = 20_000): Promise<true> {
    const look = () => this.calls.filter((call) => call.path === path).length >= count;
    return this.#watch.until(look, ms, `${count} calls of ${path}`);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const call = { path: request.url ?? "", key: request.headers["idempotency-key"]?.toString(), body };
    this.calls.push(call);
    const status = this.answer(call);
    if (status !== undefined) response.writeHead(status).end("{}");
    this.#watch.changed();
  }
}

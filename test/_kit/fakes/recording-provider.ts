import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";
import { Watch } from "../judge/waiting.ts";

/** A chat request received by the provider. */
export interface RecordedCall {
  messages: { role: string; content: string }[];
  tools?: unknown[];
}

/** An OpenAI-compatible provider that records requests and responds as the test defines. */
export interface RecordingProvider {
  url: string;
  calls: RecordedCall[];
  /** The first call, a past one included, that satisfies `test`. */
  called(test: (call: RecordedCall) => boolean, what: string): Promise<RecordedCall>;
}

/** Starts it; `reply` returns the text of a response. */
export async function startRecordingProvider(
  t: Pick<ExecutionContext, "teardown">,
  reply: (call: RecordedCall) => string,
): Promise<RecordingProvider> {
  const calls: RecordedCall[] = [];
  const watch = new Watch();
  const server = createServer((request, response) => {
    void read(request).then((text) => {
      if (request.method !== "POST") {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ object: "list", data: [{ id: "m", object: "model" }] }));
        return;
      }
      const call = JSON.parse(text) as RecordedCall;
      calls.push(call);
      watch.changed();
      response.writeHead(200, { "content-type": "text/event-stream" });
      const write = (delta: object, finish_reason: string | null) => {
        const choices = [{ index: 0, delta, finish_reason }];
        const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices };
        response.write(`data: ${JSON.stringify(chunk)}\n\n`);
      };
      write({ role: "assistant", content: reply(call) }, null);
      write({}, "stop");
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve(undefined));
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    called: (test, what) => watch.until(() => calls.find(test), 20_000, what),
  };
}

async function read(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

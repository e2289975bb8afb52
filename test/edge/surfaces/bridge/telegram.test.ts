import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import test from "ava";
import { Watch } from "../../../_kit/judge/waiting.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";

const botToken = "99:abc";
const secret = "webhook-secret";
// A PNG of one point.
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

interface Call {
  method: string;
  params: { chat_id?: number; text?: string; reply_parameters?: { message_id: number } };
}

const calls: Call[] = [];
const watch = new Watch();
let refusals = 0;
let telegram: Server;
let system: System;
let updates = 0;

/** Telegram's side, as far as a bot sees it. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? "";
  if (path.startsWith(`/file/bot${botToken}/`)) {
    response.end(png);
    return;
  }
  const method = path.slice(`/bot${botToken}/`.length);
  calls.push({ method, params: JSON.parse(await text(request)) as Call["params"] });
  watch.changed();
  response.setHeader("content-type", "application/json");
  if (method === "sendMessage" && refusals > 0) {
    refusals -= 1;
    response.writeHead(429);
    response.end(JSON.stringify({ ok: false, error_code: 429, parameters: { retry_after: 1 } }));
    return;
  }
  const results: Record<string, unknown> = {
    getMe: { id: 99, is_bot: true, username: "parley_bot" },
    getFile: { file_id: "f", file_path: "photos/one.png" },
    sendMessage: { message_id: 500 + calls.length },
  };
  response.end(JSON.stringify({ ok: true, result: results[method] ?? {} }));
}

test.before(async () => {
  telegram = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => telegram.listen(0, "127.0.0.1", resolve));
  const { port } = telegram.address() as AddressInfo;
  system = await startSystem({
    edges: 1,
    actors: 1,
    env: {
      TELEGRAM_BOT_TOKEN: botToken,
      TELEGRAM_WEBHOOK_SECRET: secret,
      TELEGRAM_API_URL: `http://127.0.0.1:${port}`,
      OPENAI_MODEL: "slow:3x5",
    },
  });
});
test.after.always(async () => {
  await system?.stop();
  telegram?.close();
});

async function post(message: Record<string, unknown>, key = secret): Promise<number> {
  const response = await fetch(`${system.url()}/webhook/telegram`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": key },
    body: JSON.stringify({ update_id: ++updates, message: { message_id: updates, date: 1, ...message } }),
  });
  return response.status;
}

function reply(part: string): Promise<Call> {
  const look = () =>
    calls.find(({ method, params }) => method === "sendMessage" && params.text?.includes(part));
  return watch.until(look, 20_000, `a reply with ${part}`);
}

const person = { from: { id: 7, is_bot: false }, chat: { id: 7, type: "private" } };
const group = { from: { id: 7, is_bot: false }, chat: { id: -100, type: "supergroup" } };

test.serial("a message is answered in its chat, under the sender's own user", async (t) => {
  t.is(await post({ ...person, text: "hello" }, "wrong"), 401);
  t.is(await post({ ...person, text: "hello" }), 200);
  const { params } = await reply("hello");
  t.is(params.chat_id, 7);
  t.is(params.reply_parameters?.message_id, updates);
  t.is((await system.request("GET", "/api/v1/sessions/telegram_7/messages", "ext_telegram_7")).status, 200);
});

test.serial("an update that comes twice is answered once", async (t) => {
  const message = { ...person, message_id: 900, text: "only once" };
  t.is(await post(message), 200);
  await reply("only once");
  t.is(await post(message), 200);
  t.is(await post({ ...person, text: "and after" }), 200);
  await reply("and after");
  t.is(calls.filter(({ params }) => params.text?.includes("only once")).length, 1);
});

test.serial("in a group the bot answers who names it", async (t) => {
  await post({ ...group, text: "among ourselves" });
  await post({ ...group, text: "@parley_bot a question" });
  const { params } = await reply("a question");
  t.is(params.chat_id, -100);
  t.is(params.text, "a question");
  t.false(calls.some((call) => call.params.text?.includes("ourselves")));
});

test.serial("a photo reaches the model", async (t) => {
  const photo = [
    { file_id: "small", file_size: 100 },
    { file_id: "huge", file_size: 9_000_000 },
  ];
  await post({ ...person, caption: "@parts what is this", photo });
  const { params } = await reply("data:image/png;base64");
  t.true(params.text?.startsWith("@parts what is this | "));
});

test.serial("what Telegram puts off is sent later", async (t) => {
  refusals = 1;
  await post({ ...person, text: "patience" });
  const sent = () => calls.filter(({ params }) => params.text?.includes("patience")).length === 2;
  await watch.until(sent, 20_000, "a second try");
  t.pass();
});

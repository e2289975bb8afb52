import test from "ava";
import { FakeTelegram } from "../../../_kit/fakes/telegram.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";

// A PNG of one point.
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

let telegram: FakeTelegram;
let system: System;

test.before(async () => {
  telegram = await FakeTelegram.start();
  telegram.files.set("small", { path: "photos/one.png", bytes: png });
  system = await startSystem({ edges: 1, actors: 1, env: { ...telegram.env, OPENAI_MODEL: "slow:3x5" } });
});
test.after.always(async () => {
  await system?.stop();
  telegram?.close();
});

const person = { from: { id: 7, is_bot: false }, chat: { id: 7, type: "private" } };
const group = { from: { id: 7, is_bot: false }, chat: { id: -100, type: "supergroup" } };

test.serial("a message is answered in its chat, under the sender's own user", async (t) => {
  t.is(await telegram.post(system.url(), { ...person, text: "hello" }, "wrong"), 401);
  t.is(await telegram.post(system.url(), { ...person, text: "hello" }), 200);
  const { params } = await telegram.reply("hello");
  t.is(params.chat_id, 7);
  t.is(params.reply_parameters?.message_id, telegram.lastUpdate);
  t.is((await system.request("GET", "/api/v1/sessions/telegram_7/messages", "ext_telegram_7")).status, 200);
});

test.serial("an update that comes twice is answered once", async (t) => {
  const message = { ...person, message_id: 900, text: "only once" };
  t.is(await telegram.post(system.url(), message), 200);
  await telegram.reply("only once");
  t.is(await telegram.post(system.url(), message), 200);
  t.is(await telegram.post(system.url(), { ...person, text: "and after" }), 200);
  await telegram.reply("and after");
  t.is(telegram.sends("only once").length, 1);
});

test.serial("in a group the bot answers who names it", async (t) => {
  await telegram.post(system.url(), { ...group, text: "among ourselves" });
  await telegram.post(system.url(), { ...group, text: "@parley_bot a question" });
  const { params } = await telegram.reply("a question");
  t.is(params.chat_id, -100);
  t.is(params.text, "a question");
  t.is(telegram.sends("ourselves").length, 0);
});

test.serial("a photo reaches the model", async (t) => {
  const photo = [
    { file_id: "small", file_size: 100 },
    { file_id: "huge", file_size: 9_000_000 },
  ];
  await telegram.post(system.url(), { ...person, caption: "@parts what is this", photo });
  const { params } = await telegram.reply("data:image/png;base64");
  t.true(params.text?.startsWith("@parts what is this | "));
});

test.serial("what Telegram puts off is sent later, and holds up no other chat", async (t) => {
  const flood = { ok: false, parameters: { retry_after: 2 } };
  telegram.refusals.push({ times: 1, status: 429, body: flood, when: ({ params }) => params.chat_id === 7 });
  await telegram.post(system.url(), { ...person, text: "patience" });
  await telegram.reply("patience");
  const other = { from: { id: 8, is_bot: false }, chat: { id: 8, type: "private" } };
  await telegram.post(system.url(), { ...other, text: "another chat" });
  await telegram.reply("another chat");
  t.is(telegram.sends("patience").length, 1, "the first chat still waits");
  await telegram.reply("patience", 2);
});

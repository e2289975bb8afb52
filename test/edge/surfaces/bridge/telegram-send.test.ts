import test from "ava";
import { FakeTelegram } from "../../../_kit/fakes/telegram.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";

let telegram: FakeTelegram;
let system: System;

test.before(async () => {
  telegram = await FakeTelegram.start();
  system = await startSystem({ edges: 1, actors: 1, env: { ...telegram.env, OPENAI_MODEL: "slow:1x1" } });
});
test.after.always(async () => {
  await system?.stop();
  telegram?.close();
});

const post = (message: Record<string, unknown>) => telegram.post(system.url(), message);
const person = (id: number) => ({ from: { id, is_bot: false }, chat: { id, type: "private" } });

for (const [index, [status, description]] of (
  [
    [403, "Forbidden: bot was blocked by the user"],
    [400, "Bad Request: chat not found"],
  ] as const
).entries()) {
  test.serial(
    `a send that is refused with ${status} is made once, and the next chat is served`,
    async (t) => {
      const chat = 100 + index;
      const when = ({ params }: { params: { chat_id?: number } }) => params.chat_id === chat;
      telegram.refusals.push({ times: 99, status, body: { description }, when });
      await post({ ...person(chat), text: `refused ${status}` });
      await telegram.reply(`refused ${status}`);
      await post({ ...person(200 + index), text: `after ${status}` });
      await telegram.reply(`after ${status}`);
      await post({ ...person(chat), text: `later ${status}` });
      await telegram.reply(`later ${status}`);
      t.is(telegram.sends(`refused ${status}`).length, 1);
    },
  );
}

test.serial("Markdown becomes Telegram's HTML; what Telegram can't read goes out as it is", async (t) => {
  await post({ ...person(301), text: "# Title\n\nSome **bold** and `x < y`" });
  const { params } = await telegram.reply("<b>Title</b>");
  t.is(params.parse_mode, "HTML");
  t.true(params.text?.includes("Some <b>bold</b> and <code>x &lt; y</code>"));
  const when = ({ params }: { params: { parse_mode?: string; chat_id?: number } }) =>
    params.chat_id === 302 && params.parse_mode !== undefined;
  const body = { description: "Bad Request: can't parse entities" };
  telegram.refusals.push({ times: 1, status: 400, body, when });
  await post({ ...person(302), text: "plain **fallback**" });
  const plain = await telegram.reply("plain **fallback**");
  t.is(plain.params.parse_mode, undefined);
});

test.serial("a chat that moved gets the rest at its new id", async (t) => {
  const group = { from: { id: 7, is_bot: false }, chat: { id: -400, type: "group" } };
  const body = { description: "upgraded", parameters: { migrate_to_chat_id: -100400 } };
  const when = ({ method, params }: { method: string; params: { chat_id?: number } }) =>
    method === "sendMessage" && params.chat_id === -400;
  telegram.refusals.push({ times: 99, status: 400, body, when });
  await post({ ...group, text: "@parley_bot moved" });
  const { params } = await telegram.reply("moved", 2);
  t.is(params.chat_id, -100400);
});

test.serial("every part of a long answer goes into its topic, cut after paragraphs", async (t) => {
  const paragraph = `${"word ".repeat(150).trim()}\n\n`;
  const text = `@parley_bot start ${paragraph.repeat(8)}the end`;
  const group = { from: { id: 7, is_bot: false }, chat: { id: -500, type: "supergroup" } };
  await post({ ...group, text, message_thread_id: 55, is_topic_message: true });
  await telegram.reply("the end");
  const parts = telegram.calls.filter(({ params }) => params.chat_id === -500 && params.text !== undefined);
  t.true(parts.length >= 2);
  t.true(parts.every(({ params }) => params.message_thread_id === 55));
  t.deepEqual(
    parts.map(({ params }) => params.reply_parameters !== undefined),
    parts.map((_, index) => index === 0),
  );
});

test.serial("a thread that is no topic is not named", async (t) => {
  const group = { from: { id: 7, is_bot: false }, chat: { id: -600, type: "supergroup" } };
  await post({ ...group, text: "@parley_bot in a thread", message_thread_id: 9 });
  t.is((await telegram.reply("in a thread")).params.message_thread_id, undefined);
});

import test from "ava";
import { FakeTelegram } from "../../../_kit/fakes/telegram.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";

const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
let telegram: FakeTelegram;
let system: System;

test.before(async () => {
  telegram = await FakeTelegram.start();
  for (const id of ["one", "two", "three"])
    telegram.files.set(id, { path: `photos/${id}.png`, bytes: Buffer.from(pixel, "base64") });
  telegram.files.set("notes", { path: "documents/notes.txt", bytes: Buffer.from("the answer is 42") });
  system = await startSystem({ edges: 1, actors: 1, env: { ...telegram.env, OPENAI_MODEL: "slow:3x5" } });
});
test.after.always(async () => {
  await system?.stop();
  telegram?.close();
});

const bot = { id: 99, is_bot: true, first_name: "Parley" };
const person = (id: number) => ({
  from: { id, is_bot: false, first_name: "Ann" },
  chat: { id, type: "private" },
});
const group = { from: { id: 7, is_bot: false, first_name: "Ann" }, chat: { id: -100, type: "supergroup" } };
const post = (message: Record<string, unknown>) => telegram.post(system.url(), message);

/** What is sent, and a part of what comes back: the model repeats what it was shown. */
const shown: [name: string, content: Record<string, unknown>, reply: string][] = [
  ["a sticker", { sticker: { emoji: "😀" } }, "[贴纸 😀]"],
  ["a place", { location: { latitude: 1.5, longitude: -2.5 } }, "[位置: 1.5, -2.5]"],
  [
    "a named place",
    { venue: { title: "Cafe", address: "Street 1" }, location: { latitude: 1, longitude: 2 } },
    "[地点: Cafe, Street 1 (1, 2)]",
  ],
  ["a contact", { contact: { first_name: "Bo", phone_number: "+123" } }, "[联系人: Bo, +123]"],
  [
    "a poll",
    { poll: { question: "Tea?", options: [{ text: "yes" }, { text: "no" }] } },
    "[投票: Tea? • yes • no]",
  ],
  ["a dice", { dice: { emoji: "🎲", value: 4 } }, "[🎲: 4]"],
  ["a caption of a video", { video: { file_id: "v" }, caption: "look at this" }, "look at this\n[视频]"],
  ["a photo that can't be fetched", { photo: [{ file_id: "gone" }] }, "[图片无法读取]"],
  [
    "a file that can't be fetched",
    { document: { file_id: "gone", file_name: "a.pdf" } },
    "[文件无法读取: a.pdf]",
  ],
];
for (const [index, [name, content, reply]] of shown.entries()) {
  test(`${name} is shown to the model`, async (t) => {
    t.is(await post({ ...person(1_000 + index), ...content }), 200);
    await telegram.reply(reply);
  });
}

const told: [name: string, content: Record<string, unknown>, reply: string][] = [
  ["a video", { video: { file_id: "v" } }, "无法处理视频"],
  ["a round video", { video_note: { file_id: "v" } }, "无法处理视频消息"],
  ["an animation", { animation: { file_id: "a" }, document: { file_id: "a" } }, "无法处理动画"],
  ["a story", { story: { id: 1 } }, "无法处理动态"],
  ["a voice message without a recognizer", { voice: { file_id: "one" } }, "暂时无法识别语音消息"],
  ["the start button", { text: "/start" }, "/help"],
  ["the start button with a payload", { text: "/start ref_1" }, "/help"],
  ["a file that is too large", { document: { file_id: "x", file_size: 21_000_000 } }, "无法处理过大的文件"],
];
for (const [index, [name, content, reply]] of told.entries()) {
  test(`the sender of ${name} is told`, async (t) => {
    const chat = 2_000 + index;
    t.is(await post({ ...person(chat), ...content }), 200);
    await telegram.reply(reply);
    t.true(telegram.sends(reply).some(({ params }) => params.chat_id === chat));
  });
}

test("a file becomes a file of its user, attached to the message", async (t) => {
  await post({
    ...person(3_001),
    caption: "@parts what does it say",
    document: { file_id: "notes", file_name: "notes.txt", mime_type: "text/plain" },
  });
  await telegram.reply("what does it say");
  const history = await system.request("GET", "/api/v1/sessions/telegram_3001/messages", "ext_telegram_3001");
  const { messages } = (await history.json()) as { messages: { attachments?: object[] }[] };
  t.like(messages[0]?.attachments?.[0], { type: "file", filename: "notes.txt", mime_type: "text/plain" });
});

test("an album is one message with all its pictures", async (t) => {
  const album = { ...person(3_002), media_group_id: "album-1" };
  const photo = (file_id: string) => [{ file_id }];
  const statuses = await Promise.all([
    post({ ...album, caption: "@parts compare", photo: photo("one") }),
    post({ ...album, photo: photo("two") }),
    post({ ...album, photo: photo("three") }),
  ]);
  t.deepEqual(statuses, [200, 200, 200]);
  const { params } = await telegram.reply("compare");
  t.is(params.text?.split("data:image/png;base64").length, 4);
  t.is(telegram.sends("compare").length, 1);
});

test.serial(
  "in a group, what is answered goes with the question; the chosen part alone where one was chosen",
  async (t) => {
    const reply_to_message = { from: { id: 8, first_name: "Bob" }, text: "Guten Tag, wie geht es" };
    await post({ ...group, text: "@parley_bot translate one", reply_to_message });
    await telegram.reply("<blockquote>Bob: Guten Tag, wie geht es</blockquote>\n\ntranslate one");
    await post({
      ...group,
      text: "@parley_bot translate two",
      reply_to_message,
      quote: { text: "wie geht es" },
    });
    await telegram.reply("<blockquote>Bob: wie geht es</blockquote>\n\ntranslate two");
    const picture = { from: { id: 8, first_name: "Bob" }, photo: [{ file_id: "one" }], caption: "my cat" };
    await post({ ...group, text: "@parley_bot translate three", reply_to_message: picture });
    await telegram.reply("<blockquote>Bob: my cat\n[图片]</blockquote>\n\ntranslate three");
    t.pass();
  },
);

test.serial(
  "a topic that the bot opened is not an answer to the bot; a real answer there is answered, in the topic",
  async (t) => {
    const topic = { ...group, message_thread_id: 55, is_topic_message: true };
    const opened = { message_id: 55, from: bot, forum_topic_created: { name: "x" } };
    await post({ ...topic, text: "talk among people", reply_to_message: opened });
    await post({ ...topic, text: "really to the bot", reply_to_message: { from: bot, text: "earlier" } });
    const { params } = await telegram.reply("really to the bot");
    t.is(params.message_thread_id, 55);
    t.is(telegram.sends("talk among people").length, 0);
  },
);

test.serial("a group's service messages and the bot's name alone", async (t) => {
  t.is(await post({ ...group, new_chat_members: [{ id: 5 }] }), 200);
  t.is(await post({ ...group, text: "@parley_bot" }), 200);
  await telegram.reply("直接发送消息");
  t.is(await post({ ...group, text: "/start@parley_bot" }), 200);
  await telegram.reply("直接发送消息", 2);
});

import test from "ava";
import { Onebot, textOf } from "../../../_kit/clients/onebot.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";

const token = "token-of-the-tests";
let system: System;

test.before(async () => {
  const env = { ONEBOT_ACCESS_TOKEN: token, OPENAI_MODEL: "slow:1x1", ALLOW_PRIVATE_URLS: "true" };
  system = await startSystem({ edges: 1, actors: 1, env });
});
test.after.always(() => system?.stop());

async function connected(t: Parameters<typeof Onebot.start>[0], self: string): Promise<Onebot> {
  const url = `${system.url().replace("http", "ws")}/onebot/v11/ws`;
  const bot = Onebot.start(t, { url, self, token });
  await bot.told("open");
  return bot;
}

const segment = (type: string, data: Record<string, string> = {}) => ({ type, data });
const group = { message_type: "group", sub_type: "normal", group_id: 77 };
const sender = { user_id: 5, nickname: "小明", card: "" };

test("kinds without words are told, in private and in a group; those with words are shown", async (t) => {
  const bot = await connected(t, "2001");
  bot.say(11, [segment("json", { data: "{}" })]);
  await bot.reply("无法处理卡片消息");
  bot.say(12, [segment("at", { qq: "2001" }), segment("json", { data: "{}" })], group);
  t.is((await bot.reply("无法处理卡片消息")).action, "send_private_msg");
  await bot.until(() => bot.calls.some((call) => call.action === "send_group_msg"), "the group is told");
  bot.say(13, [segment("video", { file: "x" })]);
  await bot.reply("无法处理视频");
  bot.say(14, [segment("never-heard-of")]);
  await bot.reply("无法处理该类消息");
  bot.say(15, [segment("face", { id: "1" }), segment("text", { text: "hello" })]);
  await bot.reply("[表情]hello");
  bot.say(16, [segment("location", { title: "Cafe", lat: "1", lon: "2" })]);
  await bot.reply("[位置: Cafe 1, 2]");
});

test("the bot's name alone is answered", async (t) => {
  const bot = await connected(t, "2002");
  bot.say(21, [segment("at", { qq: "2002" })], group);
  t.regex(textOf(await bot.reply("/help")), /你好/);
});

test("a merged forward is read, quoted or by itself; one that can't be had is named", async (t) => {
  const bot = await connected(t, "2003");
  const node = (text: string) => ({ sender, message: [segment("text", { text })] });
  bot.set({
    messages: {
      "-31": { sender, message: [segment("forward", { id: "f1" })] },
      "-32": { sender, message: [segment("forward", { id: "gone" })] },
    },
    forwards: { f1: { messages: [node("第一条"), node("第二条")] } },
  });
  const ask = (id: string) => [segment("reply", { id }), segment("text", { text: "总结一下" })];
  bot.say(31, ask("-31"));
  const whole = textOf(await bot.reply("总结一下"));
  t.true(whole.includes("小明: 第一条") && whole.includes("小明: 第二条"), whole);
  bot.say(32, [segment("forward", { id: "f1" })]);
  await bot.reply("[合并转发]");
  bot.say(33, ask("-32"));
  const named = await bot.until(
    () => bot.calls.find((call) => call.params.user_id === 33 && textOf(call).includes("[合并转发]")),
    "the name of the forward",
  );
  t.false(textOf(named).includes("第一条"));
});

test("an answer to a message of the bot that this process did not send addresses it", async (t) => {
  const bot = await connected(t, "2004");
  const text = (words: string) => segment("text", { text: words });
  bot.set({
    messages: {
      "-41": { sender: { user_id: 2004, nickname: "Bot" }, message: [text("earlier")] },
      "-42": { sender, message: [text("of somebody else")] },
    },
  });
  bot.say(41, [segment("reply", { id: "-42" }), text("not for the bot")], group);
  bot.say(41, [segment("reply", { id: "-41" }), text("and after a restart")], group);
  await bot.reply("and after a restart");
  t.false(bot.calls.some((call) => textOf(call).includes("not for the bot")));
});

test("a private talk that began in a group is answered over that group", async (t) => {
  const bot = await connected(t, "2005");
  bot.say(51, "from the group", { sub_type: "group", group_id: 900 });
  const { action, params } = await bot.reply("from the group");
  t.deepEqual([action, params.user_id, params.group_id], ["send_private_msg", 51, 900]);
});

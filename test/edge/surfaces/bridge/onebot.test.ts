import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { Onebot, textOf } from "../../../_kit/clients/onebot.ts";
import { noise } from "../../../_kit/fakes/pictures.ts";
import { sayLetters, wavOf } from "../../../_kit/fakes/upstream-audio.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

const token = "token of the tests";
const secret = token.replaceAll(" ", "-");
let system: System;

test.before(async () => {
  system = await startSystem({
    edges: 1,
    actors: 1,
    env: { ONEBOT_ACCESS_TOKEN: secret, OPENAI_MODEL: "slow:3x5", ALLOW_PRIVATE_URLS: "true" },
  });
});
test.after.always(() => system?.stop());

const url = () => `${system.url().replace("http", "ws")}/onebot/v11/ws`;

async function connected(t: Parameters<typeof Onebot.start>[0], self: string, slash = ""): Promise<Onebot> {
  const bot = Onebot.start(t, { url: url() + slash, self, token: secret });
  await bot.told("open");
  return bot;
}

async function admin(path: string, body: unknown): Promise<void> {
  const headers = { authorization: `Bearer ${mintToken("admin")}`, "content-type": "application/json" };
  const options = { method: "POST", headers, body: JSON.stringify(body) };
  const { status } = await fetch(`${system.url()}/api/v1/admin/models/${path}`, options);
  if (status !== 200) throw new Error(`${path}: ${status}`);
}

test.serial("a private message is answered as segments, with what it answers", async (t) => {
  const bot = await connected(t, "1001", "/");
  const event = bot.say(42, [{ type: "text", data: { text: "hello" } }]);
  const call = await bot.reply("hello");
  t.is(call.action, "send_private_msg");
  t.is(call.params.user_id, 42);
  t.deepEqual(call.params.message[0], { type: "reply", data: { id: String(event.message_id) } });
  t.is(textOf(call), "hello");
  const history = await system.request("GET", "/api/v1/sessions/qq_1001_private_42/messages", "ext_qq_42");
  t.is(history.status, 200);
});

test.serial(
  "in a group only who addresses the bot is answered; CQ codes and arrays are the same",
  async (t) => {
    const bot = await connected(t, "1002");
    const group = { message_type: "group", sub_type: "normal", group_id: 77 };
    bot.say(5, "nobody is meant", group);
    bot.say(5, "[CQ:at,qq=1002] 1 &#91;2&#93; &amp; 3", group);
    const call = await bot.reply("1 [2] & 3");
    t.is(call.action, "send_group_msg");
    t.is(call.params.group_id, 77);
    t.deepEqual(call.params.message[1], { type: "at", data: { qq: "5" } });
    bot.say(
      5,
      [
        { type: "reply", data: { id: "1001" } },
        { type: "text", data: { text: "and then" } },
      ],
      group,
    );
    await bot.reply("and then");
    t.false(bot.calls.some((one) => textOf(one).includes("nobody")));
  },
);

test.serial("an event that comes twice is answered once; CQ codes in a reply stay text", async (t) => {
  const bot = await connected(t, "1003");
  const event = bot.say(6, [{ type: "text", data: { text: "[CQ:at,qq=all] once" } }]);
  bot.send(event);
  const call = await bot.reply("once");
  t.deepEqual(call.params.message.at(-1), { type: "text", data: { text: "[CQ:at,qq=all] once" } });
  bot.say(6, "last");
  await bot.reply("last");
  t.is(bot.calls.filter((one) => textOf(one).includes("once")).length, 1);
});

test.serial("a long reply comes in parts of QQ's length, in order", async (t) => {
  const bot = await connected(t, "1004");
  const text = Array.from({ length: 900 }, (_, index) => `line ${index}`).join("\n");
  bot.say(7, text);
  await bot.reply("line 899");
  const parts = bot.calls.map(
    (call) => call.params.message.findLast(({ type }) => type === "text")?.data.text,
  );
  t.true(parts.length > 1);
  t.true(parts.every((part) => (part ?? "").length <= 3_000));
  t.is(parts.join(""), text);
  t.is(bot.calls.flatMap(({ params }) => params.message.filter(({ type }) => type === "reply")).length, 1);
});

test.serial("commands are the same as everywhere, with those of QQ", async (t) => {
  const bot = await connected(t, "1005");
  bot.say(8, "/help");
  const help = textOf(await bot.reply("/task delete [task_id]"));
  for (const line of [
    "/bind [token] - 绑定用户账号",
    "/unbind - 解绑用户账号",
    "/quota - 查询用户配额使用情况",
  ])
    t.true(help.includes(line));
  bot.say(8, "/quota");
  await bot.reply("今日用量");
  bot.say(8, "/clear");
  await bot.reply("当前会话历史已清除");
});

test.serial("binding: by a one-time code or a token, never in a group, until it is undone", async (t) => {
  const bot = await connected(t, "1006");
  const make = async () => {
    const response = await system.request("POST", "/api/v1/bindings/token", "owner");
    t.is(response.status, 201);
    return ((await response.json()) as { token: string }).token;
  };
  const exposed = await make();
  bot.say(9, `/bind ${exposed}`, { message_type: "group", sub_type: "normal", group_id: 78 });
  await bot.reply("请勿在群聊中绑定");
  bot.say(9, `/bind ${exposed}`);
  await bot.reply("绑定失败");
  bot.say(9, `/bind ${await make()}`);
  await bot.reply("绑定成功，当前账号: owner");
  bot.say(9, "who am I");
  await bot.reply("who am I");
  const path = "/api/v1/sessions/qq_1006_private_9/messages";
  t.is((await system.request("GET", path, "owner")).status, 200);
  t.is((await system.request("GET", path, "ext_qq_9")).status, 404);
  const list = await (await system.request("GET", "/api/v1/bindings", "owner")).json();
  t.is((list as { total: number }).total, 1);
  bot.say(9, "/unbind");
  await bot.reply("已解绑账号: owner");
  bot.say(9, `/bind ${mintToken("other")}`);
  await bot.reply("当前账号: other");
});

test.serial("a wrong or missing access token is refused before the upgrade", async (t) => {
  const wrong = Onebot.start(t, { url: url(), self: "1007", token: "wrong" });
  t.like(await wrong.until(() => wrong.lines.find(({ event }) => event === "refused"), "refusal"), {
    status: 403,
  });
  const missing = Onebot.start(t, { url: url(), self: "1007" });
  t.like(await missing.until(() => missing.lines.find(({ event }) => event === "refused"), "refusal"), {
    status: 401,
  });
});

test.serial("events and calls may have a connection each", async (t) => {
  const api = Onebot.start(t, { url: url(), self: "1008", token: secret, role: "API" });
  const event = Onebot.start(t, { url: url(), self: "1008", token: secret, role: "Event" });
  await Promise.all([api.told("open"), event.told("open")]);
  event.say(10, "over the other");
  await api.reply("over the other");
  t.is(event.calls.length, 0);
});

test.serial("a call that is refused is tried again, without the quotation at first", async (t) => {
  const bot = await connected(t, "1009");
  bot.set({ fail: 1 });
  bot.say(11, "try again");
  await bot.until(() => bot.calls.length === 2, "two calls");
  t.deepEqual(
    bot.calls.map(({ params }) => params.message[0]?.type),
    ["reply", "text"],
  );
});

test.serial(
  "a quoted message is context, in its place in the chat; one that is gone is left out",
  async (t) => {
    const bot = await connected(t, "1011");
    const sender = { user_id: 5, nickname: "小明", card: "" };
    const message = [
      { type: "text", data: { text: "八点开会\n带上电脑" } },
      { type: "at", data: { qq: "6" } },
    ];
    bot.set({
      messages: { "-77": { message_id: -77, sender, message }, "-78": { sender, message: "[CQ:face,id=1]" } },
    });
    bot.say(13, [
      { type: "reply", data: { id: "-77" } },
      { type: "text", data: { text: "几点?" } },
    ]);
    bot.say(13, "second");
    t.is(textOf(await bot.reply("几点?")), "> 小明: 八点开会\n> 带上电脑@6\n\n几点?");
    await bot.reply("second");
    t.deepEqual(
      bot.calls.map((call) => textOf(call).split("\n").at(-1)),
      ["几点?", "second"],
    );
    bot.say(13, "[CQ:reply,id=-1]gone");
    t.is(textOf(await bot.reply("gone")), "gone");
    bot.say(13, "[CQ:reply,id=-78]a face");
    t.is(textOf(await bot.reply("a face")), "> 小明: [表情]\n\na face");
    bot.say(13, "[CQ:reply,id=-77]/version");
    t.false(textOf(await bot.reply("Parley")).includes("小明"));
  },
);

test.serial("speech becomes text, in its place in the chat; what nobody can hear is answered", async (t) => {
  const bot = await connected(t, "1012");
  const base_url = `http://127.0.0.1:${system.upstream.port}/v1`;
  await admin("providers/heard", { name: "heard", base_url, api_key: "k" });
  await admin("models/ears", { id: "ears", name: "ears:50", provider: "heard", enabled: true });
  await admin("routing/stt", { purpose: "stt", fallback_chain: ["ears"] });
  const base64 = wavOf(sayLetters("hello there"), 16_000).toString("base64");
  bot.set({ records: { "a.amr": { file: "/data/a.mp3", base64 } } });
  bot.say(14, [{ type: "record", data: { file: "a.amr" } }]);
  bot.say(14, "after it");
  await bot.reply("hellothere");
  await bot.reply("after it");
  t.deepEqual(bot.calls.map(textOf), ["hellothere", "after it"]);
  bot.say(14, [{ type: "record", data: { file: "/data/b.amr" } }]);
  t.is((await bot.reply("暂时无法识别语音消息")).action, "send_private_msg");
});

test.serial("images reach the model, by address or inline; one that can't be had is named", async (t) => {
  const png =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
  const large = await noise(500, 400, [90, 120, 60], 200);
  t.true(large.length > 300_000);
  const server = createServer((request, response) => {
    response.end(request.url === "/a.png" ? Buffer.from(png, "base64") : "no image");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bot = await connected(t, "1010");
  bot.say(12, [
    { type: "text", data: { text: "@parts look" } },
    { type: "image", data: { file: "a.png", url: `${base}/a.png` } },
    { type: "image", data: { file: `base64://${png}` } },
    { type: "image", data: { file: `base64://${large.toString("base64")}` } },
    { type: "image", data: { file: "b.png", url: `${base}/b.png` } },
  ]);
  const said = textOf(await bot.reply("@parts look"));
  t.is(said.split("data:image/png;base64,iVBORw0KGgo").length, 4);
  t.true(said.includes("[图片无法读取]"));
});

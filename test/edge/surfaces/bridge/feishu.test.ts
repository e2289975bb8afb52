import test from "ava";
import { FakeFeishu } from "../../../_kit/fakes/feishu.ts";
import { type System, startSystem } from "../../../_kit/worlds/system.ts";

let feishu: FakeFeishu;
let system: System;
let messages = 0;

test.before(async () => {
  feishu = await FakeFeishu.start();
  system = await startSystem({ edges: 1, actors: 1, env: { ...feishu.env, OPENAI_MODEL: "slow:1x1" } });
});
test.after.always(async () => {
  await system?.stop();
  feishu?.close();
});

const nextId = () => `om_in_${++messages}`;
const say = (message: Record<string, unknown>, sender?: string) =>
  feishu.post(system.url(), feishu.event({ message_id: nextId(), ...message }, sender));
const text = (words: string) => ({ content: JSON.stringify({ text: words }) });
const group = { chat_id: "oc_group", chat_type: "group" };
const mention = { key: "@_user_1", id: { open_id: FakeFeishu.self }, name: "Parley" };

test.serial("the test of the address is answered; what is not Feishu's is refused", async (t) => {
  const challenge = { type: "url_verification", challenge: "abc", token: "x" };
  const answer = await feishu.post(system.url(), challenge, { signature: null });
  t.is(answer.status, 200);
  t.deepEqual(await answer.json(), { challenge: "abc" });
  const event = feishu.event({ message_id: "om_forged", ...text("forged") });
  for (const change of [
    { key: "another key" },
    { signature: "00".repeat(32) },
    { signature: "zz" },
    { signature: null },
    { at: Date.now() - 600_000 },
  ])
    t.is((await feishu.post(system.url(), event, change)).status, 401, JSON.stringify(change));
  t.is((await fetch(`${system.url()}/webhook/feishu`, { method: "POST", body: "{}" })).status, 400);
});

test.serial("a message with text ids is answered, once, under the sender's own user", async (t) => {
  const event = feishu.event({ message_id: "om_first", ...text("hello") });
  t.is((await feishu.post(system.url(), event)).status, 200);
  const { messageId, body } = await feishu.reply("hello");
  t.is(messageId, "om_first");
  t.true(body.uuid.length > 0 && body.uuid.length <= 50);
  t.is((await feishu.post(system.url(), event)).status, 200);
  await say(text("and after"));
  await feishu.reply("and after");
  t.is(feishu.replies.filter((reply) => reply.body.content.includes("hello")).length, 1);
  const history = "/api/v1/sessions/feishu_oc_private/messages";
  t.is((await system.request("GET", history, "ext_feishu_ou_ann")).status, 200);
});

test.serial("in a group only who names the bot is answered, in the thread of the question", async (t) => {
  await say({ ...group, ...text("among ourselves") });
  await say({ ...group, ...text("@_user_1 a question"), mentions: [mention], thread_id: "omt_1" });
  const { body } = await feishu.reply("a question");
  t.is(JSON.parse(body.content).text, "a question");
  t.true(body.reply_in_thread);
  t.false(feishu.replies.some((reply) => reply.body.content.includes("ourselves")));
});

test.serial("rich text, pictures, files and quoted messages reach the session", async (t) => {
  feishu.resources.set("file_1", { type: "text/plain", bytes: Buffer.from("notes") });
  feishu.messages.set("om_q", { msg_type: "text", sender: "ou_bob", content: { text: "an earlier word" } });
  const content = JSON.stringify({
    title: "Title",
    content: [
      [
        { tag: "text", text: "see " },
        { tag: "a", text: "here", href: "https://e.example" },
      ],
    ],
  });
  await say({ message_type: "post", content, parent_id: "om_q" });
  const { body } = await feishu.reply("[here](https://e.example)");
  t.is(JSON.parse(body.content).text, "> ou_bob: an earlier word\n\nTitle\nsee [here](https://e.example)");
  const file = JSON.stringify({ file_key: "file_1", file_name: "notes.txt" });
  await say({ message_type: "file", content: file, chat_id: "oc_files" });
  const history = "/api/v1/sessions/feishu_oc_files/messages";
  const { messages: stored } = (await (await system.request("GET", history, "ext_feishu_ou_ann")).json()) as {
    messages: { attachments?: { filename: string }[] }[];
  };
  t.is(stored[0]?.attachments?.[0]?.filename, "notes.txt");
});

test.serial("kinds that can't be shown are told", async (t) => {
  await say({ message_type: "media", content: JSON.stringify({ file_key: "v" }) });
  await feishu.reply("无法处理视频");
  await say({ message_type: "new_kind", content: "not json" });
  await feishu.reply("无法处理该类消息");
  t.pass();
});

test.serial("a flood limit is waited for with the same uuid; a refusal is final", async (t) => {
  feishu.refusals.push({ when: "patience", status: 429, body: { code: 99991400, msg: "too many" } });
  await say({ ...text("patience"), chat_id: "oc_flood" });
  const twice = async () => feishu.replies.filter(({ body }) => body.content.includes("patience"));
  await feishu.reply("patience");
  await say({ ...text("beside it"), chat_id: "oc_other" });
  await feishu.reply("beside it");
  await say({ ...text("behind it"), chat_id: "oc_flood" });
  await feishu.reply("behind it");
  const [first, second, ...more] = await twice();
  t.is(first?.body.uuid, second?.body.uuid);
  t.is(more.length, 0);
  feishu.refusals.push({
    when: "refused",
    status: 400,
    body: { code: 230002, msg: "bot is not in the chat" },
  });
  await say({ ...text("refused"), chat_id: "oc_gone" });
  await feishu.reply("refused");
  await say({ ...text("still served"), chat_id: "oc_gone" });
  await feishu.reply("still served");
  t.is(feishu.replies.filter(({ body }) => body.content.includes("refused")).length, 1);
});

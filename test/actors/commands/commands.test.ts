import { on, once } from "node:events";
import test from "ava";
import WebSocket from "ws";
import { chatChunkSchema } from "../../../schemas/wire/openai.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const help = `可用命令列表：
/help - 显示此帮助信息
/clear - 清除当前会话历史
/version - 显示系统版本信息
/status - 显示系统状态信息
/task list - 列出所有任务
/task get [task_id] - 获取任务详情
/task run [task_id] - 执行任务
/task delete [task_id] - 删除任务`;

let system: System;

test.before(async () => {
  system = await startSystem({ edges: 1, actors: 1 });
});
test.after.always(() => system?.stop());

/** The whole text that answers a message. */
async function answer(name: string, content: string): Promise<string> {
  const client = await system.client(name, { session: name });
  const { client_msg_id } = await client.send(content);
  const end = await client.frame(
    (frame) => frame.type === "stream_end" && frame.client_msg_id === client_msg_id,
    `the answer to ${content}`,
  );
  return end.type === "stream_end" ? end.text : "";
}

test("/help is the documented text, byte for byte", async (t) => {
  t.is(await answer("help", "/help"), help);
});

test("/version and /status tell of the system", async (t) => {
  t.regex(await answer("version", "/version"), /\d+\.\d+\.\d+/);
  t.regex(await answer("status", "/status"), /运行时间/);
});

test("/quota shows the user's figures on every surface", async (t) => {
  t.regex(await answer("quota", "/quota"), /今日用量: 消息 \d+/);
});

test("an unknown command and a missing argument are answered with a hint", async (t) => {
  t.regex(await answer("unknown", "/nothing here"), /未知命令: \/nothing.*\/help/);
  t.is(await answer("argument", "/task run"), "用法: /task run [task_id]");
  t.regex(await answer("task", "/task"), /用法: \/task list/);
});

test("a task is a rule of the user: made, listed, shown, run and deleted", async (t) => {
  const none = await answer("none", "/task list");
  if (none.includes("暂不可用")) {
    t.pass("no automation actor here yet");
    return;
  }
  const response = await fetch(`${system.url()}/api/v1/automation/rules`, {
    method: "POST",
    headers: { authorization: `Bearer ${mintToken("admin")}`, "content-type": "application/json" },
    body: JSON.stringify({
      name: "Water the plants",
      trigger_type: "manual",
      actions: { steps: [{ type: "notify", title: "Plants", body: "Water them" }] },
    }),
  });
  t.is(response.status, 201);
  const { rule } = (await response.json()) as { rule: { id: string } };
  t.true((await answer("list", "/task list")).includes(`${rule.id} - Water the plants`));
  t.regex(await answer("get", `/task get ${rule.id}`), /任务: Water the plants/);
  t.regex(await answer("run", `/task run ${rule.id}`), /规则已触发/);
  t.is(await answer("delete", `/task delete ${rule.id}`), `任务已删除: ${rule.id}`);
  t.is(await answer("gone", `/task get ${rule.id}`), "任务不存在");
});

test("a Cyber socket gets the same text as chunks", async (t) => {
  const socket = new WebSocket(`${system.url().replace("http", "ws")}/${mintToken("cyber")}`);
  t.teardown(() => socket.terminate());
  await once(socket, "open");
  socket.send(JSON.stringify({ content: "/help" }));
  let text = "";
  for await (const [data] of on(socket, "message") as AsyncIterable<[Buffer]>) {
    const { choices } = chatChunkSchema.parse(JSON.parse(String(data)));
    text += choices[0]?.delta.content ?? "";
    if (choices[0]?.finish_reason === "stop") break;
  }
  t.is(text, help);
});

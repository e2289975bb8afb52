import test from "ava";
import { localTime } from "../../../actors/time/zoned-time.ts";
import type { Reminder } from "../../../schemas/documents/reminder.ts";
import { call } from "../../_kit/clients/rest.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("the model makes a reminder from talk, in the user's time zone, and reaches devices", async (t) => {
  const system = await startSystem({
    edges: 1,
    actors: 1,
    env: { DEFAULT_TIMEZONE: "Asia/Shanghai", OPENAI_MODEL: "call:1x1" },
  });
  t.teardown(() => system.stop());
  const phone = await system.client("phone");
  const use = async (tool: string, args: unknown) => {
    const send = await phone.send(`${tool} ${JSON.stringify(args)}`, { session: "talk" });
    const end = await phone.frame(
      (one) => one.type === "stream_end" && one.client_msg_id === send.client_msg_id,
      `the end of ${tool}`,
    );
    return end.type === "stream_end" ? end.text : "";
  };

  const answer = await use("create_reminder", { title: "开会", days_from_today: 1, time: "15:00" });
  t.regex(answer, /15:00/);
  const progress = phone.frames.flatMap(({ frame }) =>
    frame.type === "tool_progress" ? [frame.tool_progress] : [],
  );
  t.deepEqual(
    progress.map(({ tool_name, status }) => [tool_name, status]),
    [
      ["create_reminder", "started"],
      ["create_reminder", "completed"],
    ],
  );
  const [made] = (await call<{ reminders: Reminder[] }>(system, "GET", "/reminders")).body.reminders;
  t.like(made, { title: "开会", session_id: "talk", time_zone: "Asia/Shanghai" });
  const due = localTime(Date.parse(made?.remind_at ?? ""), "Asia/Shanghai");
  const tomorrow = localTime(Date.now() + 24 * 3600 * 1000, "Asia/Shanghai");
  t.like(due, { day: tomorrow.day, month: tomorrow.month, hour: 15, minute: 0 });

  t.regex(await use("create_reminder", { title: "never" }), /give days_from_today/);
  t.regex(await use("current_time", {}), /Asia\/Shanghai/);
  await call(system, "POST", "/devices/lamp/update", { state: { on: false } });
  t.regex(await use("device_command", { device_id: "lamp", command: { on: true } }), /true/);
  t.regex(await use("device_command", { device_id: "none", command: { on: true } }), /设备不存在/);
  t.regex(await use("cancel_reminder", { id: made?.id }), /cancelled/);

  await use("remember", { fact: "The user's cat is called Murr" });
  const found = await use("search_memory", { query: "cat Murr" });
  t.regex(found, /Murr/);
  const [fact] = (JSON.parse(found) as { memories: { id: string }[] }).memories;
  t.regex(await use("forget", { id: fact?.id }), /deleted/);
  // What was said is read for facts by itself, too, so it may be known again under another id.
  const { body } = await call<{ memories: { id: string }[] }>(system, "GET", "/memory");
  t.false(body.memories.some(({ id }) => id === fact?.id));
});

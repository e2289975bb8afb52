import test from "ava";
import type { Reminder } from "../../../schemas/documents/reminder.ts";
import { call } from "../../_kit/clients/rest.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

interface One {
  success: boolean;
  reminder: Reminder;
}

test("reminders are made, listed, changed and deleted as the API says", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1, env: { DEFAULT_TIMEZONE: "Asia/Shanghai" } });
  t.teardown(() => system.stop());
  const at = "2099-01-01T15:00:00Z";

  const made = await call<One>(system, "POST", "/reminders", {
    title: "开会",
    remind_at: at,
    session_id: "s1",
  });
  t.is(made.status, 201);
  const { id, created_at, ...rest } = made.body.reminder;
  t.truthy(created_at);
  t.deepEqual(rest, {
    user_id: "admin",
    title: "开会",
    description: "",
    remind_at: "2099-01-01T15:00:00.000Z",
    status: "pending",
    repeat_type: "none",
    session_id: "s1",
    time_zone: "Asia/Shanghai",
    notified: false,
    completed_at: null,
  });
  const wall = await call<One>(system, "POST", "/reminders", {
    title: "早",
    remind_at: "2099-01-01T08:00:00",
  });
  t.is(
    wall.body.reminder.remind_at,
    "2099-01-01T00:00:00.000Z",
    "a time without an offset is in the user's zone",
  );

  const bad = await call(system, "POST", "/reminders", { title: "x", remind_at: "明天" });
  t.is(bad.status, 400);
  t.is(bad.body.error, "时间格式无效,请使用 ISO 8601 格式 (例如 2024-01-01T15:00:00Z)");
  for (const body of [
    { remind_at: at },
    { title: "", remind_at: at },
    { title: 3, remind_at: at },
    { title: "x" },
  ])
    t.is((await call(system, "POST", "/reminders", body)).status, 400);

  const list = await call<{ reminders: Reminder[]; count: number }>(
    system,
    "GET",
    "/reminders?status=pending",
  );
  t.deepEqual(
    list.body.reminders.map(({ title }) => title),
    ["早", "开会"],
  );
  t.is(list.body.count, 2);

  const changed = await call<One>(system, "PUT", `/reminders/${id}`, { title: "新", status: "completed" });
  t.is(changed.status, 200);
  t.is(changed.body.reminder.title, "新");
  t.is(changed.body.reminder.status, "completed");
  t.truthy(changed.body.reminder.completed_at);

  for (const [method, path] of [
    ["PUT", "/reminders/none"],
    ["DELETE", "/reminders/none"],
  ] as const) {
    const missing = await call(system, method, path, method === "PUT" ? {} : undefined);
    t.is(missing.status, 404);
    t.is(missing.body.error, "提醒不存在");
  }
  const others = await call(system, "GET", "/reminders?user_id=admin", undefined, "user_bob");
  t.is(others.status, 403);
  t.is((await call(system, "PUT", `/reminders/${id}`, { title: "mine" }, "user_bob")).status, 404);
  t.is((await call(system, "DELETE", `/reminders/${id}`, undefined, "user_bob")).status, 404);

  t.deepEqual((await call(system, "DELETE", `/reminders/${id}`)).body, { success: true });
  t.is((await call(system, "DELETE", `/reminders/${id}`)).status, 404);
});

import test from "ava";
import type { Reminder } from "../../../schemas/documents/reminder.ts";
import { call } from "../../_kit/clients/rest.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

interface One {
  reminder: Reminder;
}

const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

test("a reminder that is due reaches every device once, and its session; a cancelled one does not", async (t) => {
  const system = await startSystem({ edges: 2, actors: 2 });
  t.teardown(() => system.stop());
  const phone = await system.client("phone");
  const desk = await system.client("desk", { edge: 1 });
  const cancelled = await call<One>(system, "POST", "/reminders", { title: "never", remind_at: soon(2_500) });
  await call(system, "PUT", `/reminders/${cancelled.body.reminder.id}`, { status: "cancelled" });
  const moved = await call<One>(system, "POST", "/reminders", { title: "moved", remind_at: soon(1_000) });
  await call(system, "PUT", `/reminders/${moved.body.reminder.id}`, { remind_at: soon(3_600_000) });
  const past = await call<One>(system, "POST", "/reminders", { title: "past", remind_at: soon(-60_000) });
  const daily = await call<One>(system, "POST", "/reminders", {
    title: "开会",
    description: "三号会议室",
    remind_at: soon(3_000),
    repeat_type: "daily",
    session_id: "work",
  });

  for (const device of [phone, desk]) {
    const frame = await device.frame(
      (one) => one.type === "notification" && one.notification.title === "开会",
      "the reminder",
    );
    if (frame.type !== "notification") return t.fail();
    t.is(frame.notification.type, "reminder");
    t.is(frame.notification.body, "三号会议室");
    t.is(frame.session_id, "work");
    t.is(frame.notification.data?.reminder_id, daily.body.reminder.id);
  }
  await phone.frame((one) => one.type === "stream_end" && one.session_id === "work", "the session's message");
  const history = await call<{ messages: { role: string; content: string }[] }>(
    system,
    "GET",
    "/sessions/work/messages",
  );
  t.deepEqual(
    history.body.messages.map(({ role, content }) => ({ role, content })),
    [{ role: "assistant", content: "⏰ 开会\n三号会议室" }],
  );
  const titles = phone.frames.flatMap(({ frame }) =>
    frame.type === "notification" ? [frame.notification.title] : [],
  );
  t.deepEqual(titles, ["past", "开会"]);

  const next = await eventually(
    async () => {
      const list = await call<{ reminders: Reminder[] }>(system, "GET", "/reminders");
      const found = list.body.reminders.find(({ id }) => id === daily.body.reminder.id);
      return found !== undefined && found.remind_at !== daily.body.reminder.remind_at && found;
    },
    5_000,
    "the next day",
  );
  t.is(Date.parse(next.remind_at) - Date.parse(daily.body.reminder.remind_at), 86_400_000);
  t.is(next.status, "pending");
  const one = await call<{ reminders: Reminder[] }>(system, "GET", "/reminders");
  t.true(one.body.reminders.find(({ id }) => id === past.body.reminder.id)?.notified);
});

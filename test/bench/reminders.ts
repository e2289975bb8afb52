import { adminUserId } from "../../schemas/principal.ts";
import { call } from "../_kit/clients/rest.ts";
import { Watch } from "../_kit/judge/waiting.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";
import { mintToken } from "../_kit/worlds/token.ts";
import { type Figure, percentile } from "./figures.ts";
import { openMany } from "./frame-socket.ts";
import type { Plan } from "./plan.ts";
import { say } from "./progress.ts";

// Reminders that are due within one minute, seen by a socket of their user: each once, and none late.

const reminders = 10_000;
const spreadMs = 60_000;
const makers = 32;
const warmUp = 200;

/** How late reminders are when thousands are due within a minute. */
export async function dueReminders(plan: Plan): Promise<Figure[]> {
  const count = plan.repetitions > 1 ? reminders : reminders / 10;
  const system = await startSystem({
    edges: 1,
    actors: 1,
    env: { LOG_LEVEL: "warn", LIMIT_USER_REMINDERS: String(2 * count) },
  });
  try {
    const { late, twice } = await ring(system, count);
    return [
      {
        name: `${count} reminders due within a minute: lateness p99`,
        unit: "ms",
        values: [percentile(late, 0.99)],
        target: { of: "value", sense: "max", bound: 2_000 },
        note: `p50 ${Math.round(percentile(late, 0.5))} ms, worst ${Math.round(percentile(late, 1))} ms`,
      },
      {
        name: "reminders that came twice",
        unit: "",
        values: [twice],
        target: { of: "value", sense: "max", bound: 0 },
      },
    ];
  } finally {
    await system.stop();
  }
}

async function ring(system: System, count: number): Promise<{ late: number[]; twice: number }> {
  const late = new Map<string, number>();
  const watch = new Watch();
  let twice = 0;
  const [socket] = await openMany(1, () => ({
    port: system.edge(0).port,
    path: `/ws/chat?token=${mintToken(adminUserId)}`,
    onFrame: (bytes, start, length) => {
      const text = bytes.toString("utf8", start, start + length);
      if (!text.includes('"notification"')) return;
      const { notification } = JSON.parse(text) as {
        notification: { title: string; data: { remind_at: string } };
      };
      if (late.has(notification.title)) twice += 1;
      late.set(notification.title, Date.now() - Date.parse(notification.data.remind_at));
      if (late.size >= count) watch.changed();
    },
  }));
  try {
    const began = Date.now();
    await makeAll(system, warmUp, () => ({ title: "far", at: began + 3_600_000 }));
    // Far enough away that all are made before the first is due.
    const begin = Date.now() + 5_000 + ((Date.now() - began) / warmUp) * count * 1.5;
    await makeAll(system, count, (index) => ({ title: `r${index}`, at: begin + (index / count) * spreadMs }));
    const early = begin - Date.now();
    if (early < 0) throw new Error("the first reminder was due before the last was made");
    say(`reminders: ${count} made, ${Math.round(early / 1000)} s before the first is due`);
    await watch.until(() => late.size === count, early + spreadMs + 60_000, "all reminders");
    // One more, due now, comes after whatever might come twice.
    await makeAll(system, 1, () => ({ title: "last", at: Date.now() }));
    await watch.until(() => late.has("last"), 60_000, "the last reminder");
    late.delete("last");
    return { late: [...late.values()], twice };
  } finally {
    socket?.destroy();
  }
}

async function makeAll(
  system: System,
  count: number,
  reminder: (index: number) => { title: string; at: number },
): Promise<void> {
  let next = 0;
  const make = async () => {
    while (next < count) {
      const { title, at } = reminder(next++);
      const body = { title, remind_at: new Date(at).toISOString() };
      const { status } = await call(system, "POST", "/reminders", body);
      if (status !== 201) throw new Error(`reminder not made: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: makers }, make));
}

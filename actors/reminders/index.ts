import { eventsStreamConfig } from "../../infra/nats/stream-configs.ts";
import { ensureStream } from "../../infra/nats/streams.ts";
import type { ActorContext } from "../actor-context.ts";
import { onUserDeleted } from "../events/user-erasure.ts";
import { Schedules } from "../time/schedules.ts";
import { ReminderClock } from "./reminder-clock.ts";
import { serveReminderRoutes } from "./reminder-routes.ts";
import { ReminderStore } from "./reminder-store.ts";

/** Serves reminders and fires due ones; any number of processes share the work. */
export async function startReminders(context: ActorContext): Promise<void> {
  const store = new ReminderStore(context.db);
  const schedules = new Schedules(context);
  const clock = new ReminderClock(context, store, schedules);
  await Promise.all([store.createIndexes(), ensureStream(context.jsm, eventsStreamConfig())]);
  await schedules.prepare("reminder", () => store.unscheduleAll());
  await clock.repair.all();
  schedules.watch(
    "reminder",
    () => store.unscheduleAll(),
    () => clock.repair.all(),
  );
  await schedules.serve("reminder", (due) => clock.ring(due));
  await onUserDeleted(context, "reminders-erasure", async (user) => {
    await store.eraseUser(user);
    await schedules.cancelAll("reminder", user);
  });
  serveReminderRoutes({ ...context, store, clock });
  context.lifecycle.onStop("reminders", () => clock.repair.stop());
}

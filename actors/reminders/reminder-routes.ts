import { createHash } from "node:crypto";
import type { ReminderDocument } from "../../schemas/documents/reminder.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import {
  createReminder,
  deleteReminder,
  listReminders,
  updateReminder,
} from "../../schemas/routes/reminders.ts";
import type { ActorContext } from "../actor-context.ts";
import { actingUser } from "../requests/acting-user.ts";
import { serveRoute } from "../requests/rest.ts";
import { userTimeZone } from "../time/user-time-zone.ts";
import { type LocalTime, nextRepetition, type ParsedTime, parseTime } from "../time/zoned-time.ts";
import type { ReminderClock } from "./reminder-clock.ts";
import { type ReminderStore, shownReminder } from "./reminder-store.ts";

type Services = Pick<ActorContext, "nc" | "bus" | "log" | "settings" | "db"> & {
  store: ReminderStore;
  clock: ReminderClock;
};

/** Serves the reminder routes. */
export function serveReminderRoutes(services: Services): void {
  const { store, clock } = services;
  serveRoute(services, listReminders, async ({ principal, query }) => {
    const user = actingUser(principal, query.user_id);
    const found = await store.list(user, query.status, query.limit, query.offset);
    return { reminders: found.map(shownReminder), count: found.length };
  });
  serveRoute(services, createReminder, async ({ principal, query, body, idempotency_key }) => {
    const user = actingUser(principal, query.user_id);
    const reminder = await create(services, user, body, idempotency_key);
    return { success: true as const, reminder: shownReminder(reminder) };
  });
  serveRoute(services, updateReminder, async ({ principal, params, query, body }) => {
    const user = actingUser(principal, query.user_id);
    const reminder = await update(services, user, params.id, body);
    return { success: true as const, reminder: shownReminder(reminder) };
  });
  serveRoute(services, deleteReminder, async ({ principal, params, query }) => {
    const user = actingUser(principal, query.user_id);
    if (!(await store.delete(user, params.id))) throw missing();
    await clock.cancel(user, params.id);
    return { success: true as const };
  });
}

interface NewReminder {
  title: string;
  description: string;
  remind_at: string;
  repeat_type: ReminderDocument["repeat_type"];
  session_id?: string | undefined;
}

async function create(
  { db, settings, store, clock }: Services,
  user: string,
  body: NewReminder,
  key: string | undefined,
): Promise<ReminderDocument> {
  const zone = await userTimeZone(db, settings, user);
  const { at, wall } = timeOf(body.remind_at, zone);
  const most = settings.limits.userReminders;
  if ((await store.countPending(user, most)) >= most)
    throw new ParleyError("rate_limited", { error: "提醒数量已达上限" });
  const reminder: ReminderDocument = {
    _id: key === undefined ? newId("rem_") : keyedId(user, key),
    user,
    title: body.title,
    description: body.description,
    remind_at: new Date(at),
    time_zone: zone,
    anchor: JSON.stringify(wall),
    repeat_type: body.repeat_type,
    status: "pending",
    ...(body.session_id && { session_id: body.session_id }),
    notified: false,
    scheduled: false,
    created_at: new Date(),
    completed_at: null,
  };
  if (!(await store.add(reminder))) return (await store.find(user, reminder._id)) ?? reminder;
  await clock.schedule(reminder);
  return reminder;
}

async function update(
  { store, clock }: Services,
  user: string,
  id: string,
  { remind_at, ...body }: Partial<NewReminder> & { status?: ReminderDocument["status"] | undefined },
): Promise<ReminderDocument> {
  const before = await store.find(user, id);
  if (before === null) throw missing();
  const set: Partial<ReminderDocument> = {};
  for (const [name, value] of Object.entries(body))
    if (value !== undefined) Object.assign(set, { [name]: value });
  if (remind_at !== undefined) {
    const { at, wall } = timeOf(remind_at, before.time_zone);
    set.remind_at = new Date(at);
    set.anchor = JSON.stringify(wall);
    set.notified = false;
  } else if (before.notified && before.repeat_type === "none" && (body.repeat_type ?? "none") !== "none") {
    // The reminder has completed; compute its next time from now.
    const anchor = JSON.parse(before.anchor) as LocalTime;
    const repeat = body.repeat_type as Exclude<ReminderDocument["repeat_type"], "none">;
    set.remind_at = new Date(nextRepetition(anchor, before.time_zone, repeat, Date.now()));
  }
  if (set.status === "pending") set.completed_at = null;
  else if (set.status !== undefined && before.completed_at === null) set.completed_at = new Date();
  const reschedules =
    (set.status ?? before.status) === "pending" &&
    (set.remind_at !== undefined || before.status !== "pending");
  if (reschedules) set.scheduled = false;
  const after = Object.keys(set).length === 0 ? before : await store.change(user, id, { $set: set });
  if (after === null) throw missing();
  if (after.status !== "pending") await clock.cancel(user, id);
  else if (reschedules) await clock.schedule(after);
  return after;
}

function timeOf(text: string, zone: string): ParsedTime {
  const parsed = parseTime(text, zone);
  if (parsed !== null) return parsed;
  throw new ParleyError("invalid_request", {
    error: "时间格式无效,请使用 ISO 8601 格式 (例如 2024-01-01T15:00:00Z)",
  });
}

function missing(): ParleyError {
  return new ParleyError("not_found", { error: "提醒不存在" });
}

/** Deterministic id of a user's idempotency key. */
function keyedId(user: string, key: string): string {
  return `rem_${createHash("sha256").update(`${user} ${key}`).digest("base64url").slice(0, 24)}`;
}

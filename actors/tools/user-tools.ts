import { z } from "zod";
import type { RouteClient } from "../../infra/bus/route-client.ts";
import { repeatTypeSchema } from "../../schemas/documents/reminder.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { getProfile } from "../../schemas/routes/auth.ts";
import { commandDevice, listDevices } from "../../schemas/routes/devices.ts";
import { createReminder, listReminders, updateReminder } from "../../schemas/routes/reminders.ts";
import { executeScene, listScenes } from "../../schemas/routes/scenes.ts";
import { instantOf, localTime, parseInstant } from "../time/zoned-time.ts";
import { knowledgeTool } from "./knowledge-tool.ts";
import { memoryTools } from "./memory-tools.ts";
import { routeTool } from "./route-tool.ts";
import type { Tool, ToolCall } from "./tool.ts";

const nothing = z.object({});
const dayMs = 24 * 3600 * 1000;

const whenSchema = z.object({
  title: createReminder.body.shape.title,
  description: createReminder.body.shape.description,
  days_from_today: z
    .int()
    .min(0)
    .max(3660)
    .optional()
    .describe("0 = today, 1 = tomorrow; together with time"),
  time: z
    .string()
    .regex(/^([01]?\d|2[0-3]):[0-5]\d$/)
    .optional()
    .describe("Wall-clock time of the user, 24 hours, HH:MM"),
  remind_at: z
    .string()
    .max(64)
    .optional()
    .describe("Instead: a date and time, ISO 8601 without an offset, in the user's time zone"),
  delay_minutes: z.number().min(0).max(5_256_000).optional().describe("Instead: minutes from now"),
  repeat_type: repeatTypeSchema.optional(),
});

/** The built-in tools: reminders, devices, scenes, the user's documents and memories. */
export function userTools(routes: Pick<RouteClient, "call">): Tool[] {
  return [
    currentTime(routes),
    makeReminder(routes),
    ...reminderTools(routes),
    ...deviceTools(routes),
    ...sceneTools(routes),
    knowledgeTool(routes),
    ...memoryTools(routes),
  ];
}

function currentTime(routes: Pick<RouteClient, "call">): Tool {
  return {
    name: "current_time",
    description: "The user's date, time and time zone now",
    effect: "none",
    parameters: nothing,
    async run(_args, call) {
      const zone = await zoneOf(routes, call);
      const { year, month, day, hour, minute } = localTime(Date.now(), zone);
      const weekday = new Intl.DateTimeFormat("en", { timeZone: zone, weekday: "long" }).format();
      const two = (value: number) => String(value).padStart(2, "0");
      return {
        date: `${year}-${two(month)}-${two(day)}`,
        time: `${two(hour)}:${two(minute)}`,
        weekday,
        time_zone: zone,
      };
    },
  };
}

function makeReminder(routes: Pick<RouteClient, "call">): Tool {
  return {
    name: "create_reminder",
    description:
      "Reminds the user at a time. Give days_from_today and time (明天下午三点 = 1 and 15:00), or remind_at, or delay_minutes.",
    effect: "own",
    parameters: whenSchema,
    scope: "automation",
    async run(args, call) {
      const { title, description, repeat_type, ...when } = whenSchema.parse(args);
      const zone = await zoneOf(routes, call);
      const body = {
        title,
        remind_at: new Date(instant(when, zone, Date.now())).toISOString(),
        session_id: call.session,
        ...(description !== undefined && { description }),
        ...(repeat_type !== undefined && { repeat_type }),
      };
      const { principal, idempotencyKey } = call;
      const { reminder } = await routes.call(createReminder, { principal, body, idempotencyKey });
      const { year, month, day, hour, minute } = localTime(Date.parse(reminder.remind_at), zone);
      const local = `${year}-${month}-${day} ${hour}:${String(minute).padStart(2, "0")}`;
      return { id: reminder.id, title, remind_at: reminder.remind_at, local_time: local, time_zone: zone };
    },
  };
}

function reminderTools(routes: Pick<RouteClient, "call">): Tool[] {
  return [
    routeTool(routes, listReminders, {
      name: "list_reminders",
      description: "The user's pending reminders, the next one first",
      effect: "none",
      parameters: nothing,
      input: () => ({ query: { status: "pending", limit: 20 } }),
    }),
    routeTool(routes, updateReminder, {
      name: "cancel_reminder",
      description: "Cancels a reminder; its id comes from list_reminders",
      effect: "own",
      parameters: z.object({ id: updateReminder.params.shape.id }),
      input: ({ id }) => ({ params: { id }, body: { status: "cancelled" } }),
    }),
  ];
}

function deviceTools(routes: Pick<RouteClient, "call">): Tool[] {
  return [
    routeTool(routes, listDevices, {
      name: "list_devices",
      description: "The user's devices (lamps, sensors, …) with their last state",
      effect: "none",
      parameters: nothing,
      input: () => ({}),
    }),
    routeTool(routes, commandDevice, {
      name: "device_command",
      description: "Sends a command to one of the user's devices; its id comes from list_devices",
      effect: "outside",
      parameters: z.object({
        device_id: commandDevice.params.shape.device_id,
        command: z.record(z.string(), z.unknown()).describe('What the device is to do, such as {"on": true}'),
      }),
      input: ({ device_id, command }) => ({ params: { device_id }, body: { command } }),
    }),
  ];
}

function sceneTools(routes: Pick<RouteClient, "call">): Tool[] {
  return [
    routeTool(routes, listScenes, {
      name: "list_scenes",
      description: "The user's scenes: actions that are done together",
      effect: "none",
      parameters: nothing,
      input: () => ({}),
    }),
    routeTool(routes, executeScene, {
      name: "run_scene",
      description: "Runs a scene; its id comes from list_scenes",
      effect: "outside",
      parameters: z.object({ scene_id: executeScene.params.shape.id }),
      input: ({ scene_id }) => ({ params: { id: scene_id } }),
    }),
  ];
}

async function zoneOf(routes: Pick<RouteClient, "call">, { principal }: ToolCall): Promise<string> {
  return (await routes.call(getProfile, { principal })).time_zone;
}

/** @throws ParleyError that tells the model what is missing */
function instant(
  when: Pick<z.output<typeof whenSchema>, "days_from_today" | "time" | "remind_at" | "delay_minutes">,
  zone: string,
  now: number,
): number {
  if (when.delay_minutes !== undefined) return now + when.delay_minutes * 60_000;
  const at = when.remind_at === undefined ? null : parseInstant(when.remind_at, zone);
  if (at !== null) return at;
  if (when.time === undefined)
    throw new ParleyError("invalid_request", {
      error: "give days_from_today and time, remind_at or delay_minutes",
    });
  const [hour = 0, minute = 0] = when.time.split(":").map(Number);
  // Noon, so that a clock change in between does not change the date.
  const noon = instantOf({ ...localTime(now, zone), hour: 12, minute: 0, second: 0, ms: 0 }, zone);
  const day = localTime(noon + (when.days_from_today ?? 0) * dayMs, zone);
  return instantOf({ ...day, hour, minute, second: 0, ms: 0 }, zone);
}

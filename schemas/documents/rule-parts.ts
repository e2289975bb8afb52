import { z } from "zod";
import { idSchema } from "../ids.ts";

const comparison = {
  op: z.string().default("==").describe("Comparison: `==` `!=` `>` `>=` `<` `<=` `contains` `matches`."),
  value: z.unknown().optional().describe("Value to compare with."),
};

/** Longest regular expression of a rule. */
export const patternChars = 500;
const pattern = z.string().min(1).max(patternChars);

/** Configuration of the triggers that need one. A key that is not listed is refused, so that a rule never does less than it says. */
export const triggerConfigs = {
  schedule: z.strictObject({
    cron: z
      .string()
      .max(128)
      .describe("Cron expression with five or six fields; runs at most once a minute."),
    timezone: z
      .string()
      .max(64)
      .optional()
      .describe("IANA time zone of the schedule; the user's without it."),
  }),
  sun: z.strictObject({
    event: z.enum(["sunrise", "sunset"]).describe("What the sun does."),
    offset_min: z
      .number()
      .min(-720)
      .max(720)
      .default(0)
      .describe("Minutes after it; negative ones are before it."),
    latitude: z
      .number()
      .min(-90)
      .max(90)
      .optional()
      .describe("Place, degrees north; the profile's without it."),
    longitude: z
      .number()
      .min(-180)
      .max(180)
      .optional()
      .describe("Place, degrees east; the profile's without it."),
  }),
  device: z.strictObject({
    device_id: idSchema.describe("Id of the device: `^[A-Za-z0-9_-]{1,64}$`."),
    field: z.string().max(256).optional().describe("Path of the value in the state, such as `ENERGY.Power`."),
    ...comparison,
    for_s: z
      .number()
      .min(1)
      .max(2_592_000)
      .optional()
      .describe("Seconds for which the comparison has to hold before the rule runs."),
  }),
  message: z.strictObject({
    contains: z.string().min(1).max(1_000).optional().describe("Text that the message contains."),
    pattern: pattern.optional().describe("Regular expression (RE2) that the message matches."),
  }),
  event: z.strictObject({ subject: z.string().min(1).max(256).describe("Name of the event.") }),
  webhook: z.strictObject({}),
} as const;

export const conditionSchema = z.object({
  field: z
    .string()
    .min(1)
    .max(256)
    .describe("Path of the value in the event, such as `state.temp`, or `devices.<id>.state.<field>`."),
  ...comparison,
});
export type Condition = z.infer<typeof conditionSchema>;

/** What a rule may do. */
export const stepSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("notify").describe("Kind of the step or trigger."),
    title: z.string().max(256).describe("Title."),
    body: z
      .string()
      .max(4096)
      .default("")
      .describe("Body: text of a notification, or JSON of a webhook call."),
    level: z
      .enum(["info", "warning", "success", "thinking", "reminder"])
      .default("info")
      .describe("How important it is."),
  }),
  z.object({
    type: z.literal("device_command").describe("Kind of the step or trigger."),
    device_id: idSchema.describe("Id of the device: `^[A-Za-z0-9_-]{1,64}$`."),
    command: z.unknown().describe("Command for the device, as it understands it."),
    component: z
      .string()
      .max(128)
      .optional()
      .describe(
        "Part of the device that is meant, by its key; needed where parts have command topics of their own.",
      ),
  }),
  z.object({
    type: z.literal("send_message").describe("Kind of the step or trigger."),
    content: z
      .string()
      .min(1)
      .max(100_000)
      .describe("Text that is sent to the session as if the user had written it."),
    session_id: idSchema.optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  }),
  z.object({
    type: z.literal("webhook").describe("Kind of the step or trigger."),
    url: z.url().max(2048).describe("Address."),
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]).default("POST").describe("Method of the call."),
    headers: z
      .record(z.string().max(128), z.string().max(4096))
      .default({})
      .describe("Headers of the request or answer."),
    body: z.unknown().optional().describe("Body: text of a notification, or JSON of a webhook call."),
  }),
  z.object({
    type: z.literal("reminder").describe("Kind of the step or trigger."),
    title: z.string().min(1).max(256).describe("Title."),
    remind_at: z.string().optional().describe("When to remind: ISO 8601, with or without an offset."),
    delay_s: z.number().min(0).max(315_360_000).optional().describe("Seconds from the run to the reminder."),
  }),
  z.object({
    type: z.literal("scene").describe("Kind of the step or trigger."),
    scene_id: idSchema.describe("Id of the scene."),
  }),
  z.object({
    type: z.literal("delay").describe("Kind of the step or trigger."),
    seconds: z.number().min(0).max(2_592_000).describe("Seconds until the next step begins."),
  }),
]);
export type Step = z.infer<typeof stepSchema>;

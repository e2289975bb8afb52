import { z } from "zod";
import { reminderSchema, reminderStatusSchema, repeatTypeSchema } from "../documents/reminder.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "reminders";
const params = z.object({ id: idSchema.describe("Id of the entry.") });
const query = z.object({ user_id: idSchema.optional().describe("Id of the user.") });
const fields = {
  title: z.string().trim().min(1).max(256).describe("Title."),
  description: z.string().max(4096).describe("Description in words."),
  // A text that is no time has an error text of its own: the handler reads it.
  remind_at: z.string().max(64).describe("When to remind: ISO 8601, with or without an offset."),
  repeat_type: repeatTypeSchema.describe("How it repeats."),
  session_id: z.union([z.literal(""), idSchema]).describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
};
const one = z.object({
  success: z.literal(true).describe("Always true; failures are errors."),
  reminder: reminderSchema.describe("The reminder."),
});

/** `GET /api/v1/reminders`, the next one first. */
export const listReminders = defineRoute({
  method: "get",
  path: "/api/v1/reminders",
  access: "user",
  area,
  name: "list",
  summary: "Reminders, the earliest first",
  query: query.extend({
    status: reminderStatusSchema.optional().describe("Only reminders with this state."),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(200)
      .default(50)
      .describe("Largest number of entries to answer."),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0).describe("Number of entries to skip."),
  }),
  answer: z.object({
    reminders: z.array(reminderSchema).describe("The reminders."),
    count: z.int().describe("Number of entries."),
  }),
});

/** `POST /api/v1/reminders`. */
export const createReminder = defineRoute({
  method: "post",
  path: "/api/v1/reminders",
  access: "user",
  area,
  name: "create",
  summary: "Make a reminder",
  query,
  body: z.object({
    title: fields.title.describe("Title."),
    remind_at: fields.remind_at.describe("When to remind: ISO 8601, with or without an offset."),
    description: fields.description.default("").describe("Description in words."),
    repeat_type: fields.repeat_type.default("none").describe("How it repeats."),
    session_id: fields.session_id.optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  }),
  answer: one,
  status: 201,
});

/** `PUT /api/v1/reminders/:id`: a status of completed or cancelled sets `completed_at`. */
export const updateReminder = defineRoute({
  method: "put",
  path: "/api/v1/reminders/:id",
  access: "user",
  area,
  name: "update",
  summary: "Change a reminder",
  params,
  query,
  body: z
    .object(fields)
    .extend({ status: reminderStatusSchema.describe("Only reminders with this state.") })
    .partial(),
  answer: one,
});

/** `DELETE /api/v1/reminders/:id`. */
export const deleteReminder = defineRoute({
  method: "del",
  path: "/api/v1/reminders/:id",
  access: "user",
  area,
  name: "delete",
  summary: "Delete a reminder",
  params,
  query,
  answer: z.object({ success: z.literal(true).describe("Always true; failures are errors.") }),
});

import { z } from "zod";
import { reminderSchema, reminderStatusSchema, repeatTypeSchema } from "../documents/reminder.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "reminders";
const params = z.object({ id: idSchema });
const query = z.object({ user_id: idSchema.optional() });
const fields = {
  title: z.string().trim().min(1).max(256),
  description: z.string().max(4096),
  // A text that is no time has an error text of its own: the handler reads it.
  remind_at: z.string().max(64),
  repeat_type: repeatTypeSchema,
  session_id: z.union([z.literal(""), idSchema]),
};
const one = z.object({ success: z.literal(true), reminder: reminderSchema });

/** `GET /api/v1/reminders`, the next one first. */
export const listReminders = defineRoute({
  method: "get",
  path: "/api/v1/reminders",
  access: "user",
  area,
  name: "list",
  summary: "Reminders, the earliest first",
  query: query.extend({
    status: reminderStatusSchema.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
  }),
  answer: z.object({ reminders: z.array(reminderSchema), count: z.int() }),
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
    title: fields.title,
    remind_at: fields.remind_at,
    description: fields.description.default(""),
    repeat_type: fields.repeat_type.default("none"),
    session_id: fields.session_id.optional(),
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
  body: z.object(fields).extend({ status: reminderStatusSchema }).partial(),
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
  answer: z.object({ success: z.literal(true) }),
});

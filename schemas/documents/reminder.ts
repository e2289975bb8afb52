import { z } from "zod";
import { idSchema } from "../ids.ts";

export const repeatTypeSchema = z.enum(["none", "daily", "weekly", "monthly"]);
export type RepeatType = z.infer<typeof repeatTypeSchema>;

export const reminderStatusSchema = z.enum(["pending", "completed", "cancelled"]);

/** A reminder as the API shows it; times are RFC 3339 in UTC. */
export const reminderSchema = z.object({
  id: z.string(),
  user_id: z.string(),
  title: z.string(),
  description: z.string(),
  remind_at: z.iso.datetime(),
  status: reminderStatusSchema,
  repeat_type: repeatTypeSchema,
  session_id: z.string(),
  time_zone: z.string(),
  notified: z.boolean(),
  created_at: z.iso.datetime(),
  completed_at: z.iso.datetime().nullable(),
});
export type Reminder = z.infer<typeof reminderSchema>;

/**
 * A reminder as stored. It is due at `remind_at`; `anchor` is the wall-clock time in `time_zone` that a repetition keeps
 * (its day of the month, too: the 31st falls on the last day of a shorter month). `scheduled` is false until the engine
 * has its schedule.
 */
export const reminderDocumentSchema = z.object({
  _id: z.string(),
  user: idSchema,
  title: z.string(),
  description: z.string(),
  remind_at: z.date(),
  time_zone: z.string(),
  anchor: z.string(),
  repeat_type: repeatTypeSchema,
  status: reminderStatusSchema,
  session_id: idSchema.optional(),
  notified: z.boolean(),
  scheduled: z.boolean(),
  created_at: z.date(),
  completed_at: z.date().nullable(),
});
export type ReminderDocument = z.infer<typeof reminderDocumentSchema>;

/** The stream (its time of making) that has all schedules of a kind (`_id`) which are marked as set. */
export const scheduleStreamSchema = z.object({ _id: z.string(), created: z.string() });
export type ScheduleStream = z.infer<typeof scheduleStreamSchema>;

/** What a schedule carries to the moment at which it is due: the document may have changed since. */
export const dueSchema = z.object({ user: idSchema, id: idSchema, due_at: z.int() });
export type Due = z.infer<typeof dueSchema>;

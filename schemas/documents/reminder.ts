import { z } from "zod";
import { idSchema } from "../ids.ts";

export const repeatTypeSchema = z.enum(["none", "daily", "weekly", "monthly"]);
export type RepeatType = z.infer<typeof repeatTypeSchema>;

export const reminderStatusSchema = z.enum(["pending", "completed", "cancelled"]);

/** A reminder in the API; times are RFC 3339 in UTC. */
export const reminderSchema = z.object({
  id: z.string().describe("Id of the entry."),
  user_id: z.string().describe("Id of the user."),
  title: z.string().describe("Title."),
  description: z.string().describe("Description in words."),
  remind_at: z.iso.datetime().describe("When to remind: ISO 8601, with or without an offset."),
  status: reminderStatusSchema.describe("State of the entry."),
  repeat_type: repeatTypeSchema.describe("How it repeats."),
  session_id: z.string().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  time_zone: z.string().describe("IANA time zone, such as `Europe/Berlin`."),
  notified: z.boolean().describe("Whether the user was notified."),
  created_at: z.iso.datetime().describe("When it was created, ISO 8601."),
  completed_at: z.iso.datetime().nullable().describe("When it was completed; null before."),
});
export type Reminder = z.infer<typeof reminderSchema>;

/**
 * A reminder as stored. It is due at `remind_at`; `anchor` is the wall-clock time in `time_zone` that a repetition keeps
 * (its day of the month, too: the 31st falls on the last day of a shorter month). `scheduled` is false until the engine
 * has its schedule.
 */
export const reminderDocumentSchema = z.object({
  _id: z.string().describe("Key of the document."),
  user: idSchema.describe("Id of the user."),
  title: z.string().describe("Title."),
  description: z.string().describe("Description in words."),
  remind_at: z.date().describe("When to remind: ISO 8601, with or without an offset."),
  time_zone: z.string().describe("IANA time zone, such as `Europe/Berlin`."),
  anchor: z.string().describe("First due time, from which repeats are counted."),
  repeat_type: repeatTypeSchema.describe("How it repeats."),
  status: reminderStatusSchema.describe("State of the entry."),
  session_id: idSchema.optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  notified: z.boolean().describe("Whether the user was notified."),
  scheduled: z.boolean().describe("Whether the schedule was handed to the server."),
  created_at: z.date().describe("When it was created, ISO 8601."),
  completed_at: z.date().nullable().describe("When it was completed; null before."),
});
export type ReminderDocument = z.infer<typeof reminderDocumentSchema>;

/** The stream, by creation time, that holds all schedules of a kind (`_id`) marked as set. */
export const scheduleStreamSchema = z.object({
  _id: z.string().describe("Key of the document."),
  created: z.string().describe("When the stream of schedules was created."),
});
export type ScheduleStream = z.infer<typeof scheduleStreamSchema>;

/** Payload of a schedule, used when it is due: the document may have changed since. */
export const dueSchema = z.object({
  user: idSchema.describe("Id of the user."),
  id: idSchema.describe("Id of the entry."),
  due_at: z.int().describe("When it is due next."),
});
export type Due = z.infer<typeof dueSchema>;

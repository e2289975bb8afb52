import { z } from "zod";
import { idSchema } from "../ids.ts";

/** What kind of news a notification is. */
export const notificationTypeSchema = z.enum(["info", "warning", "success", "thinking", "reminder"]);

/** A notification as a client shows it; `timestamp` is RFC 3339. */
export const notificationSchema = z.object({
  id: z.string(),
  type: notificationTypeSchema,
  title: z.string(),
  body: z.string(),
  timestamp: z.iso.datetime(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type Notification = z.infer<typeof notificationSchema>;

/** `event.notification.<user>`: somebody wants a user told. Its `id` makes a repetition one notification. */
export const notificationEventSchema = z.object({
  user: idSchema,
  /** The session it belongs to, if any. */
  session_id: idSchema.optional(),
  notification: notificationSchema,
});
export type NotificationEvent = z.infer<typeof notificationEventSchema>;

/** A notification as stored; one that no device was there to get waits with `delivered: false`. `_id` is its id. */
export const notificationDocumentSchema = notificationSchema.omit({ id: true, timestamp: true }).extend({
  _id: z.string(),
  user: idSchema,
  session_id: idSchema.optional(),
  at: z.date(),
  delivered: z.boolean(),
});
export type NotificationDocument = z.infer<typeof notificationDocumentSchema>;

/** `presence.connected`: a socket of this user on an edge has begun. */
export const presenceConnectedSchema = z.object({ user: idSchema });

import { z } from "zod";
import { idSchema } from "../ids.ts";

/** Kind of a notification. */
export const notificationTypeSchema = z.enum(["info", "warning", "success", "thinking", "reminder"]);

/** A notification for clients; `timestamp` is RFC 3339. */
export const notificationSchema = z.object({
  id: z.string().describe("Id of the entry."),
  type: notificationTypeSchema.describe("Kind of the notification."),
  title: z.string().describe("Title."),
  body: z.string().describe("Text of the notification."),
  timestamp: z.iso.datetime().describe("When it was made, ISO 8601."),
  data: z.record(z.string(), z.unknown()).optional().describe("Data for the app, passed on as it is."),
});
export type Notification = z.infer<typeof notificationSchema>;

/** `event.notification.<user>`: request to notify a user. Its `id` deduplicates repeats. */
export const notificationEventSchema = z.object({
  user: idSchema.describe("Id of the user."),
  session_id: idSchema.optional().describe("The session it belongs to, if any."),
  notification: notificationSchema.describe("The notification."),
});
export type NotificationEvent = z.infer<typeof notificationEventSchema>;

/** A stored notification; one without a connected device is kept with `delivered: false`. `_id` is its id. */
export const notificationDocumentSchema = notificationSchema.omit({ id: true, timestamp: true }).extend({
  _id: z.string().describe("Key of the document."),
  user: idSchema.describe("Id of the user."),
  session_id: idSchema.optional().describe("Id of the session: `^[A-Za-z0-9_-]{1,64}$`."),
  at: z.date().describe("When it happened."),
  delivered: z.boolean().describe("Whether a socket of the user was open to receive it."),
});
export type NotificationDocument = z.infer<typeof notificationDocumentSchema>;

/** `presence.connected`: a user's first socket on an edge has connected. */
export const presenceConnectedSchema = z.object({ user: idSchema.describe("Id of the user.") });

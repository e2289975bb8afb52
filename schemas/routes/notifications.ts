import { z } from "zod";
import { notificationSchema, notificationTypeSchema } from "../documents/notification.ts";
import { storedObjectSchema } from "../foreign-json.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

/** `POST /api/v1/notifications/push`: to oneself; to others only by an admin. */
export const pushNotification = defineRoute({
  method: "post",
  path: "/api/v1/notifications/push",
  access: "user",
  area: "notifications",
  name: "push",
  summary: "Notify a user on all his devices",
  body: z.object({
    user_id: idSchema,
    type: notificationTypeSchema,
    title: z.string().min(1).max(256),
    body: z.string().min(1).max(4096),
    data: storedObjectSchema.optional(),
  }),
  answer: z.object({
    success: z.literal(true),
    notification: notificationSchema.extend({ user_id: z.string(), delivered: z.boolean() }),
  }),
});

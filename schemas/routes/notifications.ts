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
  summary: "Notify a user on all of their devices",
  body: z.object({
    user_id: idSchema.describe("Id of the user."),
    type: notificationTypeSchema.describe("Kind of the notification."),
    title: z.string().min(1).max(256).describe("Title."),
    body: z.string().min(1).max(4096).describe("Text of the notification."),
    data: storedObjectSchema.optional().describe("Data for the app, passed on as it is."),
  }),
  answer: z.object({
    success: z.literal(true).describe("Always true; failures are errors."),
    notification: notificationSchema
      .extend({
        user_id: z.string().describe("Id of the user."),
        delivered: z.boolean().describe("Whether a socket of the user was open to receive it."),
      })
      .describe("The notification."),
  }),
});

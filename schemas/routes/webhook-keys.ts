import { z } from "zod";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "keys";
const key = z.object({
  id: z.string().describe("Id of the key."),
  name: z.string().describe("Name of the integration."),
  created_at: z.int().describe("When it was created, Unix ms."),
});

/** `POST /api/v1/admin/webhook-keys`: the only time that the key itself is shown. */
export const createWebhookKey = defineRoute({
  method: "post",
  path: "/api/v1/admin/webhook-keys",
  access: "admin",
  area,
  name: "webhook-create",
  summary: "Make a key with which one integration calls the webhooks (X-Webhook-Key); it is shown once",
  body: z.object({ name: z.string().trim().min(1).max(64).describe("Name of the integration.") }),
  answer: key.extend({ key: z.string().describe("The key.") }),
  status: 201,
});

/** `GET /api/v1/admin/webhook-keys`. */
export const listWebhookKeys = defineRoute({
  method: "get",
  path: "/api/v1/admin/webhook-keys",
  access: "admin",
  area,
  name: "webhook-list",
  summary: "Keys of webhook integrations, without the keys themselves",
  answer: z.object({ keys: z.array(key).describe("The keys, oldest first.") }),
});

/** `DELETE /api/v1/admin/webhook-keys/:id`: it stops working within 5 s. */
export const deleteWebhookKey = defineRoute({
  method: "del",
  path: "/api/v1/admin/webhook-keys/:id",
  access: "admin",
  area,
  name: "webhook-delete",
  summary: "Revoke a webhook key",
  params: z.object({ id: idSchema.describe("Id of the key.") }),
  answer: z.object({ status: z.literal("deleted").describe("Result of the request.") }),
});

import { z } from "zod";
import { externalIdSchema, platformSchema } from "../documents/bridge.ts";
import { defineRoute } from "./route.ts";

const area = "bindings";

/** `POST /api/v1/bindings/token`: a one-time code for `/bind` on a chat platform. `expires` is Unix seconds. */
export const createBindToken = defineRoute({
  method: "post",
  path: "/api/v1/bindings/token",
  access: "user",
  area,
  name: "token",
  summary: "Make a one-time code that binds an account of a chat platform",
  answer: z.object({
    token: z.string().describe("Token of the user: a JWT or an API key."),
    expires: z.int().describe("When it ends, Unix seconds."),
  }),
  status: 201,
});

/** `GET /api/v1/bindings`. */
export const listBindings = defineRoute({
  method: "get",
  path: "/api/v1/bindings",
  access: "user",
  area,
  name: "list",
  summary: "Bound accounts of chat platforms",
  answer: z.object({
    bindings: z
      .array(
        z.object({
          platform: platformSchema.describe("Chat platform."),
          external_id: z.string().describe("Id of the account on its platform."),
          bound_at: z.iso.datetime().describe("When the account was bound."),
        }),
      )
      .describe("Accounts on chat platforms that belong to the user."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `DELETE /api/v1/bindings/:platform/:id`. */
export const deleteBinding = defineRoute({
  method: "del",
  path: "/api/v1/bindings/:platform/:id",
  access: "user",
  area,
  name: "delete",
  summary: "Unbind an account of a chat platform",
  params: z.object({
    platform: platformSchema.describe("Chat platform."),
    id: externalIdSchema.describe("Id of the entry."),
  }),
  answer: z.object({ status: z.literal("deleted").describe("Result of the request.") }),
});

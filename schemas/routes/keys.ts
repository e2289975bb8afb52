import { z } from "zod";
import { idSchema } from "../ids.ts";
import { scopeSchema } from "../scopes.ts";
import { defineRoute } from "./route.ts";

/** A key as its owner sees it later; `created_at` is Unix milliseconds. */
const key = z.object({
  id: z.string().describe("Id of the entry."),
  name: z.string().describe("Name."),
  scopes: z.array(scopeSchema).describe("What it may be used for."),
  created_at: z.int().describe("When it was created, Unix ms."),
});

/** `POST /api/v1/keys`: the only time that the key itself is shown. */
export const createKey = defineRoute({
  method: "post",
  path: "/api/v1/keys",
  access: "user",
  area: "keys",
  name: "create",
  summary: "Make an API key; it is shown once",
  body: z.object({
    name: z.string().trim().min(1).max(64).describe("Name."),
    scopes: z
      .array(scopeSchema)
      .min(1)
      .optional()
      .describe(
        "What it may be used for; absent = all that the caller may. Nothing beyond that can be given.",
      ),
  }),
  answer: key.extend({ key: z.string().describe("The API key.") }),
  status: 201,
});

/** `GET /api/v1/keys`. */
export const listKeys = defineRoute({
  method: "get",
  path: "/api/v1/keys",
  access: "user",
  area: "keys",
  name: "list",
  summary: "One's API keys, without the keys themselves",
  answer: z.object({ keys: z.array(key).describe("API keys, without their secret part.") }),
});

/** `DELETE /api/v1/keys/:id`: it stops working within 5 s, open sockets included. */
export const deleteKey = defineRoute({
  method: "del",
  path: "/api/v1/keys/:id",
  access: "user",
  area: "keys",
  name: "delete",
  summary: "Revoke an API key",
  params: z.object({ id: idSchema.describe("Id of the entry.") }),
  answer: z.object({ status: z.literal("deleted").describe("Result of the request.") }),
});

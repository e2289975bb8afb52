import { z } from "zod";
import { memoryCategorySchema, memoryPrioritySchema, memorySchema } from "../documents/memory.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "memory";
const access = "user";
const user_id = idSchema.optional();
const answer = z.object({
  memories: z.array(memorySchema).describe("The facts."),
  total: z.int().describe("Number of entries in all, regardless of paging."),
});
const limit = z.coerce.number().int().min(1).max(500);

/** `GET /api/v1/memory/search`: current facts first, then superseded ones. */
export const searchMemory = defineRoute({
  method: "get",
  path: "/api/v1/memory/search",
  access,
  area,
  name: "search",
  summary: "Search what is remembered about a user",
  query: z.object({
    q: z.string().trim().min(1, "must not be empty").max(1_000).describe("Text to search for."),
    user_id: user_id.describe("Id of the user."),
    limit: limit.default(20).describe("Largest number of entries to answer."),
  }),
  answer,
});

/** `GET /api/v1/memory`: newest first; superseded facts are marked with `superseded_at`. */
export const listMemory = defineRoute({
  method: "get",
  path: "/api/v1/memory",
  access,
  area,
  name: "list",
  summary: "What is remembered about a user",
  query: z.object({
    user_id: user_id.describe("Id of the user."),
    category: memoryCategorySchema.optional().describe("Kind of fact, such as `preference`."),
    limit: limit.default(100).describe("Largest number of entries to answer."),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0).describe("Number of entries to skip."),
  }),
  answer,
});

/** `POST /api/v1/memory`. */
export const addMemory = defineRoute({
  method: "post",
  path: "/api/v1/memory",
  access,
  area,
  name: "add",
  summary: "Remember a fact",
  query: z.object({ user_id: user_id.describe("Id of the user.") }),
  body: z.object({
    content: z.string().trim().min(1, "must not be empty").max(2_000).describe("The fact as a sentence."),
    category: memoryCategorySchema.default("other").describe("Kind of fact, such as `preference`."),
    priority: memoryPrioritySchema.default(1).describe("Weight of the fact, higher is more important."),
  }),
  answer: z.object({
    success: z.literal(true).describe("Always true; failures are errors."),
    memory: memorySchema.describe("The fact."),
  }),
  status: 201,
});

/** `DELETE /api/v1/memory?id=`. */
export const deleteMemory = defineRoute({
  method: "del",
  path: "/api/v1/memory",
  access,
  area,
  name: "delete",
  summary: "Forget a fact",
  query: z.object({
    id: idSchema.describe("Id of the entry."),
    user_id: user_id.describe("Id of the user."),
  }),
  answer: z.object({ status: z.literal("deleted").describe("Result of the request.") }),
});

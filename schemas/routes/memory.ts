import { z } from "zod";
import { memoryCategorySchema, memoryPrioritySchema, memorySchema } from "../documents/memory.ts";
import { idSchema } from "../ids.ts";
import { defineRoute } from "./route.ts";

const area = "memory";
const access = "user";
const user_id = idSchema.optional();
const answer = z.object({ memories: z.array(memorySchema), total: z.int() });
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
    q: z.string().trim().min(1, "must not be empty").max(1_000),
    user_id,
    limit: limit.default(20),
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
    user_id,
    category: memoryCategorySchema.optional(),
    limit: limit.default(100),
    offset: z.coerce.number().int().min(0).max(1_000_000).default(0),
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
  query: z.object({ user_id }),
  body: z.object({
    content: z.string().trim().min(1, "must not be empty").max(2_000),
    category: memoryCategorySchema.default("other"),
    priority: memoryPrioritySchema.default(1),
  }),
  answer: z.object({ success: z.literal(true), memory: memorySchema }),
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
  query: z.object({ id: idSchema, user_id }),
  answer: z.object({ status: z.literal("deleted") }),
});

import { z } from "zod";
import { contentSchema } from "./client-frame.ts";

/** One SSE message of Yao Neo's chat. */
export const neoFrameSchema = z.object({
  text: z.string(),
  error: z.string(),
  done: z.boolean(),
  confirm: z.boolean(),
  command: z.object({ id: z.string(), name: z.string(), request: z.string() }).partial(),
  actions: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      payload: z.record(z.string(), z.unknown()),
      next: z.string(),
    }),
  ),
});
export type NeoFrame = z.infer<typeof neoFrameSchema>;

/** Where in the front end the user is; every field is the client's word and nothing more than data. */
export const neoContextSchema = z.object({
  namespace: z.string().max(512).optional(),
  stack: z.string().max(512).optional(),
  pathname: z.string().max(2048).optional(),
  formdata: z.record(z.string(), z.unknown()).optional(),
  field: z.object({ name: z.string().max(256).optional(), bind: z.string().max(256).optional() }).optional(),
  config: z.record(z.string(), z.unknown()).optional(),
  signal: z.unknown().optional(),
});
export type NeoContext = z.infer<typeof neoContextSchema>;

/** Query of `GET /api/__yao/neo`; `context` is JSON text. */
export const neoQuerySchema = z.object({
  content: contentSchema.min(1),
  context: z.string().max(16_384).optional(),
  token: z.string().optional(),
});

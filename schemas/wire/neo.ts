import { z } from "zod";
import { contentSchema } from "./client-frame.ts";

/** Something that the front end is to do. */
export const neoActionSchema = z.object({
  name: z.string().max(128),
  type: z.string().max(128),
  payload: z.record(z.string(), z.unknown()).default({}),
  next: z.string().max(128).default(""),
});
export type NeoAction = z.infer<typeof neoActionSchema>;

/** What a command wants of the front end: a confirmation of `command`, or that it does `actions`. */
export const commandEffectSchema = z.object({
  confirm: z.boolean(),
  command: z.object({ id: z.string(), name: z.string(), request: z.string() }).partial(),
  actions: z.array(neoActionSchema),
});
export type CommandEffect = z.infer<typeof commandEffectSchema>;

/** One SSE message of Yao Neo's chat. */
export const neoFrameSchema = commandEffectSchema.extend({
  text: z.string(),
  error: z.string(),
  done: z.boolean(),
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

/** A command as Yao Neo lists it: its arguments, and on which pages it is there (`*` stands for any text). */
export const neoCommandSchema = z.object({
  name: z.string(),
  description: z.string(),
  args: z.string(),
  stack: z.string(),
  path: z.string(),
});
export type NeoCommand = z.infer<typeof neoCommandSchema>;

/**
 * A command that pages of the front end get. `args` names its arguments, `keyword` or `field value`; `{{field}}` in
 * `text` and in the actions' payloads is replaced by one. `confirm`: the user is asked before it runs.
 */
export const pageCommandSchema = z.object({
  name: z.string().regex(/^\/[\p{L}][\p{L}\d_-]{0,31}$/u, "must be / and a word"),
  description: z.string().max(256).default(""),
  args: z
    .string()
    .regex(/^([A-Za-z_]\w{0,31}( [A-Za-z_]\w{0,31}){0,7})?$/, "must be names, separated by spaces")
    .default(""),
  stack: z.string().max(256).default("*"),
  path: z.string().max(512).default("*"),
  confirm: z.boolean().default(false),
  text: z.string().max(4096).default(""),
  actions: z.array(neoActionSchema).max(16).default([]),
});
export type PageCommand = z.infer<typeof pageCommandSchema>;

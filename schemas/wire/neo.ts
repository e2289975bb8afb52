import { z } from "zod";
import { contentSchema } from "./client-frame.ts";

/** Something that the front end is to do. */
export const neoActionSchema = z.object({
  name: z.string().max(128).describe("Name."),
  type: z.string().max(128).describe("Kind of the entry."),
  payload: z.record(z.string(), z.unknown()).default({}).describe("Data of the action."),
  next: z.string().max(128).default("").describe("Name of the action that follows."),
});

/** What a command wants of the front end: a confirmation of `command`, or that it does `actions`. */
export const commandEffectSchema = z.object({
  confirm: z.boolean().describe("Whether the page asks the user before it acts."),
  command: z
    .object({
      id: z.string().describe("Id of the command."),
      name: z.string().describe("Name."),
      request: z.string().describe("Id of the request."),
    })
    .partial()
    .describe("Command of the page."),
  actions: z.array(neoActionSchema).describe("Actions for the page to carry out, in order."),
});
export type CommandEffect = z.infer<typeof commandEffectSchema>;

/** One SSE message of Yao Neo's chat. */
export const neoFrameSchema = commandEffectSchema.extend({
  text: z.string().describe("The text."),
  error: z.string().describe("What went wrong, in words."),
  done: z.boolean().describe("Whether this is the last frame of the reply."),
});
export type NeoFrame = z.infer<typeof neoFrameSchema>;

/** Where in the front end the user is; every field is the client's word and nothing more than data. */
export const neoContextSchema = z.object({
  namespace: z.string().max(512).optional().describe("Namespace of the page."),
  stack: z.string().max(512).optional().describe("Stack of pages."),
  pathname: z.string().max(2048).optional().describe("Path of the page."),
  formdata: z.record(z.string(), z.unknown()).optional().describe("Values of the page's form."),
  field: z
    .object({
      name: z.string().max(256).optional().describe("Name."),
      bind: z.string().max(256).optional().describe("Name of the field that the page edits."),
    })
    .optional()
    .describe("Field that the page edits."),
  config: z.record(z.string(), z.unknown()).optional().describe("Configuration of the page, as it sent it."),
  signal: z.unknown().optional().describe("Signal of the page."),
});
export type NeoContext = z.infer<typeof neoContextSchema>;

/** Query of `GET /api/__yao/neo`; `context` is JSON text. */
export const neoQuerySchema = z.object({
  content: contentSchema.min(1).describe("Text of the message."),
  context: z.string().max(16_384).optional().describe("What the page shows, as JSON text."),
  token: z.string().optional().describe("Token of the user: a JWT or an API key."),
});

/** A command as Yao Neo lists it: its arguments, and on which pages it is there (`*` stands for any text). */
export const neoCommandSchema = z.object({
  name: z.string().describe("Name."),
  description: z.string().describe("Description in words."),
  args: z.string().describe("Arguments that the command takes, as a short text."),
  stack: z.string().describe("Stack of pages."),
  path: z.string().describe("Path of the page."),
});

/**
 * A command that pages of the front end get. `args` names its arguments, `keyword` or `field value`; `{{field}}` in
 * `text` and in the actions' payloads is replaced by one. `confirm`: the user is asked before it runs.
 */
export const pageCommandSchema = z.object({
  name: z
    .string()
    .regex(/^\/[\p{L}][\p{L}\d_-]{0,31}$/u, "must be / and a word")
    .describe("Name."),
  description: z.string().max(256).default("").describe("Description in words."),
  args: z
    .string()
    .regex(/^([A-Za-z_]\w{0,31}( [A-Za-z_]\w{0,31}){0,7})?$/, "must be names, separated by spaces")
    .default("")
    .describe("Arguments that the command takes, as a short text."),
  stack: z.string().max(256).default("*").describe("Stack of pages."),
  path: z.string().max(512).default("*").describe("Path of the page."),
  confirm: z.boolean().default(false).describe("Whether the page asks the user before it acts."),
  text: z.string().max(4096).default("").describe("The text."),
  actions: z
    .array(neoActionSchema)
    .max(16)
    .default([])
    .describe("Actions for the page to carry out, in order."),
});
export type PageCommand = z.infer<typeof pageCommandSchema>;

import { z } from "zod";
import { commandEffectSchema, neoCommandSchema, pageCommandSchema } from "../wire/neo.ts";
import { defineRoute } from "./route.ts";

const area = "neo";

/** `GET /api/__yao/neo/history`: the newest messages, oldest first. */
export const neoHistory = defineRoute({
  method: "get",
  path: "/api/__yao/neo/history",
  access: "user",
  area,
  name: "history",
  summary: "Messages of the user's Neo session",
  query: z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(200)
      .default(200)
      .describe("Largest number of entries to answer."),
  }),
  answer: z.object({
    data: z
      .array(
        z.object({
          role: z.string().describe("Who says it."),
          content: z.string().describe("Text of the message."),
          created_at: z.int().describe("When it was created, Unix ms."),
        }),
      )
      .describe("The entries."),
  }),
});

/** `GET /api/__yao/neo/commands`: all of them, or those of the page that `stack` or `path` name. */
export const neoCommands = defineRoute({
  method: "get",
  path: "/api/__yao/neo/commands",
  access: "user",
  area,
  name: "commands",
  summary: "Commands and the pages on which they are there",
  query: z.object({
    stack: z.string().max(512).optional().describe("Stack of pages."),
    path: z.string().max(2048).optional().describe("Path of the page."),
  }),
  answer: z.array(neoCommandSchema),
});

/** The same two with a final slash. */
export const neoHistorySlash = defineRoute({ ...neoHistory, path: "/api/__yao/neo/history/" });
export const neoCommandsSlash = defineRoute({ ...neoCommands, path: "/api/__yao/neo/commands/" });

/**
 * `POST /api/__yao/neo`: `ExitCommandMode` forgets what waits for a confirmation; `ExecCommand` with the `id` of a
 * command that asked for one runs it, and `data` is its answer.
 */
export const neoCommand = defineRoute({
  method: "post",
  path: "/api/__yao/neo",
  access: "user",
  area,
  name: "command",
  summary: "Leave the command mode, or confirm a command",
  body: z.object({
    cmd: z.string().max(64).describe("Name of the command, with its `/`."),
    id: z.string().max(64).optional().describe("Id of the entry."),
  }),
  answer: z.object({
    code: z.literal(200).describe("Code of the error or of the result."),
    message: z.literal("success").describe("Text of the message."),
    data: commandEffectSchema
      .extend({ text: z.string().describe("The text.") })
      .optional()
      .describe("The entries."),
  }),
});

/** The same with a final slash. */
export const neoCommandSlash = defineRoute({ ...neoCommand, path: "/api/__yao/neo/" });

const pageCommandAnswer = pageCommandSchema.extend({ id: z.string().describe("Id of the entry.") });

/** `POST /api/v1/admin/neo/commands`. */
export const createPageCommand = defineRoute({
  method: "post",
  path: "/api/v1/admin/neo/commands",
  access: "admin",
  area,
  name: "page-command-create",
  summary: "Register a command for pages of the front end",
  body: pageCommandSchema,
  answer: z.object({
    success: z.literal(true).describe("Always true; failures are errors."),
    command: pageCommandAnswer.describe("The command."),
  }),
  status: 201,
});

/** `GET /api/v1/admin/neo/commands`. */
export const listPageCommands = defineRoute({
  method: "get",
  path: "/api/v1/admin/neo/commands",
  access: "admin",
  area,
  name: "page-commands",
  summary: "Registered commands of pages",
  answer: z.object({
    commands: z.array(pageCommandAnswer).describe("Commands of the page."),
    total: z.int().describe("Number of entries in all, regardless of paging."),
  }),
});

/** `DELETE /api/v1/admin/neo/commands/:id`. */
export const deletePageCommand = defineRoute({
  method: "del",
  path: "/api/v1/admin/neo/commands/:id",
  access: "admin",
  area,
  name: "page-command-delete",
  summary: "Remove a command of pages",
  params: z.object({ id: z.string().max(64).describe("Id of the entry.") }),
  answer: z.object({ success: z.literal(true).describe("Always true; failures are errors.") }),
});

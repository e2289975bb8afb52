import { z } from "zod";
import { idSchema } from "../ids.ts";
import { sealedKeySchema } from "./model-settings.ts";

// Servers of the Model Context Protocol (specification 2025-11-25) whose tools models may call.

/** Name of an MCP server; names of its tools begin with it. */
export const mcpServerNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,23}$/, "must be 1 to 24 small letters, digits or '-'");

/** Who may use a server's tools: everyone, the administrator, or these users. */
const mcpUsersSchema = z.union([z.enum(["all", "admin"]), z.array(idSchema).max(1_000)]);

/** A server's secrets: request headers, or the environment of a process. */
export const mcpSecretsSchema = z.object({
  headers: z
    .record(z.string().regex(/^[\w-]{1,64}$/), z.string().max(4_096))
    .optional()
    .describe("Headers of each request, such as `Authorization`."),
  env: z
    .record(z.string().regex(/^\w{1,64}$/), z.string().max(4_096))
    .optional()
    .describe("Environment of the process."),
});
export type McpSecrets = z.infer<typeof mcpSecretsSchema>;

/** Settings of a server. */
export const mcpServerSettingsSchema = z.object({
  transport: z
    .enum(["http", "stdio"])
    .describe("`http`: streamable HTTP; `stdio`: a process, for the administrator alone."),
  url: z
    .url({ protocol: /^https?$/, error: "must be an http or https URL" })
    .max(2_048)
    .optional()
    .describe("Address of a server over HTTP."),
  command: z.string().min(1).max(1_024).optional().describe("Program of a server over stdio."),
  args: z.array(z.string().max(4_096)).max(64).describe("Arguments of the program."),
  users: mcpUsersSchema.describe("Whose models may call its tools: `all`, `admin` or a list of users."),
  tools: z
    .array(z.string().min(1).max(128))
    .max(128)
    .nullable()
    .describe("Names of the tools that are offered, as the server has them; null = all."),
  timeout_s: z.number().min(1).max(600).describe("Longest time of one call, s."),
  enabled: z.boolean().describe("Whether it is in use."),
});
export type McpServerSettings = z.infer<typeof mcpServerSettingsSchema>;

/** Defaults of a new server. */
export const mcpServerDefaults = {
  args: [],
  users: "admin" as const,
  tools: null,
  timeout_s: 30,
  enabled: true,
};

/** A document of `mcp_servers`. */
const mcpServerDocumentSchema = mcpServerSettingsSchema.extend({
  _id: mcpServerNameSchema.describe("Name of the server."),
  secrets: sealedKeySchema.optional().describe("Its headers and environment, encrypted."),
  updated_at: z.date().describe("When it was last changed."),
});
export type McpServerDocument = z.infer<typeof mcpServerDocumentSchema>;

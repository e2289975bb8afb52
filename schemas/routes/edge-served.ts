import { z } from "zod";
import { healthSchema } from "../messages/process-health.ts";
import { neoQuerySchema } from "../wire/neo.ts";
import { chatCompletionSchema } from "../wire/openai.ts";
import { chatCompletionRequestSchema } from "../wire/openai-request.ts";
import { responseItemSchema, responseRequestSchema } from "../wire/openai-responses.ts";
import { defineRoute } from "./route.ts";

/** `POST /v1/chat/completions`; with `stream` the answer is server-sent events of `chat.completion.chunk`. */
export const chatCompletions = defineRoute({
  method: "post",
  path: "/v1/chat/completions",
  access: "user",
  area: "openai",
  name: "chat-completions",
  summary: "Complete a chat, as OpenAI's API does; with `stream` as server-sent events",
  body: chatCompletionRequestSchema,
  answer: chatCompletionSchema,
  errors: "openai",
});

/** `POST /v1/responses`; with `stream` the answer is the API's server-sent events. */
export const responses = defineRoute({
  method: "post",
  path: "/v1/responses",
  access: "user",
  area: "openai",
  name: "responses",
  summary: "Answer a conversation, as OpenAI's responses API does; nothing but the request's own is known",
  body: responseRequestSchema,
  answer: z.looseObject({
    id: z.string().describe("Id of the response."),
    object: z.literal("response").describe("Kind of the object."),
    status: z.string().describe("Whether it is completed, incomplete or failed."),
    output: z.array(responseItemSchema).describe("What the model answers: thoughts, texts, calls."),
  }),
  errors: "openai",
});

/** `POST /mcp`: JSON-RPC of the Model Context Protocol, streamable HTTP without sessions. */
export const mcp = defineRoute({
  method: "post",
  path: "/mcp",
  access: "user",
  area: "mcp",
  name: "mcp",
  summary:
    "Parley's MCP server: the user's own tools (devices, scenes, reminders, knowledge, memory, sessions)",
  body: z.looseObject({
    jsonrpc: z.literal("2.0").describe("Version of JSON-RPC."),
    method: z.string().describe("What is asked, such as `tools/list` or `tools/call`."),
  }),
  answer: z.looseObject({ jsonrpc: z.literal("2.0").describe("Version of JSON-RPC.") }),
});

/** `GET /api/__yao/neo`: the answer is server-sent events. */
export const neoChat = defineRoute({
  method: "get",
  path: "/api/__yao/neo",
  access: "user",
  area: "neo",
  name: "chat",
  summary: "Ask Yao Neo; the answer comes as server-sent events",
  query: neoQuerySchema,
  answer: z.string(),
});

/** `POST /api/v1/auth/ticket`: stands for the caller's token in one upgrade or event stream. */
export const createTicket = defineRoute({
  method: "post",
  path: "/api/v1/auth/ticket",
  access: "user",
  area: "auth",
  name: "ticket",
  summary: "A ticket that opens one WebSocket or event stream in place of the token, once",
  answer: z.object({
    ticket: z.string().describe("Goes where the token goes: `?token=`, or the path of a Cyber socket."),
    expires_in: z.int().describe("Seconds until it must be used."),
  }),
});

/** `GET /api/v1/events`: server-sent events, each frame of the user's stream as `data`, `id: <epoch>-<seq>`. */
export const userEvents = defineRoute({
  method: "get",
  path: "/api/v1/events",
  access: "user",
  area: "events",
  name: "events",
  summary: "The frames of the user's stream as server-sent events; resumes by `Last-Event-ID`",
  answer: z.string(),
});

/** `GET /health`. */
export const health = defineRoute({
  method: "get",
  path: "/health",
  access: "public",
  area: "health",
  name: "health",
  summary: "Whether the gateway works, and what it depends on",
  answer: healthSchema,
});

import { z } from "zod";
import { segmentSchema } from "../wire/review.ts";
import { bridgeAddressSchema } from "./bridge.ts";
import { finishReasonSchema, storedMessageSchema, timingSchema } from "./message.ts";
import { queueSlotSchema, queueStateSchema } from "./session-queue.ts";

/** MongoDB collections. */
export const collections = {
  turns: "turns",
  sessions: "sessions",
  mainSessions: "main_sessions",
  attempts: "attempts",
  usage: "usage",
  quotas: "quotas",
  pageCommands: "page_commands",
  confirmations: "confirmations",
  approvals: "approvals",
  toolGrants: "tool_grants",
  bindings: "bindings",
  bindCodes: "bind_codes",
  modelProviders: "model_providers",
  models: "models",
  modelRoutes: "model_routes",
  modelRefusals: "model_refusals",
  mcpServers: "mcp_servers",
  clients: "clients",
  reminders: "reminders",
  scheduleStreams: "schedule_streams",
  notifications: "notifications",
  devices: "devices",
  devicePlaces: "device_places",
  announcements: "device_announcements",
  deviceTopics: "device_topics",
  deviceRefusals: "device_refusals",
  homes: "homes",
  deviceHistory: "device_history",
  deviceMeans: "device_means",
  rules: "rules",
  scenes: "scenes",
  runs: "runs",
  runRoots: "run_roots",
  holds: "rule_holds",
} as const;

/** Key of a turn. One spelling only ({@link turnKey}): MongoDB compares embedded keys field by field, in order. */
export const turnKeySchema = z.object({
  user: z.string().describe("Id of the user."),
  session: z.string().describe("Id of the session."),
  n: z.int().nonnegative().describe("Number of the turn in its session, without gaps."),
});
export type TurnKey = z.infer<typeof turnKeySchema>;

/** The `_id` of a turn, with its fields in the one order that range reads rely on. */
export function turnKey(user: string, session: string, n: number): TurnKey {
  return { user, session, n };
}

/**
 * A committed turn: the only thing that changes a transcript. `_id` is unique, so the second writer of an `n` loses.
 * - `message`: a user message and its reply. - `clear`: hides every smaller n. - `delete`: the same, and ends what was queued.
 * - `cut`: of an earlier reply only `cut.text` was heard. - `queue`: waiting messages were edited, cancelled or moved.
 * `in_seq` is the sequence in SESSIONS up to which the log is finished; `seen_seq` (clear, delete, cut) is the stream's last
 * sequence when it was made. `blanked` marks content that was erased; `expires_at` lets the stub go after 7 days.
 */
export const turnSchema = z.object({
  _id: turnKeySchema.describe("Key of the document."),
  kind: z.enum(["message", "clear", "delete", "cut", "queue"]).describe("Kind of the entry."),
  in_seq: z.int().nonnegative().describe("Sequence of the message in the session's log."),
  seen_seq: z.int().nonnegative().optional().describe("Last sequence of the log when the entry was made."),
  run_id: z
    .string()
    .describe("Id of the run. Frames of one attempt with another `run_id` come from another process."),
  attempt: z
    .int()
    .positive()
    .describe(
      "Number of the attempt, from 1. Frames of a lower attempt are void once a higher one was seen.",
    ),
  client_msg_id: z
    .string()
    .optional()
    .describe("Id of the message, chosen by its sender. A repeated one is the same message and runs once."),
  first_id: z.int().positive().describe("`id` of the first message of the turn."),
  messages: z.array(storedMessageSchema).describe("The messages, oldest first."),
  finish_reason: finishReasonSchema.optional().describe("How the reply ended."),
  reply: z
    .object({
      client_msg_id: z
        .string()
        .describe(
          "Id of the message, chosen by its sender. A repeated one is the same message and runs once.",
        ),
      message_id: z.string().describe("Id of the message."),
      mode: z
        .string()
        .describe("How the user wants the reply: text, with spoken sentences, or a hands-free conversation."),
      text: z.string().optional().describe("The text."),
      error: z.string().optional().describe("What went wrong, in words."),
      error_type: z.string().optional().describe("Kind of the error, for programs."),
      bridge: bridgeAddressSchema.optional().describe("Address on a chat platform to which the reply goes."),
      segments: z.array(segmentSchema).optional().describe("Its sentences as they were spoken."),
      full_audio_url: z.string().optional().describe("Address of the whole reply, spoken."),
    })
    .optional()
    .describe(
      "What the final frames need and the messages don't hold: the ids of the turn and its reply mode.",
    ),
  usage: z
    .object({
      prompt_tokens: z.int().describe("Tokens of the request."),
      completion_tokens: z.int().describe("Tokens of the reply."),
    })
    .optional()
    .describe("Tokens that were used."),
  at: z.date().describe("When it happened."),
  queue: queueStateSchema.optional().describe("Changes of the queue that still matter after this turn."),
  slot: queueSlotSchema.optional().describe("The changed place of the queue that this turn comes from."),
  timing: timingSchema.optional().describe("When the turn was accepted, started and committed."),
  foreign: z
    .literal(true)
    .optional()
    .describe("The user's message holds text of others; a later prompt with it makes tools ask for consent."),
  blanked: z
    .boolean()
    .optional()
    .describe("The content was erased; the entry stays so that numbers stay dense."),
  replaces: z
    .string()
    .optional()
    .describe("`message_id` of an earlier turn's reply that this turn's reply replaces."),
  cut: z
    .object({
      message_id: z.string().describe("Id of the message."),
      text: z.string().describe("The text."),
      segments: z.array(segmentSchema).describe("Sentences of the reply, in order."),
    })
    .optional()
    .describe("What is left of an earlier reply that the user spoke over."),
  erase_pending: z.literal(true).optional().describe("On a clear or delete until what it hides is erased."),
  expires_at: z.date().optional().describe("When the store removes it."),
});
export type Turn = z.infer<typeof turnSchema>;

/**
 * A session as its user lists it: a projection of its turns. `deleted_n` is the n of the delete that ended it; a turn
 * below can't bring it back. `born_n` is the n from which it is there; a delete below, finished late, can't end it.
 */
export const sessionSchema = z.object({
  _id: z
    .object({
      user: z.string().describe("Id of the user."),
      session: z.string().describe("Id of the session."),
    })
    .describe("Key of the document."),
  title: z.string().describe("Title."),
  titled: z.literal(true).optional().describe("The title was given or made; until then it is the default."),
  created_at: z.date().describe("When it was created, ISO 8601."),
  updated_at: z.date().describe("When it was last changed, ISO 8601."),
  born_n: z.int().optional().describe("Number of the turn with which the session began."),
  deleted_n: z.int().optional().describe("Number of the turn that deleted the session."),
  expires_at: z.date().optional().describe("When the store removes it."),
});
export type SessionDocument = z.infer<typeof sessionSchema>;

/** A user's (`_id`) main session. */
export const mainSessionSchema = z.object({
  _id: z.string().describe("Key of the document."),
  session: z.string().describe("Id of the session."),
});
export type MainSession = z.infer<typeof mainSessionSchema>;

/** How often a replayed message was begun after a takeover, and how often it was alone in its process. */
export const attemptSchema = z.object({
  _id: z
    .object({
      user: z.string().describe("Id of the user."),
      session: z.string().describe("Id of the session."),
      in_seq: z.int().describe("Sequence of the message in the session's log."),
    })
    .describe("Key of the document."),
  attempts: z.int().describe("How often it was tried."),
  alone: z.int().describe("Attempts that ran alone in their process."),
  at: z.date().describe("When it happened."),
});
export type Attempt = z.infer<typeof attemptSchema>;

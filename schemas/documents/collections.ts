import { z } from "zod";
import { segmentSchema } from "../wire/review.ts";
import { bridgeAddressSchema } from "./bridge.ts";
import { finishReasonSchema, storedMessageSchema } from "./message.ts";

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
  bindings: "bindings",
  bindCodes: "bind_codes",
  modelProviders: "model_providers",
  models: "models",
  modelRoutes: "model_routes",
  clients: "clients",
  reminders: "reminders",
  scheduleStreams: "schedule_streams",
  notifications: "notifications",
  devices: "devices",
  devicePlaces: "device_places",
  discoveries: "discoveries",
  rules: "rules",
  scenes: "scenes",
  runs: "runs",
} as const;

/** Key of a turn. One spelling only ({@link turnKey}): MongoDB compares embedded keys field by field, in order. */
export const turnKeySchema = z.object({ user: z.string(), session: z.string(), n: z.int().nonnegative() });
export type TurnKey = z.infer<typeof turnKeySchema>;

/** The `_id` of a turn, with its fields in the one order that range reads rely on. */
export function turnKey(user: string, session: string, n: number): TurnKey {
  return { user, session, n };
}

/**
 * A committed turn: the only thing that changes a transcript. `_id` is unique, so the second writer of an `n` loses.
 * - `message`: a user message and its reply. - `clear`: hides every smaller n. - `delete`: the same, and ends what was queued.
 * - `cut`: of an earlier reply only `cut.text` was heard.
 * `in_seq` is the sequence in SESSIONS up to which the log is finished; `seen_seq` (clear, delete, cut) is the stream's last
 * sequence when it was made. `blanked` marks content that was erased; `expires_at` lets the stub go after 7 days.
 */
export const turnSchema = z.object({
  _id: turnKeySchema,
  kind: z.enum(["message", "clear", "delete", "cut"]),
  in_seq: z.int().nonnegative(),
  seen_seq: z.int().nonnegative().optional(),
  run_id: z.string(),
  attempt: z.int().positive(),
  client_msg_id: z.string().optional(),
  first_id: z.int().positive(),
  messages: z.array(storedMessageSchema),
  finish_reason: finishReasonSchema.optional(),
  /** What the final frames need and the messages don't hold: the ids of the turn and its reply mode. */
  reply: z
    .object({
      client_msg_id: z.string(),
      message_id: z.string(),
      mode: z.string(),
      text: z.string().optional(),
      error: z.string().optional(),
      error_type: z.string().optional(),
      bridge: bridgeAddressSchema.optional(),
      /** Its sentences as they were spoken. */
      segments: z.array(segmentSchema).optional(),
      full_audio_url: z.string().optional(),
    })
    .optional(),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }).optional(),
  at: z.date(),
  blanked: z.boolean().optional(),
  /** `message_id` of an earlier turn's reply that this turn's reply replaces. */
  replaces: z.string().optional(),
  /** What is left of an earlier reply that the user spoke over. */
  cut: z.object({ message_id: z.string(), text: z.string(), segments: z.array(segmentSchema) }).optional(),
  /** On a clear or delete until what it hides is erased. */
  erase_pending: z.literal(true).optional(),
  expires_at: z.date().optional(),
});
export type Turn = z.infer<typeof turnSchema>;

/**
 * A session as its user lists it: a projection of its turns. `deleted_n` is the n of the delete that ended it; a turn
 * below can't bring it back. `born_n` is the n from which it is there; a delete below, finished late, can't end it.
 */
export const sessionSchema = z.object({
  _id: z.object({ user: z.string(), session: z.string() }),
  title: z.string(),
  /** The title was given or made; until then it is the default. */
  titled: z.literal(true).optional(),
  created_at: z.date(),
  updated_at: z.date(),
  born_n: z.int().optional(),
  deleted_n: z.int().optional(),
  expires_at: z.date().optional(),
});
export type SessionDocument = z.infer<typeof sessionSchema>;

/** Which session of a user (`_id`) is his main one. */
export const mainSessionSchema = z.object({ _id: z.string(), session: z.string() });
export type MainSession = z.infer<typeof mainSessionSchema>;

/** How often a replayed message was begun after a takeover, and how often it was alone in its process. */
export const attemptSchema = z.object({
  _id: z.object({ user: z.string(), session: z.string(), in_seq: z.int() }),
  attempts: z.int(),
  alone: z.int(),
  at: z.date(),
});
export type Attempt = z.infer<typeof attemptSchema>;

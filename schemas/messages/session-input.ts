import { z } from "zod";
import { bridgeAddressSchema } from "../documents/bridge.ts";
import { historyMessageSchema } from "../documents/message.ts";
import { idSchema, newId } from "../ids.ts";
import { platformNames } from "../platforms.ts";
import { attachmentSchema, clientInfoSchema, contentSchema, modeSchema } from "../wire/client-frame.ts";
import { messageStatusSchema } from "../wire/direct-frame.ts";
import { neoContextSchema } from "../wire/neo.ts";
import { originSchema } from "./out-item.ts";

/** Which API a message came through. */
export const surfaceSchema = z.enum(["chat", "cyber", "neo", "webhook", "automation", ...platformNames]);
export type Surface = z.infer<typeof surfaceSchema>;

/**
 * What stands in a session's log (`session.in.<p>.<user>.<session>`): one user message.
 * `message_id` names the user's message and `reply_id` the reply, so that a turn which starts again keeps both.
 * `client_given` is false where the edge made `client_msg_id`: such an id can't be repeated by a client.
 */
export const sessionInputSchema = z.object({
  kind: z.literal("message"),
  user: idSchema,
  session: idSchema,
  client_msg_id: idSchema,
  client_given: z.boolean(),
  message_id: idSchema,
  reply_id: idSchema,
  content: contentSchema,
  mode: modeSchema,
  model: z.string().max(128).optional(),
  attachments: z.array(attachmentSchema),
  client_info: clientInfoSchema.optional(),
  /** Yao Neo: where the user is in the front end; given to the model as fenced data. */
  context: neoContextSchema.optional(),
  origin: originSchema.optional(),
  surface: surfaceSchema,
  /** Of a bridged platform: where the answer goes. */
  bridge: bridgeAddressSchema.optional(),
  /** The content quotes what somebody else wrote: tools with an outside effect need consent. */
  quotes_others: z.literal(true).optional(),
  /** The last reply, which a new one is to replace; `content` is empty then. */
  regenerates: idSchema.optional(),
  /** A text that is put into the session as the assistant's, such as a reminder; no model is asked, `content` is empty. */
  notice: contentSchema.optional(),
  /** Unix milliseconds at which the edge accepted it. */
  at: z.int(),
});
export type SessionInput = z.infer<typeof sessionInputSchema>;

/** Random characters of the ids of messages and replies, and of a `client_msg_id` that a client did not choose. */
const idCharacters = 16;

/** What a surface knows of a new message; everything else is filled in by {@link newSessionInput}. */
export type NewSessionInput = Pick<SessionInput, "user" | "session" | "surface" | "content"> &
  Partial<Omit<SessionInput, "kind" | "client_given">>;

/** Makes a session message. A `client_msg_id` that is given can be repeated by its sender: the second is a duplicate. */
export function newSessionInput({ client_msg_id, ...given }: NewSessionInput): SessionInput {
  return {
    kind: "message",
    mode: "text",
    attachments: [],
    message_id: newId("msg_", idCharacters),
    reply_id: newId("msg_", idCharacters),
    at: Date.now(),
    ...given,
    client_msg_id: client_msg_id ?? newId("c_", idCharacters),
    client_given: client_msg_id !== undefined,
  };
}

/** Id by which the server drops a repetition within its duplicate window. */
export function dedupIdOf({
  user,
  session,
  client_msg_id,
}: Pick<SessionInput, "user" | "session" | "client_msg_id">): string {
  return `${user}.${session}.${client_msg_id}`;
}

const key = {
  user: idSchema.describe("The user whose session it is."),
  session: idSchema.describe("Id of the session."),
};
const deadline = z
  .int()
  .optional()
  .describe("When the asking process gives up, Unix ms: what comes later would end another reply.");

/** Requests to the owner of a session (`session.ask.<p>`), by their `kind`. */
export const sessionAsks = {
  state: z.object({
    kind: z.literal("state").describe("What became of a message?"),
    ...key,
    client_msg_id: idSchema.describe("Id that the client gave the message."),
  }),
  queue: z.object({ kind: z.literal("queue").describe("Which messages are unfinished?"), ...key }),
  stop: z.object({
    kind: z.literal("stop").describe("End a reply."),
    ...key,
    message_id: idSchema
      .optional()
      .describe("The reply, or the message that it answers; the running one without it."),
    deadline,
  }),
  changed: z.object({
    kind: z.literal("changed").describe("The stored transcript was changed by another process."),
    ...key,
  }),
  interrupt: z.object({
    kind: z.literal("interrupt").describe("End a spoken reply where the user spoke over it."),
    ...key,
    message_id: idSchema.describe("The reply."),
    heard_index: z.int().nonnegative().optional().describe("Index of the last sentence that was heard."),
    heard_ms: z.number().nonnegative().optional().describe("How much of that sentence was heard, ms."),
    deadline,
  }),
  played: z.object({
    kind: z.literal("played").describe("A sentence of a reply was played; nobody waits for the answer."),
    ...key,
    message_id: idSchema.describe("The reply."),
    index: z.int().nonnegative().describe("Index of the sentence."),
  }),
  queue_change: z.object({
    kind: z.literal("queue_change").describe("What became of a change of the queue?"),
    ...key,
    change_id: idSchema.describe("Id of the change."),
  }),
} as const;

/** Any request to the owner of a session. */
export const sessionAskSchema = z.discriminatedUnion("kind", [
  sessionAsks.state,
  sessionAsks.queue,
  sessionAsks.stop,
  sessionAsks.changed,
  sessionAsks.interrupt,
  sessionAsks.played,
  sessionAsks.queue_change,
]);
export type SessionAsk = z.infer<typeof sessionAskSchema>;

/** Answer to `state`: what became of a message. */
export const messageStateSchema = z.object({
  status: messageStatusSchema,
  message_id: z.string().optional(),
  reply_id: z.string().optional(),
  queue_position: z.int().positive().optional(),
  text: z.string().optional(),
});
export type MessageState = z.infer<typeof messageStateSchema>;

/** Answer to `queue`: the session's unfinished user messages, oldest first. */
export const sessionQueueSchema = z.object({ unfinished: z.array(historyMessageSchema) });
export type SessionQueue = z.infer<typeof sessionQueueSchema>;

/** Answer to `stop` and `interrupt`: the reply that is being cancelled, if one was running. */
export const stopAnswerSchema = z.object({ stopped: z.boolean(), message_id: z.string().optional() });
export type StopAnswer = z.infer<typeof stopAnswerSchema>;

import { z } from "zod";
import { queueChangeSchema, queueOutcomeSchema } from "../documents/session-queue.ts";
import { defineLog, defineRequest, defineSignal } from "./define.ts";
import {
  dedupIdOf,
  messageStateSchema,
  sessionAskSchema,
  sessionAsks,
  sessionInputSchema,
  sessionQueueSchema,
  stopAnswerSchema,
} from "./session-input.ts";
import { sessionPartition, streams } from "./subjects.ts";

export const sessionInput = defineLog({
  name: "session.in",
  doc: "A user's message on its way into its session; it stays until its turn is committed.",
  subject: "session.in.{partition}.{user}.{session}",
  stream: streams.sessions,
  message: sessionInputSchema,
  key: ({ user, session }) => ({ partition: sessionPartition(user, session), user, session }),
  id: dedupIdOf,
  publishers: ["edge", "automation", "reminders"],
  listeners: ["session"],
});

type Session = { user: string; session: string };

/** Nobody answers while a session changes hands, so a request is repeated. */
const ask = {
  subject: "session.ask.{partition}",
  key: ({ user, session }: Session) => ({ partition: sessionPartition(user, session) }),
  timeout: 2_000,
  retryMs: "ownerAnswerMs",
  publishers: ["edge", "session"],
  listeners: ["session"],
} as const;

export const sessionState = defineRequest({
  ...ask,
  name: "session.ask.state",
  doc: "Asks what became of a message.",
  message: sessionAsks.state,
  answer: messageStateSchema,
});

export const sessionQueue = defineRequest({
  ...ask,
  name: "session.ask.queue",
  doc: "Asks for a session's unfinished messages.",
  message: sessionAsks.queue,
  answer: sessionQueueSchema,
  timeout: 1_000,
});

export const sessionStop = defineRequest({
  ...ask,
  name: "session.ask.stop",
  doc: "Ends the running reply of a session.",
  message: sessionAsks.stop,
  answer: stopAnswerSchema,
});

export const sessionInterrupt = defineRequest({
  ...ask,
  name: "session.ask.interrupt",
  doc: "Ends a spoken reply where the user spoke over it.",
  message: sessionAsks.interrupt,
  answer: stopAnswerSchema,
});

export const sentencePlayed = defineSignal({
  ...ask,
  name: "session.ask.played",
  doc: "A sentence of a reply was played on a device.",
  message: sessionAsks.played,
});

export const sessionChanged = defineSignal({
  ...ask,
  name: "session.ask.changed",
  doc: "A session's stored transcript was changed by a process that does not own it.",
  message: sessionAsks.changed,
});

export const sessionQueueChange = defineLog({
  name: "session.queue-change",
  doc: "A change of a session's queue: an edited, cancelled or moved message. It stays while its text is needed.",
  subject: "session.in.{partition}.{user}.{session}.queue",
  stream: streams.sessions,
  message: queueChangeSchema,
  key: ({ user, session }) => ({ partition: sessionPartition(user, session), user, session }),
  id: ({ user, session, change_id }) => `${user}.${session}.${change_id}`,
  publishers: ["session"],
  listeners: ["session"],
});

export const sessionQueueOutcome = defineRequest({
  ...ask,
  name: "session.ask.queue-change",
  doc: "Asks what became of a change of a session's queue.",
  message: sessionAsks.queue_change,
  answer: z.object({ outcome: queueOutcomeSchema.describe("What became of it.") }),
});

/** What the owner of a partition serves: all of the above, told apart by `kind`. */
export const sessionAsk = defineRequest({
  ...ask,
  name: "session.ask",
  doc: "Any request to the actor that owns a session, as it is served.",
  message: sessionAskSchema,
  answer: z.union([
    messageStateSchema,
    sessionQueueSchema,
    stopAnswerSchema,
    z.object({ outcome: queueOutcomeSchema }),
    z.object({ ok: z.literal(true) }),
  ]),
});

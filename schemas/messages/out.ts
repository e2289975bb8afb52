import { directFrameSchema } from "../wire/direct-frame.ts";
import { defineEvent, defineSignal } from "./define.ts";
import { outBatchSchema } from "./out-batch.ts";
import { statelessAnswerSchema } from "./stateless-turn.ts";
import { streams } from "./subjects.ts";
import { voiceHeardSchema } from "./voice-stream.ts";

/** Each edge with a socket of the user reads every frame: a full parse would cost more than all else it does with one. */
const raw =
  "Only actors may publish it; edges check the envelope and the type of each frame, and pass frames on as they are.";

export const outFrames = defineEvent({
  name: "out.user",
  doc: "Frames for all devices of a user, in their order; kept for two minutes, so that a device can resume.",
  subject: "out.user.{user}",
  stream: streams.out,
  message: outBatchSchema,
  raw,
  publishers: ["actors"],
  listeners: ["nats-server", "edge"],
});

export const liveFrames = defineSignal({
  name: "live.user",
  doc: "The stored frames of a user as the stream OUT republishes them, with their sequence in a header.",
  subject: "live.user.{user}",
  message: outBatchSchema,
  raw,
  publishers: ["nats-server"],
  listeners: ["edge"],
});

const toEdge = { subject: "out.edge.{edge}.{request}", listeners: ["edge"] } as const;

export const directFrame = defineSignal({
  ...toEdge,
  name: "out.edge.frame",
  doc: "A frame for one socket; `request` is the id of the socket.",
  message: directFrameSchema,
  publishers: ["actors"],
});

export const statelessAnswer = defineSignal({
  ...toEdge,
  name: "out.edge.turn",
  doc: "Part of the answer to a turn without a session; `request` is the id of the turn.",
  message: statelessAnswerSchema,
  publishers: ["stateless"],
});

export const voiceHeard = defineSignal({
  ...toEdge,
  name: "out.edge.voice",
  doc: "What a stream of speech tells its edge; `request` is the id that the edge gave the utterance.",
  message: voiceHeardSchema,
  publishers: ["voice"],
});

/** Everything on the one subscription that an edge keeps for its sockets and requests. */
export const edgeInbox = defineSignal({
  ...toEdge,
  name: "out.edge",
  doc: "Any message to one socket or one request of an edge, as it is received.",
  message: directFrameSchema.or(statelessAnswerSchema).or(voiceHeardSchema),
  raw: "The last token names the receiver, which reads it by the schema of what it waits for.",
  publishers: ["actors"],
});

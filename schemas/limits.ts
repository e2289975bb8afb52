import { z } from "zod";

const KiB = 1024;
const MiB = 1024 * KiB;

const limit = (value: number, doc: string) =>
  z.coerce.number("must be a number").int().min(1).default(value).describe(doc);

/** Every bound of the system: name, default and meaning. Each is set by `LIMIT_<NAME_IN_CAPITALS>`. */
export const limitsSchema = z.object({
  userMessagesPerS: limit(500, "messages one user may send per second, over all sessions"),
  userBurst: limit(5_000, "messages one user may send at once before the rate applies"),
  userSessions: limit(10_000, "sessions of one user with unfinished messages"),
  userSockets: limit(10_000, "open WebSockets and event streams of one user on one edge"),
  sessionQueue: limit(200, "unfinished messages of one session, the running one included"),
  mailboxPayloads: limit(16, "message bodies a session actor keeps in memory; later ones are read when due"),
  chatFrameBytes: limit(16 * MiB, "size of one /ws/chat frame after log-in"),
  jsonBodyBytes: limit(1 * MiB, "size of a JSON request body"),
  jsonAnswerBytes: limit(768 * KiB, "size of a JSON answer"),
  uploadBytes: limit(20 * MiB, "size of one uploaded file"),
  natsMessageBytes: limit(256 * KiB, "size of a NATS message; larger bodies go to the object store"),
  socketBackpressureBytes: limit(1 * MiB, "unsent bytes at which a socket is dropped"),
  slowConsumerBytes: limit(256 * KiB, "unsent bytes at which a socket is closed as slow_consumer"),
  headerBytes: limit(16 * KiB, "size of all request headers"),
  urlBytes: limit(4 * KiB, "size of a request URL"),
  messageUrlBytes: limit(16 * KiB, "size of a URL that carries a message (Yao Neo)"),
  cyberFrameBytes: limit(512 * KiB, "size of one Cyber Engine frame"),
  socketIdleS: limit(120, "s without a sign of life after which a socket is closed; at most 960"),
  socketBadFrames: limit(32, "frames in a row that are refused before a socket is closed"),
  socketRequests: limit(16, "unanswered requests, and frames before it is connected, of one socket"),
  userRates: limit(100_000, "users whose message rate one edge keeps"),
  heldFrameBytes: limit(8 * MiB, "bytes of a user's frames an edge holds while it fills a gap"),
  replayBytes: limit(256 * KiB, "bytes of missed frames that are replayed; more = recovered:false"),
  fencedReplies: limit(512, "replies of one user whose runs an edge tells apart"),
  sweepMs: limit(100, "ms between two looks for slow sockets"),
  confirmMs: limit(5_000, "ms until an edge asks what became of an accepted message"),
  ownerAnswerMs: limit(5_000, "ms an edge goes on asking for the owner of a session"),
  keepAliveMs: limit(15_000, "ms of silence after which an event stream gets a comment"),
  statelessSilenceMs: limit(90_000, "ms without a word from an actor after which a /v1 turn has failed"),
  statelessRequests: limit(2_000, "turns without a session that one edge has open"),
  neoAttachMs: limit(10_000, "ms in which the same Yao Neo request joins the turn of the first"),
  edgeDrainMs: limit(3_000, "ms a stopping edge waits for open requests"),
  bodyTimeoutMs: limit(15_000, "ms a request body may take to arrive"),
  bodiesInFlightBytes: limit(256 * MiB, "bytes of request bodies one edge holds at a time"),
  requestTimeoutMs: limit(10_000, "ms an edge waits for the answer of an actor"),
  providerConnectMs: limit(10_000, "ms to connect to a model provider and get its headers"),
  providerFirstTokenMs: limit(60_000, "ms until a model's first token"),
  providerIdleMs: limit(30_000, "ms between two tokens of a model"),
  providerTotalMs: limit(600_000, "ms that one call of a model may take in all"),
  providerRetries: limit(2, "repeats of a model call that failed before its first token"),
  providerListMs: limit(5_000, "ms a provider may take to list its models"),
  localQueue: limit(32, "calls that wait for the local model"),
  statelessTurns: limit(256, "turns without a session that one actor process runs at a time"),
  restInFlight: limit(1_000, "requests to one route that one actor process handles at a time"),
  coalesceMs: limit(20, "ms over which the chunks of a turn are joined into one frame"),
  groupCommit: limit(128, "turns committed in one write"),
  turnReplyBytes: limit(256 * KiB, "size of one reply of a model"),
  contentChars: limit(100_000, "characters of one message"),
  edgeSilenceMs: limit(
    3_000,
    "ms without an edge's word after which its turns without a session are aborted",
  ),
  statelessStopMs: limit(8_000, "ms a stop waits for turns without a session"),
  moveMs: limit(20_000, "ms a planned move of sessions waits for running turns"),
  stopMs: limit(10_000, "ms from SIGTERM to exit"),
  idleActorMs: limit(60_000, "ms after which an idle session leaves memory"),
  mongoConnectMs: limit(5_000, "ms to select a MongoDB server before an operation fails"),
  natsConnectMs: limit(30_000, "ms a process waits for NATS at start"),
});

/** All limits, with defaults filled in. Units are in the names: Ms, Bytes, Chars; the others are counts. */
export type Limits = z.infer<typeof limitsSchema>;

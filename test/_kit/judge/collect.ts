import { jetstreamManager } from "@nats-io/jetstream";
import { MongoClient } from "mongodb";
import { createLogger } from "../../../infra/log.ts";
import { databaseOf } from "../../../infra/mongo/connect.ts";
import { connectNats } from "../../../infra/nats/connect.ts";
import { collections, type Turn } from "../../../schemas/documents/collections.ts";
import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import { parseSessionIn, streams } from "../../../schemas/messages/subjects.ts";
import type { ChatClient } from "../clients/client.ts";
import type { System } from "../worlds/system.ts";
import { type Control, type History, type LogEntry, sessionName } from "./history.ts";
import type { Seed } from "./seed.ts";
import { eventually } from "./waiting.ts";

/** What the test knows and the engines don't. */
export interface Collected {
  seed: Seed;
  clients: readonly ChatClient[];
  controls?: readonly Control[];
  mayFail?: (content: string) => boolean;
  contextual?: boolean;
  /** Whether actors serve history. */
  served?: boolean;
  /** Timeout for the log to drain, ms. */
  restMs?: number;
}

/** Waits until the system is idle and collects the checker's input. */
export async function collect(system: System, from: Collected): Promise<History> {
  const mongo = new MongoClient(system.engines.mongodbUri);
  const log = createLogger("test", { logLevel: "silent" });
  const nats = await connectNats({ url: system.engines.natsUrl, name: "collect", log });
  try {
    const db = mongo.db(databaseOf(system.engines.mongodbUri));
    const read = async () => {
      const turns = await db
        .collection<Turn>(collections.turns)
        .find({}, { readConcern: "majority" })
        .toArray();
      return { turns, left: unfinished(await logEntries(await jetstreamManager(nats)), turns) };
    };
    const rested = await eventually(
      async () => {
        const now = await read();
        const erasing = await db.collection(collections.turns).countDocuments({ erase_pending: true });
        return now.left.length === 0 && erasing === 0 && now;
      },
      from.restMs ?? 60_000,
      "an empty log and everything erased",
    ).catch(read);
    const sends = from.clients.flatMap((client) => client.sends);
    const transcripts = new Map<string, readonly HistoryMessage[]>();
    for (const name of new Set([
      ...rested.turns.map(({ _id }) => sessionName(_id)),
      ...sends.map(sessionName),
    ])) {
      if (from.served !== false) transcripts.set(name, await transcript(system, name));
    }
    return {
      seed: from.seed.value,
      sends,
      controls: from.controls ?? [],
      clients: from.clients.map((client) => client.record()),
      turns: rested.turns,
      log: rested.left,
      transcripts,
      contextual: from.contextual ?? true,
      mayFail: from.mayFail ?? (() => false),
    };
  } finally {
    await nats.close();
    await mongo.close();
  }
}

/** The last message of each session with messages left in the log. */
async function logEntries(jsm: Awaited<ReturnType<typeof jetstreamManager>>): Promise<LogEntry[]> {
  const info = await jsm.streams.info(streams.sessions, { subjects_filter: ">" });
  const entries: LogEntry[] = [];
  for (const subject of Object.keys(info.state.subjects ?? {})) {
    const last = await jsm.streams.getMessage(streams.sessions, { last_by_subj: subject });
    const of = parseSessionIn(subject);
    if (last !== null && of !== null) entries.push({ ...of, seq: last.seq });
  }
  return entries;
}

function unfinished(entries: readonly LogEntry[], turns: readonly Turn[]): LogEntry[] {
  const cursors = new Map<string, number>();
  for (const { _id, in_seq } of turns) {
    cursors.set(sessionName(_id), Math.max(cursors.get(sessionName(_id)) ?? 0, in_seq));
  }
  return entries.filter((entry) => entry.seq > (cursors.get(sessionName(entry)) ?? 0));
}

/** A session's complete history, oldest first. */
async function transcript(system: System, name: string): Promise<HistoryMessage[]> {
  const [user = "", session = ""] = name.split(".");
  const messages: HistoryMessage[] = [];
  for (;;) {
    const path = `/api/v1/sessions/${session}/messages?limit=200&offset=${messages.length}`;
    const response = await system.request("GET", path, user);
    // A deleted session is unknown, as is one whose messages were all refused.
    if (response.status === 404) return messages;
    const page = (await response.json()) as { messages: HistoryMessage[]; has_more: boolean };
    if (!response.ok) throw new Error(`history of ${name}: ${response.status} ${JSON.stringify(page)}`);
    messages.unshift(...page.messages);
    if (!page.has_more) return messages;
  }
}

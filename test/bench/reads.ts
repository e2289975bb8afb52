import { MongoClient } from "mongodb";
import {
  collections,
  type SessionDocument,
  type Turn,
  turnKey,
} from "../../schemas/documents/collections.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { startSystem } from "../_kit/worlds/system.ts";
import { mintToken } from "../_kit/worlds/token.ts";
import { type Figure, percentile } from "./figures.ts";
import type { Plan } from "./plan.ts";
import { startProgram } from "./program.ts";
import { say } from "./progress.ts";

// `GET /sessions/:id/messages` against one uWebSockets.js route that does the same read, by turns, with 16 requests open.

const open = 16;
const sessions = 100;
const turnsPerSession = 50;
const limit = 50;

/** Reads per second and their p95 in ms, of Parley and of the bare route. */
export async function reads(plan: Plan): Promise<Figure[]> {
  const system = await startSystem({ edges: 1, actors: 1, env: { LOG_LEVEL: "warn" } });
  const bare = await startProgram("bare read", "bare-read", { MONGODB_URI: system.engines.mongodbUri });
  try {
    await fill(system.engines.mongodbUri);
    const headers = { authorization: `Bearer ${mintToken(adminUserId)}` };
    const own = (session: string) =>
      fetch(`${system.url()}/api/v1/sessions/${session}/messages?limit=${limit}`, { headers });
    const floor = (session: string) =>
      fetch(`http://127.0.0.1:${bare.port}/${adminUserId}/${session}?limit=${limit}`);
    for (const read of [own, floor]) await load(read, plan.windowMs);
    const figures: [Figure, Figure] = [
      {
        name: "session messages read",
        unit: "1/s",
        values: [],
        reference: [],
        target: { of: "ratio", sense: "min", bound: 1 / 3 },
        note: `${limit} messages, ${open} requests open`,
      },
      { name: "session messages read, p95", unit: "ms", values: [], reference: [] },
    ];
    for (let repetition = 0; repetition < plan.repetitions; repetition++) {
      const [a, b] = [await load(own, plan.windowMs), await load(floor, plan.windowMs)];
      figures[0].values.push(a.perSecond);
      figures[0].reference?.push(b.perSecond);
      figures[1].values.push(a.p95);
      figures[1].reference?.push(b.p95);
      say(`reads: repetition ${repetition + 1} of ${plan.repetitions}`);
    }
    return figures;
  } finally {
    await bare.destroy();
    await system.stop();
  }
}

async function load(
  read: (session: string) => Promise<Response>,
  ms: number,
): Promise<{ perSecond: number; p95: number }> {
  const times: number[] = [];
  const from = performance.now();
  const work = async () => {
    while (performance.now() - from < ms) {
      const at = performance.now();
      const answer = await read(`s${times.length % sessions}`);
      const { messages } = (await answer.json()) as { messages: unknown[] };
      if (messages.length !== limit) throw new Error(`${messages.length} messages in place of ${limit}`);
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: open }, work));
  return { perSecond: times.length / ((performance.now() - from) / 1_000), p95: percentile(times, 0.95) };
}

async function fill(uri: string): Promise<void> {
  const client = new MongoClient(uri);
  try {
    const turns = client.db("parley").collection<Turn>(collections.turns);
    for (let session = 0; session < sessions; session++)
      await turns.insertMany(Array.from({ length: turnsPerSession }, (_, n) => turnOf(`s${session}`, n)));
    const at = new Date();
    await client
      .db("parley")
      .collection<SessionDocument>(collections.sessions)
      .insertMany(
        Array.from({ length: sessions }, (_, n) => ({
          _id: { user: adminUserId, session: `s${n}` },
          title: "title",
          created_at: at,
          updated_at: at,
        })),
      );
  } finally {
    await client.close();
  }
}

function turnOf(session: string, n: number): Turn {
  const at = Date.now();
  const message = (role: "user" | "assistant", id: number) => ({
    id,
    message_id: `m_${session}_${id}`,
    role,
    msg_type: "chat" as const,
    content: `What was said here as number ${id}, about as long as a message in a chat is. `.repeat(2),
    created_at: at,
  });
  return {
    _id: turnKey(adminUserId, session, n),
    kind: "message",
    in_seq: 0,
    run_id: `run_${session}_${n}`,
    attempt: 1,
    first_id: 2 * n + 1,
    messages: [message("user", 2 * n + 1), message("assistant", 2 * n + 2)],
    finish_reason: "stop",
    at: new Date(at),
  };
}

import { dict } from "@node-rs/jieba/dict.js";
import { MongoClient } from "mongodb";
import { IndexWriter } from "../../actors/search/index-writer.ts";
import { MessageIndex } from "../../actors/storage/message-index.ts";
import { createLogger } from "../../infra/log.ts";
import { collections, type Turn, turnKey } from "../../schemas/documents/collections.ts";
import type { TurnCompleted } from "../../schemas/messages/event.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";
import { type Figure, percentile } from "./figures.ts";
import type { Plan } from "./plan.ts";
import { say } from "./progress.ts";

// One user's messages, found through the edge. The words are those of the segmenter's dictionary, as often as it says
// they are, so that frequent and rare ones are distributed as in Chinese text; one message in four is English.

const english =
  `the a to of and is in it you that for on with this be are not what how can we should please system error
server network file time user message question answer today deploy release gateway database memory test build update
customer order payment report meeting project music travel weather kitchen garden river mountain`.split(
    /\s+/,
  );
const turnWords = 24;
const batch = 1_000;

/** Milliseconds of a search, by kind of query, and messages indexed per second. */
export async function search(plan: Plan): Promise<Figure[]> {
  const system = await startSystem({ edges: 1, actors: 1, env: { LOG_LEVEL: "warn" } });
  try {
    const words = new Words();
    const perSecond = await fill(system, plan.searchMessages, words);
    const kinds = {
      "one word": () => words.any(),
      "two words": () => `${words.any()} ${words.any()}`,
      "a frequent word": () => words.frequent(),
      "two frequent words": () => `${words.frequent()} ${words.frequent()}`,
      "a word nobody used": () => `${words.any()}${words.any()}${words.any()}`,
    };
    const figures: Figure[] = [];
    const all: number[][] = [];
    for (let repetition = 0; repetition < plan.repetitions; repetition++) {
      for (const [index, [kind, query]] of Object.entries(kinds).entries()) {
        const times = await measure(system, plan.searches, query);
        all[repetition] = [...(all[repetition] ?? []), ...times];
        figures[index] ??= { name: `search, ${kind}, p95`, unit: "ms", values: [] };
        figures[index].values.push(percentile(times, 0.95));
      }
      say(`search: repetition ${repetition + 1} of ${plan.repetitions}`);
    }
    const note = `over ${plan.searchMessages} messages of one user, one search at a time`;
    return [
      {
        name: "search, all kinds, p50",
        unit: "ms",
        values: all.map((times) => percentile(times, 0.5)),
        note,
      },
      { name: "search, all kinds, p95", unit: "ms", values: all.map((times) => percentile(times, 0.95)) },
      ...figures,
      { name: "messages indexed", unit: "1/s", values: [perSecond] },
    ];
  } finally {
    await system.stop();
  }
}

async function measure(system: System, searches: number, query: () => string): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < searches; n++) {
    const path = `/api/v1/messages/search?q=${encodeURIComponent(query())}`;
    const from = performance.now();
    const answer = await system.request("GET", path);
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`search answered ${answer.status}`);
    times.push(performance.now() - from);
  }
  return times;
}

/** Writes turns and takes them into the index, as the search role does; messages per second of the latter. */
async function fill(system: System, messages: number, words: Words): Promise<number> {
  const client = new MongoClient(system.engines.mongodbUri);
  try {
    const db = client.db("parley");
    const log = createLogger("bench", { logLevel: "silent" });
    const index = new MessageIndex(db, log);
    await index.createIndexes();
    const writer = new IndexWriter(db, index, log);
    let indexing = 0;
    for (let first = 0; first < messages / 2; first += batch) {
      const turns = Array.from({ length: Math.min(batch, messages / 2 - first) }, (_, n) =>
        turnOf(first + n, words),
      );
      await db.collection<Turn>(collections.turns).insertMany(turns);
      const from = performance.now();
      await Promise.all(turns.map((turn) => writer.add(eventOf(turn))));
      indexing += performance.now() - from;
    }
    return messages / (indexing / 1_000);
  } finally {
    await client.close();
  }
}

function turnOf(n: number, words: Words): Turn {
  const at = Date.now() - n * 60_000;
  const message = (role: "user" | "assistant", id: number) => ({
    id,
    message_id: `m_${n}_${role}`,
    role,
    msg_type: "chat" as const,
    content: words.sentence(),
    created_at: at,
  });
  return {
    _id: turnKey(adminUserId, `session_${n % 200}`, Math.floor(n / 200)),
    kind: "message",
    in_seq: 0,
    run_id: `run_${n}`,
    attempt: 1,
    first_id: 1,
    messages: [message("user", 1), message("assistant", 2)],
    finish_reason: "stop",
    at: new Date(at),
  };
}

function eventOf({ _id, messages, at }: Turn): TurnCompleted {
  const { user, session, n } = _id;
  const id = `${user}.${session}.${n}.completed`;
  return { id, user, session, n, finish_reason: "stop", messages, at: at.getTime() };
}

/** Words as often as they are used; the same in every run. */
class Words {
  readonly #words: string[] = [];
  readonly #until: number[] = [];
  #total = 0;
  #seed = 1;

  constructor() {
    const lines = new TextDecoder().decode(dict).split("\n");
    const entries = lines.map((line) => line.split(" ")).filter(([, count]) => Number(count) > 0);
    for (const [word = "", count] of entries.sort((a, b) => Number(b[1]) - Number(a[1])).slice(0, 40_000)) {
      this.#total += Number(count);
      this.#words.push(word);
      this.#until.push(this.#total);
    }
  }

  /** A word, as likely as it is used. */
  any(): string {
    const at = this.#random() * this.#total;
    let [low, high] = [0, this.#until.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#until[middle] ?? 0) < at) low = middle + 1;
      else high = middle;
    }
    return this.#words[low] ?? "";
  }

  /** One of the twenty most frequent words. */
  frequent(): string {
    return this.#words[Math.floor(this.#random() * 20)] ?? "";
  }

  sentence(): string {
    const length = 1 + Math.floor(this.#random() * turnWords * 2);
    if (this.#random() < 0.25) return Array.from({ length }, () => this.#english()).join(" ");
    return Array.from({ length }, () => this.any()).join("");
  }

  #english(): string {
    return english[Math.floor(this.#random() ** 2 * english.length)] ?? "";
  }

  #random(): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return this.#seed / 2 ** 32;
  }
}

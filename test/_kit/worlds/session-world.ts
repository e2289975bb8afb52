import { Counter, Histogram } from "prom-client";
import { basicCommands } from "../../../actors/commands/basic.ts";
import { Commands } from "../../../actors/commands/registry.ts";
import type { Arrival } from "../../../actors/runtime/keyed-actor.ts";
import type { ActorDeps } from "../../../actors/session/actor/actor-deps.ts";
import { RunGate } from "../../../actors/session/actor/run-gate.ts";
import { SessionActor } from "../../../actors/session/actor/session-actor.ts";
import type { CommitResult } from "../../../actors/session/transcript/turn-store.ts";
import type { TurnDeps } from "../../../actors/session/turn/pipeline.ts";
import { createLogger } from "../../../infra/log.ts";
import { type Turn, turnKey } from "../../../schemas/documents/collections.ts";
import type { QueueAction, QueueChange } from "../../../schemas/documents/session-queue.ts";
import { limitsSchema } from "../../../schemas/limits.ts";
import { type SessionInput, sessionInputSchema } from "../../../schemas/messages/session-input.ts";
import { queueToken, subjects } from "../../../schemas/messages/subjects.ts";
import { worldModels } from "./world-models.ts";

/** A process of the world: it may be dead, or paused while its actor's requests are in flight. */
export interface WorldProcess {
  actor: SessionActor;
  /** Next log position that it reads. */
  next: number;
  arrivedBefore: number;
  arrival: Arrival;
  dead: boolean;
  paused: boolean;
}

interface Pending {
  process: WorldProcess;
  perform(): unknown;
  resolve(value: never): void;
}

const user = "admin";
const session = "s";
const counter = new Counter({ name: "world_count", help: "-", registers: [], labelNames: ["finish"] });
const histogram = new Histogram({ name: "world_time", help: "-", registers: [] });
const log = createLogger("test", { logLevel: "silent" });

const metrics = {
  turns: counter,
  fenced: counter,
  queueWait: histogram,
  firstChunk: histogram,
  turnTime: histogram,
};

/** Dependencies that are irrelevant to the world's tests. */
const bystanders = {
  systemPrompt: "",
  erase: () => {},
  notices: { frameOf: () => undefined },
  toolbox: { toolsOf: () => Promise.resolve({ offered: [], find: () => undefined }) },
  consent: { request: () => Promise.resolve("once" as const) },
  recall: { request: () => Promise.resolve({ facts: [], passages: [] }) },
  speech: { speak: () => Promise.resolve(null), join: () => Promise.resolve(null) },
  attachments: { read: () => Promise.resolve({ kind: "unreadable", name: "" }) },
  quota: {
    limited: false,
    reserve: () => Promise.resolve(null),
    settle: () => Promise.resolve(null),
    release: () => Promise.resolve(),
    count: () => {},
  },
  commands: new Commands(
    basicCommands(
      "0",
      () => "",
      () => new Commands([]),
    ),
  ),
} satisfies Partial<TurnDeps>;

/**
 * One session's log and store in memory, and processes that own it, possibly several at once. Requests of an
 * actor don't execute on their own: each waits until the test completes it, drops its response or kills its
 * process.
 */
export class SessionWorld {
  readonly log: { seq: number; input: SessionInput; gone: boolean }[] = [];
  /** Changes of the queue among the entries of the log, by sequence. */
  readonly changes = new Map<number, QueueChange>();
  readonly turns: Turn[] = [];
  /**
   * `<run_id>` of turns and `deleted <seq>` whose effects were published, with the log's content at that
   * time.
   */
  readonly published = new Set<string>();
  /** Messages that left the log before any effect. */
  readonly lost: number[] = [];
  readonly processes: WorldProcess[] = [];
  readonly #pending: Pending[] = [];
  readonly #attempts = new Map<number, { attempts: number; exclusive: number }>();

  /** Appends a message to the log. */
  publish(clientMsgId: string): void {
    const seq = (this.log.at(-1)?.seq ?? 0) + 1;
    const ids = { client_msg_id: clientMsgId, message_id: `m${seq}`, reply_id: `r${seq}` };
    const content = `${user}: ${clientMsgId}`;
    const rest = {
      client_given: true,
      content,
      mode: "text",
      attachments: [],
      surface: "chat",
      at: seq,
    } satisfies Partial<SessionInput>;
    this.log.push({ seq, input: { kind: "message", user, session, ...ids, ...rest }, gone: false });
  }

  /** Appends a queue change to the log. */
  change(message_id: string, action: QueueAction): void {
    const seq = (this.log.at(-1)?.seq ?? 0) + 1;
    const change_id = `q${seq}`;
    this.publish(change_id);
    this.changes.set(seq, { kind: "queue_change", user, session, change_id, message_id, action, at: seq });
  }

  /** A process becomes owner, legitimately or not, and reads the log from its start. */
  own(arrival: Arrival): WorldProcess {
    const process: WorldProcess = {
      actor: undefined as unknown as SessionActor,
      next: 0,
      arrivedBefore: this.log.length,
      arrival,
      dead: false,
      paused: false,
    };
    process.actor = new SessionActor(this.#deps(process), user, session);
    this.processes.push(process);
    return process;
  }

  /** Delivers the next log message to this process; false when there is none. */
  deliver(process: WorldProcess): boolean {
    while (this.log[process.next]?.gone) process.next++;
    const entry = this.log[process.next];
    if (entry === undefined || process.dead || process.paused) return false;
    const arrival: Arrival = process.next < process.arrivedBefore ? process.arrival : { kind: "live" };
    process.next++;
    const change = this.changes.get(entry.seq);
    const data = new TextEncoder().encode(JSON.stringify(change ?? entry.input));
    const own = subjects.sessionIn(user, session);
    const subject = change === undefined ? own : `${own}.${queueToken}`;
    process.actor.deliver({ seq: entry.seq, subject, data, arrival });
    return true;
  }

  /** kill -9: its requests may still execute, but nobody receives the responses. */
  kill(process: WorldProcess, performed: boolean): void {
    process.dead = true;
    for (const pending of this.#pending.filter((one) => one.process === process)) {
      this.#pending.splice(this.#pending.indexOf(pending), 1);
      if (performed) pending.perform();
    }
  }

  /**
   * Executes a pending request; `lost`: its response is dropped, and it is retried. False when none is
   * pending.
   */
  async step(which: number, lost = false): Promise<boolean> {
    const ready = this.#pending.filter(({ process }) => !process.paused);
    const pending = ready[which % Math.max(1, ready.length)];
    if (pending === undefined) return false;
    if (lost) pending.perform();
    else {
      this.#pending.splice(this.#pending.indexOf(pending), 1);
      pending.resolve(pending.perform() as never);
    }
    // Run all consequences of the response in this process before the next request.
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }

  /** A process other than the owner commits a clear or delete. */
  end(kind: "clear" | "delete"): Turn {
    const last = this.turns.at(-1);
    const cursor = Math.max(0, ...this.turns.map(({ in_seq }) => in_seq));
    const newest = this.log.at(-1)?.seq ?? 0;
    const nextId = last === undefined ? 1 : last.first_id + last.messages.length;
    const turn: Turn = {
      _id: turnKey(user, session, this.turns.length),
      kind,
      in_seq: kind === "delete" ? Math.max(cursor, newest) : cursor,
      seen_seq: newest,
      run_id: `end-${this.turns.length}`,
      attempt: 1,
      first_id: kind === "delete" ? 1 : nextId,
      messages: [],
      queue: kind === "clear" ? last?.queue : undefined,
      at: new Date(),
    };
    this.turns.push(turn);
    return turn;
  }

  #ask<T>(process: WorldProcess, perform: () => T): Promise<T> {
    if (process.dead) return new Promise<T>(() => {});
    return new Promise<T>((resolve) => {
      this.#pending.push({ process, perform, resolve: resolve as (value: never) => void });
    });
  }

  #insert(turn: Turn): CommitResult {
    if (this.turns.some(({ _id }) => _id.n === turn._id.n)) return "n";
    const { client_msg_id: id } = turn;
    if (id !== undefined && this.turns.some((other) => other.client_msg_id === id)) return "client_msg_id";
    this.turns.push(structuredClone(turn));
    this.turns.sort((a, b) => a._id.n - b._id.n);
    return "committed";
  }

  #count(seq: number, field: "attempts" | "exclusive"): { attempts: number; exclusive: number } {
    const counts = this.#attempts.get(seq) ?? { attempts: 0, exclusive: 0 };
    counts[field]++;
    this.#attempts.set(seq, counts);
    return { ...counts };
  }

  #remove(remove: (seq: number) => boolean): void {
    for (const entry of this.log) {
      if (entry.gone || !remove(entry.seq)) continue;
      entry.gone = true;
      if (this.changes.has(entry.seq)) continue;
      const turn = this.turns.find(({ kind, in_seq }) => kind === "message" && in_seq === entry.seq);
      const repeats = this.log.some(
        ({ seq, input }) => seq < entry.seq && input.client_msg_id === entry.input.client_msg_id,
      );
      const told = this.published.has(turn === undefined ? `deleted ${entry.seq}` : turn.run_id);
      if (!told && !repeats) this.lost.push(entry.seq);
    }
  }

  #deps(process: WorldProcess): ActorDeps {
    const ask = <T>(perform: () => T) => this.#ask(process, perform);
    const find = (test: (turn: Turn) => boolean) => ask(() => structuredClone(this.turns.find(test) ?? null));
    const publish = (id: string) => ask(() => void this.published.add(id));
    const deps: Omit<ActorDeps, "turns"> & TurnDeps = {
      store: {
        tail: (_user, _session, limit = 40) =>
          ask(() => structuredClone(this.turns.toReversed().slice(0, limit))),
        at: (_user, _session, n) => find(({ _id }) => _id.n === n),
        since: (_user, _session, n) => ask(() => structuredClone(this.turns.filter(({ _id }) => _id.n >= n))),
        byInSeq: (_user, _session, seq) => find(({ reply, in_seq }) => reply !== undefined && in_seq === seq),
        byClientMsgId: (_user, _session, id) => find(({ client_msg_id }) => client_msg_id === id),
        deleteCovering: (_user, _session, seq) =>
          find(({ kind, in_seq }) => kind === "delete" && in_seq >= seq),
      },
      commit: (turn) => ask(() => this.#insert(turn)),
      sessions: { created: () => ask(() => undefined), touched: () => {} },
      attempts: {
        begin: (_user, _session, seq) => ask(() => this.#count(seq, "attempts")),
        beginExclusive: (_user, _session, seq) => ask(() => this.#count(seq, "exclusive")),
      },
      effects: {
        ofTurn: (turn) => publish(turn.run_id),
        bridge: () => Promise.resolve(),
        ofDeleted: (_input, seq) => publish(`deleted ${seq}`),
        ofFailed: (_input, seq) => publish(`failed ${seq}`),
      },
      out: { frame: () => {}, direct: () => {} },
      reject: () => Promise.resolve(),
      trimmer: {
        finished: (_user, _session, upTo) =>
          void ask(() => this.#remove((seq) => seq <= upTo && !this.changes.has(seq))),
        remove: (only) => ask(() => this.#remove((seq) => seq === only)),
      },
      ...bystanders,
      models: worldModels(ask),
      gate: new RunGate(),
      readInput: (seq) =>
        ask(() => {
          const entry = this.log.find((one) => one.seq === seq && !one.gone && !this.changes.has(seq));
          return entry === undefined ? null : sessionInputSchema.parse(entry.input);
        }),
      readEdit: (seq) =>
        ask(() => {
          const action = this.log.some((one) => one.seq === seq && !one.gone)
            ? this.changes.get(seq)?.action
            : undefined;
          return action?.kind === "edit" ? action.content : null;
        }),
      limits: limitsSchema.parse({}),
      log,
      metrics,
    };
    return { ...deps, turns: deps };
  }
}

import type { DeviceAnswer, DeviceAsk } from "../../schemas/documents/device.ts";
import { devicePartitionOf, parseDeviceIn } from "../../schemas/messages/subjects.ts";
import type { Budgets } from "../runtime/budgets.ts";
import type { AbortedRun, KeyedActor, LogEntry } from "../runtime/keyed-actor.ts";
import { persist } from "../storage/persist.ts";
import type { DeviceWriteBehind } from "./device-write-behind.ts";
import { Home, type HomeMeans } from "./home.ts";

const preloaded = 500;
/** Interval of budget checks, ms. */
const drainMs = 250;

/** Dependencies of the device actor. */
export interface HomeActorMeans extends HomeMeans {
  /** Update and byte budgets of each user. */
  updates: Budgets;
  bytes: Budgets;
}

interface Letter {
  seq: number;
  topic: string;
  data: Uint8Array;
  at: number;
  applied(): void;
}

/**
 * Actor for the devices of one user; applies their messages in stream order. Over the budget it
 * keeps only the newest message of each topic until budget is available; others are dropped and counted.
 */
export class HomeActor implements KeyedActor {
  readonly #means: HomeActorMeans;
  readonly #user: string;
  readonly #partition: number;
  readonly #letters: Letter[] = [];
  /** Newest message of each topic waiting for budget. */
  readonly #over = new Map<string, Letter>();
  #home: Home;
  #loaded: Promise<void> | undefined;
  #working = false;
  #drainTimer: NodeJS.Timeout | undefined;
  #hurried = false;
  #highest = 0;
  #storedSeq = 0;
  #waiters: { seq: number; resolve(): void }[] = [];
  #usedAt = performance.now();
  #abandoned = false;

  constructor(means: HomeActorMeans, user: string) {
    this.#means = means;
    this.#user = user;
    this.#partition = devicePartitionOf(user);
    this.#home = new Home(means, user, this.#onStored);
  }

  deliver({ seq, subject, data }: LogEntry): void {
    if (this.#abandoned || seq <= this.#highest) return;
    this.#highest = seq;
    this.#usedAt = performance.now();
    const topic = parseDeviceIn(subject)?.topic;
    if (topic === undefined) return;
    const letter: Letter = {
      seq,
      topic,
      data,
      at: Date.now(),
      applied: this.#book.taken(this.#partition, seq),
    };
    if (this.#over.has(topic) || !this.#affords(letter)) this.#postpone(letter);
    else this.#letters.push(letter);
    this.#pump();
  }

  /** Answers a request about the user's devices, after all earlier messages. */
  async answer(ask: DeviceAsk): Promise<DeviceAnswer> {
    if (ask.kind === "settled") {
      await this.#settled(ask.seq);
      return {};
    }
    await this.#load();
    await this.#idle();
    this.#usedAt = performance.now();
    if (ask.kind === "read") return this.#home.read(ask.devices);
    if (ask.kind === "mirror") {
      await this.#home.mirror.turn(ask.enabled);
      return {};
    }
    if (ask.kind === "command") return this.#home.command(ask.device, ask.component, ask.command);
    if (ask.device === undefined) this.#reset();
    else await this.#home.forget(ask.device);
    return {};
  }

  async quiesce(): Promise<AbortedRun[]> {
    await this.#idle();
    await this.#book.flush();
    return [];
  }

  abandon(): void {
    this.#abandoned = true;
    clearTimeout(this.#drainTimer);
    this.#home.stop();
    for (const letter of [...this.#letters.splice(0), ...this.#over.values()]) letter.applied();
    this.#over.clear();
    this.#stored(Number.POSITIVE_INFINITY);
  }

  isIdle(before: number): boolean {
    const done = this.#letters.length === 0 && this.#over.size === 0 && !this.#home.isWaiting;
    return done && this.#usedAt < before && this.#waiters.length === 0;
  }

  get #book(): DeviceWriteBehind {
    return this.#means.book;
  }

  #affords({ data }: Letter): boolean {
    const { updates, bytes } = this.#means;
    return updates.take(this.#user, 1) === 0 && bytes.take(this.#user, data.length) === 0;
  }

  #postpone(letter: Letter): void {
    const older = this.#over.get(letter.topic);
    // Re-insert the newest at the end, to keep stream order.
    this.#over.delete(letter.topic);
    this.#over.set(letter.topic, letter);
    if (older !== undefined) {
      older.applied();
      this.#home.refuse(letter.topic, "too many updates: only the newest of the topic is kept");
    }
    this.#drainTimer ??= setTimeout(() => this.#drain(), drainMs);
  }

  #drain(): void {
    this.#drainTimer = undefined;
    for (const [topic, letter] of this.#over) {
      if (!this.#affords(letter)) break;
      this.#over.delete(topic);
      this.#letters.push(letter);
    }
    if (this.#over.size > 0) this.#drainTimer = setTimeout(() => this.#drain(), drainMs);
    this.#pump();
  }

  #load(): Promise<void> {
    this.#loaded ??= persist(this.#means.log, "devices", () => this.#home.load());
    return this.#loaded;
  }

  #reset(): void {
    this.#home.stop();
    this.#home = new Home(this.#means, this.#user, this.#onStored);
    this.#loaded = undefined;
    this.#book.dropUser(this.#user);
  }

  #pump(): void {
    if (this.#working || this.#abandoned) return;
    this.#working = true;
    this.#work()
      .catch((err: unknown) => this.#means.log.error({ err, user: this.#user }, "device actor failed"))
      .finally(() => {
        this.#working = false;
        for (const wake of this.#idlers.splice(0)) wake();
        if (this.#letters.length > 0) this.#pump();
      });
  }

  async #work(): Promise<void> {
    await this.#load();
    while (this.#letters.length > 0 && !this.#abandoned) {
      const batch = this.#letters.splice(0, preloaded);
      await persist(this.#means.log, "devices", () => this.#home.preload(batch));
      for (const letter of batch) {
        if (this.#abandoned) return;
        await this.#apply(letter);
      }
    }
  }

  /** An error fails only its own message. */
  async #apply(letter: Letter): Promise<void> {
    try {
      await persist(this.#means.log, "device", () => this.#home.receive(letter));
    } catch (err) {
      this.#means.log.error({ err, user: this.#user, topic: letter.topic }, "device message failed");
      this.#home.refuse(letter.topic, "internal error");
    }
    letter.applied();
    this.#book.passed(this.#user, letter.seq, this.#onStored);
    if (this.#hurried) this.#book.hurry();
  }

  readonly #idlers: (() => void)[] = [];

  #idle(): Promise<void> {
    if (!this.#working && this.#letters.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  #settled(seq = this.#highest): Promise<void> {
    if (this.#storedSeq >= seq) return Promise.resolve();
    this.#hurried = true;
    this.#book.hurry();
    return new Promise((resolve) => this.#waiters.push({ seq, resolve }));
  }

  readonly #onStored = (seq: number): void => this.#stored(seq);

  #stored(seq: number): void {
    this.#storedSeq = Math.max(this.#storedSeq, seq);
    this.#waiters = this.#waiters.filter((waiter) => {
      if (waiter.seq > this.#storedSeq) return true;
      waiter.resolve();
      return false;
    });
    this.#hurried = this.#waiters.length > 0;
  }
}

import type { Logger } from "../../infra/log.ts";
import type { Limits } from "../../schemas/limits.ts";
import { parseSessionIn, streams, subjects } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";

/** The log is counted again after a user has used this fraction of their remaining sessions. */
const blindShare = 4;
/** Session owners queried at the limit: the log keeps finished messages for a few seconds. */
const mostAsked = 32;
/** Minimum interval between counts for a user at the limit, ms. */
const againMs = 250;

/** Whether a session has unfinished messages; undefined when its owner does not answer. */
export type IsUnfinished = (user: string, session: string) => Promise<boolean | undefined>;

interface Counted {
  /** Sessions that may have unfinished messages: those of the last count, and all since. */
  open: Set<string>;
  /** Number of sessions that triggers the next count. */
  countAt: number;
  /** Start of the last count, ms of the monotonic clock. */
  countedAt: number;
  /** Sessions added since the current count began. */
  since: Set<string> | undefined;
  /** The current count. */
  running: Promise<void> | undefined;
}

/**
 * Limits the sessions with unfinished messages per user. The log contains all unfinished messages, so its
 * subjects are the count; an edge reads them only when a user has used part of the limit, which most never
 * do.
 */
export class UserSessions {
  readonly #link: Pick<NatsLink, "jsm">;
  readonly #log: Logger;
  readonly #limits: Pick<Limits, "userSessions" | "userRates">;
  readonly #isUnfinished: IsUnfinished;
  readonly #users = new Map<string, Counted>();

  constructor(
    link: Pick<NatsLink, "jsm">,
    log: Logger,
    limits: Pick<Limits, "userSessions" | "userRates">,
    isUnfinished: IsUnfinished,
  ) {
    this.#link = link;
    this.#log = log;
    this.#limits = limits;
    this.#isUnfinished = isUnfinished;
  }

  /**
   * Whether a message may enter this session. Below the limit it is decided at once; at the limit the
   * sessions are counted, and waiting callers are answered in order.
   */
  take(user: string, session: string): boolean | Promise<boolean> {
    const counted = this.#of(user);
    if (this.#add(counted, session)) {
      if (counted.open.size >= counted.countAt) void this.#count(user, counted);
      // Its message is stored after this, so the count that begins now may not find it.
      counted.since?.add(session);
      return true;
    }
    return this.#recount(user, counted, session);
  }

  /** Whether the session is in the current count. */
  #add(counted: Counted, session: string): boolean {
    if (counted.open.has(session)) return true;
    if (counted.open.size >= this.#limits.userSessions) return false;
    counted.open.add(session);
    counted.since?.add(session);
    return true;
  }

  async #recount(user: string, counted: Counted, session: string): Promise<boolean> {
    // The current count may have begun before a session finished.
    for (let round = counted.running === undefined ? 1 : 0; round < 2; round++) {
      const wait = counted.countedAt + againMs - performance.now();
      if (counted.running === undefined && wait > 0)
        await new Promise((resolve) => setTimeout(resolve, wait));
      await this.#count(user, counted);
      if (this.#add(counted, session)) return true;
    }
    return false;
  }

  #of(user: string): Counted {
    const counted = this.#users.get(user) ?? {
      open: new Set(),
      countAt: this.#countAt(0),
      countedAt: Number.NEGATIVE_INFINITY,
      since: undefined,
      running: undefined,
    };
    this.#users.delete(user);
    this.#users.set(user, counted);
    if (this.#users.size > this.#limits.userRates) this.#users.delete(this.#users.keys().next().value ?? "");
    return counted;
  }

  #countAt(open: number): number {
    return open + Math.max(1, Math.floor((this.#limits.userSessions - open) / blindShare));
  }

  /** Counts, or waits for the current count. Never rejects. */
  #count(user: string, counted: Counted): Promise<void> {
    if (counted.running !== undefined) return counted.running;
    counted.since = new Set();
    counted.countedAt = performance.now();
    counted.running = this.#unfinished(user)
      .then((open) => {
        for (const session of counted.since ?? []) open.add(session);
        counted.open = open;
      })
      .catch((err: unknown) => this.#log.warn({ err, user }, "unfinished sessions not counted"))
      .finally(() => {
        counted.since = undefined;
        counted.running = undefined;
        counted.countAt = this.#countAt(counted.open.size);
      });
    return counted.running;
  }

  async #unfinished(user: string): Promise<Set<string>> {
    const { state } = await this.#link.jsm.streams.info(streams.sessions, {
      subjects_filter: subjects.sessionInOfUser(user),
    });
    const inLog = Object.keys(state.subjects ?? {}).map((subject) => parseSessionIn(subject)?.session);
    const sessions = new Set(inLog.filter((session) => session !== undefined));
    if (sessions.size < this.#limits.userSessions) return sessions;
    await Promise.all(
      [...sessions].slice(0, mostAsked).map(async (session) => {
        if ((await this.#isUnfinished(user, session)) === false) sessions.delete(session);
      }),
    );
    return sessions;
  }
}

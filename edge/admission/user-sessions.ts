import type { Logger } from "../../infra/log.ts";
import type { Limits } from "../../schemas/limits.ts";
import { parseSessionIn, streams, subjects } from "../../schemas/messages/subjects.ts";
import type { NatsLink } from "../nats-link.ts";

/** One in so many of the sessions that a user has left may be used before the log is looked at again. */
const blindShare = 4;
/** A user at the limit is looked at no oftener. */
const againMs = 1_000;

interface Known {
  /** Sessions that may have unfinished messages: those of the last look, and all since. */
  open: Set<string>;
  /** How many of them make the next look. */
  lookAt: number;
  /** When the last look began, ms of the monotonic clock. */
  lookedAt: number;
  /** Sessions that were added since the look under way began. */
  since: Set<string> | undefined;
}

/**
 * How many sessions with unfinished messages each user has. The log holds exactly what is unfinished, so its subjects
 * are the count; an edge looks there only when a user has used a share of what he may have, which most never do.
 */
export class UserSessions {
  readonly #link: NatsLink;
  readonly #log: Logger;
  readonly #limits: Pick<Limits, "userSessions" | "userRates">;
  readonly #users = new Map<string, Known>();

  constructor(link: NatsLink, log: Logger, limits: Pick<Limits, "userSessions" | "userRates">) {
    this.#link = link;
    this.#log = log;
    this.#limits = limits;
  }

  /** Whether a message may enter this session. It never waits, so that messages keep their order. */
  take(user: string, session: string): boolean {
    const known = this.#of(user);
    if (known.open.has(session)) return true;
    const fits = known.open.size < this.#limits.userSessions;
    if (fits) {
      known.open.add(session);
      known.since?.add(session);
    }
    if (fits ? known.open.size >= known.lookAt : performance.now() > known.lookedAt + againMs)
      this.#look(user, known);
    return fits;
  }

  #of(user: string): Known {
    const known = this.#users.get(user) ?? {
      open: new Set(),
      lookAt: this.#lookAt(0),
      lookedAt: Number.NEGATIVE_INFINITY,
      since: undefined,
    };
    this.#users.delete(user);
    this.#users.set(user, known);
    if (this.#users.size > this.#limits.userRates) this.#users.delete(this.#users.keys().next().value ?? "");
    return known;
  }

  #lookAt(open: number): number {
    return open + Math.max(1, Math.floor((this.#limits.userSessions - open) / blindShare));
  }

  #look(user: string, known: Known): void {
    if (known.since !== undefined) return;
    known.since = new Set();
    known.lookedAt = performance.now();
    this.#unfinished(user)
      .then((open) => {
        for (const session of known.since ?? []) open.add(session);
        known.open = open;
      })
      .catch((err: unknown) => this.#log.warn({ err, user }, "unfinished sessions not counted"))
      .finally(() => {
        known.since = undefined;
        known.lookAt = this.#lookAt(known.open.size);
      });
  }

  async #unfinished(user: string): Promise<Set<string>> {
    const { state } = await this.#link.jsm.streams.info(streams.sessions, {
      subjects_filter: subjects.sessionInOfUser(user),
    });
    const sessions = Object.keys(state.subjects ?? {}).map((subject) => parseSessionIn(subject)?.session);
    return new Set(sessions.filter((session) => session !== undefined));
  }
}

import type { JetStreamManager } from "@nats-io/jetstream";
import type { Bus } from "../../../infra/bus/bus.ts";
import type { Logger } from "../../../infra/log.ts";
import { storedMessage } from "../../../infra/nats/stored-message.ts";
import { type Turn, turnKey } from "../../../schemas/documents/collections.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import { subjectOf } from "../../../schemas/messages/define.ts";
import { sessionChanged, sessionInput } from "../../../schemas/messages/session.ts";
import { sessionPartition } from "../../../schemas/messages/subjects.ts";
import { isOver } from "../../requests/rest.ts";
import type { MessageIndex } from "../../storage/message-index.ts";
import type { SessionDocuments } from "../rest/session-documents.ts";
import { queueAfter } from "./queue-state.ts";
import { transcriptOf } from "./transcript.ts";
import type { TurnStore } from "./turn-store.ts";

const stubMs = 7 * 24 * 3600 * 1_000;
const sweepEveryMs = 60_000;
const sweepSize = 100;

/**
 * Clears and deletes sessions from any process, without asking the owner: both are turns, so that a run on
 * the earlier transcript conflicts with them at its commit. Hidden turns are erased; a sweep completes
 * erasures of crashed processes.
 */
export class Eraser {
  readonly #bus: Pick<Bus, "signal">;
  readonly #jsm: JetStreamManager;
  readonly #store: TurnStore;
  readonly #sessions: SessionDocuments;
  readonly #index: Pick<MessageIndex, "eraseBelow">;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    bus: Pick<Bus, "signal">,
    jsm: JetStreamManager,
    store: TurnStore,
    sessions: SessionDocuments,
    index: Pick<MessageIndex, "eraseBelow">,
    log: Logger,
  ) {
    this.#bus = bus;
    this.#jsm = jsm;
    this.#store = store;
    this.#sessions = sessions;
    this.#index = index;
    this.#log = log;
  }

  /** Starts the sweep. */
  start(): void {
    this.#timer = setInterval(() => void this.#sweep(), sweepEveryMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Hides all current turns of the session. Queued messages stay queued. `deadline`: Unix ms. */
  async clear(user: string, session: string, deadline?: number): Promise<void> {
    const turn = await this.#insert(user, session, deadline, async (cursor) => {
      const { state } = await this.#jsm.streams.info(sessionInput.stream);
      return { kind: "clear", in_seq: cursor, seen_seq: state.last_seq };
    });
    await this.finish(turn);
    this.#notifyOwner(user, session);
  }

  /** Deletes the session and its queued messages. `deadline`: Unix ms. */
  async delete(user: string, session: string, deadline?: number): Promise<void> {
    const turn = await this.#insert(user, session, deadline, async (cursor) => {
      const last = await this.#lastOf(user, session);
      return { kind: "delete", in_seq: Math.max(cursor, last), seen_seq: Math.max(cursor, last) };
    });
    this.#notifyOwner(user, session);
    await this.finish(turn);
  }

  /** Erases the content hidden by a clear, delete or cut; idempotent. */
  async finish(turn: Turn): Promise<void> {
    const { user, session, n } = turn._id;
    const expiresAt = new Date(turn.at.getTime() + stubMs);
    if (turn.kind === "cut") await this.#store.applyCut(turn);
    else {
      await this.#store.blankBelow(user, session, n, expiresAt);
      await this.#index.eraseBelow(user, session, n);
    }
    if (turn.kind === "delete") await this.#sessions.deleted(user, session, n, expiresAt);
    await this.#store.erased(turn, expiresAt);
  }

  /** Runs {@link finish} in the background; the sweep retries failures. */
  erase(turn: Turn): void {
    const { user, session, n } = turn._id;
    this.finish(turn).catch((err: unknown) => this.#log.warn({ err, user, session, n }, "erasure failed"));
  }

  async #insert(
    user: string,
    session: string,
    deadline: number | undefined,
    describe: (cursor: number) => Promise<Pick<Turn, "kind" | "in_seq" | "seen_seq">>,
  ): Promise<Turn> {
    for (;;) {
      // After a long pause, don't execute a request whose caller has timed out: it would erase newer
      // messages.
      if (isOver({ deadline })) throw new ParleyError("service_unavailable");
      const transcript = transcriptOf(await this.#store.tail(user, session, 1));
      const described = await describe(transcript.cursor);
      const turn: Turn = {
        _id: turnKey(user, session, transcript.nextN),
        ...described,
        run_id: newId("run_"),
        attempt: 1,
        first_id: described.kind === "delete" ? 1 : transcript.nextId,
        messages: [],
        queue: described.kind === "clear" ? queueAfter(transcript.queue, transcript.cursor) : undefined,
        at: new Date(),
        erase_pending: true,
      };
      const [result] = await this.#store.insertAll([turn]);
      if (result === "committed") return turn;
      // The response of an earlier insert may have been lost: the turn at this n is then this one.
      if ((await this.#store.at(user, session, turn._id.n))?.run_id === turn.run_id) return turn;
    }
  }

  async #lastOf(user: string, session: string): Promise<number> {
    const partition = sessionPartition(user, session);
    const last_by_subj = subjectOf(sessionInput, { partition, user, session });
    return (await storedMessage(this.#jsm, sessionInput.stream, { last_by_subj }))?.seq ?? 0;
  }

  /** Best effort: an owner that misses it conflicts with the turn at its next commit. */
  #notifyOwner(user: string, session: string): void {
    this.#bus.signal(sessionChanged, { kind: "changed", user, session });
  }

  async #sweep(): Promise<void> {
    try {
      for (const turn of await this.#store.erasePending(sweepSize)) await this.finish(turn);
    } catch (err) {
      this.#log.warn({ err }, "erasure sweep failed");
    }
  }
}

import type { Turn } from "../../../schemas/documents/collections.ts";
import { turnKey } from "../../../schemas/documents/collections.ts";
import type {
  QueueAction,
  QueueChange,
  QueueOutcome,
  QueueSlot,
  QueueState,
} from "../../../schemas/documents/session-queue.ts";
import { newId } from "../../../schemas/ids.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import { persist } from "../../storage/persist.ts";
import { queueFrame } from "../outbox/queue-frame.ts";
import { queueAfter, slotAt, unchangedQueue } from "../transcript/queue-state.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { ActorDeps } from "./actor-deps.ts";
import { type Mailbox, type QueuedMessage, slotOf } from "./mailbox.ts";

/** Number of outcomes kept for later requests. */
const maxOutcomes = 256;

/** The session whose queue changes. */
export interface ChangedSession {
  readonly user: string;
  readonly session: string;
  readonly mailbox: Mailbox;
  readonly leaving: boolean;
  transcript(): Promise<Transcript>;
  invalidate(): void;
  append(turn: Turn): boolean;
  publishing(turn: Turn, effects: Promise<void>): void;
  /** A message with its text as changed; null when it is no longer in the log. */
  inputOf(message: QueuedMessage): Promise<SessionInput | null>;
}

/**
 * Decides on changes of a session's queue in log order. A change is applied by an insert into the transcript,
 * so that a run of another process on the earlier queue conflicts with it; started turns are not changed.
 */
export class QueueChanges {
  readonly #deps: ActorDeps;
  readonly #session: ChangedSession;
  readonly #outcomes = new Map<string, QueueOutcome>();
  readonly #waiters = new Map<string, ((outcome: QueueOutcome) => void)[]>();
  /** Changes kept in the log until the turn of their message shows whether they were applied. */
  #held: { seq: number; replyId: string }[] = [];
  #last: Promise<void> = Promise.resolve();
  #undecided = 0;

  constructor(deps: ActorDeps, session: ChangedSession) {
    this.#deps = deps;
    this.#session = session;
  }

  /** Resolves when all changes read so far are decided; undefined if none is pending. */
  get decided(): Promise<void> | undefined {
    return this.#undecided === 0 ? undefined : this.#last;
  }

  /** Adds a change read from the log. */
  add(seq: number, change: QueueChange): void {
    this.#undecided += 1;
    this.#last = this.#last
      .then(() => this.#decide(seq, change))
      .catch((err: unknown) => {
        const { user, session } = this.#session;
        this.#deps.log.error({ err, user, session, seq, change: change.change_id }, "queue change failed");
        this.#finish(seq, change, "not_found");
      })
      .finally(() => {
        this.#undecided -= 1;
      });
  }

  /** Outcome of a change; waits at most `ms` for it. */
  outcomeOf(changeId: string, ms: number): Promise<QueueOutcome> {
    const known = this.#outcomes.get(changeId);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve("pending"), ms);
      const waiters = this.#waiters.get(changeId) ?? [];
      waiters.push((outcome) => {
        clearTimeout(timer);
        resolve(outcome);
      });
      this.#waiters.set(changeId, waiters);
      setTimeout(() => this.#waiters.delete(changeId), ms).unref();
    });
  }

  async #decide(seq: number, change: QueueChange): Promise<void> {
    const session = this.#session;
    for (;;) {
      const transcript = await session.transcript();
      // The next owner re-reads the change.
      if (session.leaving) return;
      // The places that the transcript names must not be lost with a message that was just taken out.
      session.mailbox.arrange(transcript.queue);
      const target = session.mailbox.messages.find(({ messageId }) => messageId === change.message_id);
      const waiting = session.mailbox.waiting(transcript.cursor);
      const refusal = outcomeBefore(seq, change, target, transcript, waiting);
      if (refusal !== undefined || target === undefined) {
        this.#finish(seq, change, refusal ?? "not_found");
        return;
      }
      const replaced = target.editSeq;
      const state = changedState(session.mailbox, target, transcript, change.action, seq);
      if (!(await this.#commit(queueTurn(session, transcript, state, seq)))) continue;
      this.#finish(seq, change, "applied");
      if (change.action.kind === "edit" && replaced !== undefined) void this.#deps.trimmer.remove(replaced);
      await this.#announce();
      return;
    }
  }

  /** Whether the change is in the transcript; an earlier insert may have succeeded and lost its response. */
  async #commit(turn: Turn): Promise<boolean> {
    const { user, session, n } = turn._id;
    if ((await this.#deps.commit(turn)) === "committed") {
      this.#session.append(turn);
      this.#session.mailbox.arrange(turn.queue ?? unchangedQueue);
      return true;
    }
    this.#session.invalidate();
    const committed = await persist(this.#deps.log, "queue change", () =>
      this.#deps.store.at(user, session, n),
    );
    if (committed?.run_id !== turn.run_id) return false;
    await this.#session.transcript();
    return true;
  }

  #finish(seq: number, change: QueueChange, outcome: QueueOutcome): void {
    this.#outcomes.set(change.change_id, outcome);
    if (this.#outcomes.size > maxOutcomes) this.#outcomes.delete(this.#outcomes.keys().next().value ?? "");
    for (const waiter of this.#waiters.get(change.change_id) ?? []) waiter(outcome);
    this.#waiters.delete(change.change_id);
    const target = this.#session.mailbox.messages.find(
      ({ messageId, editSeq }) => editSeq === seq || messageId === change.message_id,
    );
    // Another owner may have applied a change refused here, and needs the text of an edit.
    const isFinal = outcome === "applied" && change.action.kind !== "edit";
    if (target === undefined || isFinal) void this.#deps.trimmer.remove(seq);
    else this.#held.push({ seq, replyId: target.replyId });
  }

  /** Removes the changes of a finished message. */
  messageFinished(replyId: string): void {
    for (const change of this.#held)
      if (change.replyId === replyId) void this.#deps.trimmer.remove(change.seq);
    this.#held = this.#held.filter((change) => change.replyId !== replyId);
  }

  /** Removes a message that is answered without a turn from queue and log. */
  async leave(message: QueuedMessage): Promise<void> {
    const { seq, inputSeq, replyId } = message;
    if (isChanged(slotOf(message))) await this.vacate(message);
    this.messageFinished(replyId);
    // A message that was moved goes with the next purge: its entry marks the place of another one.
    if (seq === inputSeq) void this.#deps.trimmer.remove(seq);
  }

  /** Finishes the changed place of a message that is due and gets no turn: later ones would wait for it. */
  async vacate({ seq, inputSeq }: QueuedMessage): Promise<void> {
    const session = this.#session;
    for (;;) {
      const transcript = await session.transcript();
      const { queue } = transcript;
      const slot = slotAt(queue, seq);
      if (session.leaving || slot === undefined || slot.input_seq !== inputSeq) return;
      const turn: Turn = {
        ...queueTurn(session, transcript, queueAfter(queue, seq, slot) ?? unchangedQueue, seq),
        in_seq: seq,
        slot,
      };
      if (!(await this.#commit(turn))) continue;
      session.publishing(turn, Promise.resolve());
      const of = { user: session.user, session: session.session, seq, inputSeq };
      this.#deps.log.info(of, "changed message left queue without turn");
      return;
    }
  }

  /** Sends the queue to all devices. */
  async #announce(): Promise<void> {
    const { user, session, mailbox } = this.#session;
    const { cursor } = await this.#session.transcript();
    const inputs: SessionInput[] = [];
    for (const message of mailbox.waiting(cursor)) {
      const input = await this.#session.inputOf(message);
      if (input !== null) inputs.push(input);
    }
    this.#deps.out.frame(user, queueFrame(session, inputs));
  }
}

/** The outcome of a change that can't be applied (again); undefined if it can. */
function outcomeBefore(
  seq: number,
  { message_id, action }: QueueChange,
  target: QueuedMessage | undefined,
  { queue, cursor, byInSeq }: Transcript,
  waiting: readonly QueuedMessage[],
): QueueOutcome | undefined {
  if (queue.applied.includes(seq)) return "applied";
  if (target === undefined) {
    const isFinished = [...byInSeq.values()].some(
      ({ messages, slot }) =>
        messages.some((message) => message.message_id === message_id) || slot?.message_id === message_id,
    );
    return isFinished ? "turn_started" : "not_found";
  }
  if (target.seq <= cursor) return "turn_started";
  switch (target.phase) {
    case "running":
      return "turn_started";
    case "cancelled":
      return "not_found";
    case "received":
    case "waiting":
      if (action.kind === "cancel") return undefined;
      if (target.regenerates) return "not_found";
      // A request for another reply stands for the last question, so nothing may change places with it.
      return action.kind === "move" && waiting.some(({ regenerates }) => regenerates)
        ? "turn_started"
        : undefined;
  }
}

/** The queue after a change. */
function changedState(
  mailbox: Mailbox,
  target: QueuedMessage,
  { queue, cursor }: Transcript,
  action: QueueAction,
  seq: number,
): QueueState {
  const unfinished = mailbox.messages.filter((message) => message.seq > cursor);
  const places = new Map(unfinished.map((message) => [message, slotOf(message)]));
  const own = places.get(target);
  if (own !== undefined && action.kind === "edit") own.edit_seq = seq;
  if (own !== undefined && action.kind === "cancel") own.cancelled = true;
  if (action.kind === "move") {
    const waiting = mailbox.waiting(cursor);
    const order = waiting.filter((message) => message !== target);
    order.splice(action.position - 1, 0, target);
    for (const [index, message] of order.entries()) {
      const slot = places.get(message);
      if (slot !== undefined) slot.seq = waiting[index]?.seq ?? slot.seq;
    }
  }
  const slots = [...places.values()].filter(isChanged).toSorted((a, b) => a.seq - b.seq);
  const state = { slots, applied: [...queue.applied, seq], done: queue.done };
  return queueAfter(state, cursor) ?? unchangedQueue;
}

function isChanged({ seq, input_seq, edit_seq, cancelled }: QueueSlot): boolean {
  return seq !== input_seq || edit_seq !== undefined || cancelled === true;
}

/** The turn of a change keeps the cursor, because a change is not a message of the log. */
function queueTurn(
  { user, session }: ChangedSession,
  { nextN, nextId, cursor }: Transcript,
  queue: QueueState,
  seq: number,
): Turn {
  return {
    _id: turnKey(user, session, nextN),
    kind: "queue",
    in_seq: cursor,
    seen_seq: seq,
    run_id: newId("run_"),
    attempt: 1,
    first_id: nextId,
    messages: [],
    queue,
    at: new Date(),
  };
}

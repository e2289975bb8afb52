import { withTrace } from "../../../infra/bus/trace.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import type { MessageState, SessionInput } from "../../../schemas/messages/session-input.ts";
import type { AbortedRun, Arrival, KeyedActor, LogEntry } from "../../runtime/keyed-actor.ts";
import { persist } from "../../storage/persist.ts";
import { append, type Transcript, transcriptOf } from "../transcript/transcript.ts";
import { UnstorableTurnError } from "../transcript/turn-committer.ts";
import type { Outcome } from "../turn/outcome.ts";
import { TurnRun } from "../turn/pipeline.ts";
import type { TurnHost } from "../turn/turn-message.ts";
import type { ActorDeps } from "./actor-deps.ts";
import { type ActorState, mayBeginTurn, shouldStart } from "./actor-state.ts";
import { admit, type Queue } from "./admission.ts";
import { failTurn } from "./failed-turn.ts";
import { readEntry } from "./log-entry.ts";
import { Mailbox, type QueuedMessage, slotOf } from "./mailbox.ts";
import { PendingEffects } from "./pending-effects.ts";
import { Playback } from "./playback.ts";
import { type ChangedSession, QueueChanges } from "./queue-changes.ts";
import { readMessage, settleChanged, settleFinished } from "./settle.ts";
import { setAside } from "./unknown-form.ts";

const retryMs = 1_000;
/** Consecutive retries of the same message without a pause. */
const maxStalls = 16;

/**
 * Actor of one session: announces new messages, runs turns one at a time, and appends committed turns to
 * its transcript. Another owner may exist at any time: the commit to the store decides between them.
 */
export class SessionActor implements KeyedActor, TurnHost, Queue, ChangedSession {
  readonly user: string;
  readonly session: string;
  readonly mailbox: Mailbox;
  readonly playback = new Playback();
  readonly changes: QueueChanges;
  readonly #deps: ActorDeps;
  #state: ActorState = "idle";
  #transcript: Transcript | null = null;
  #loading: Promise<Transcript> | undefined;
  #working: Promise<void> | undefined;
  #run: TurnRun | null = null;
  readonly #effects: PendingEffects;
  #highestSeq = 0;
  #usedAt = performance.now();

  constructor(deps: ActorDeps, user: string, session: string) {
    this.#deps = deps;
    this.user = user;
    this.session = session;
    this.mailbox = new Mailbox(deps.limits.mailboxPayloads);
    this.changes = new QueueChanges(deps, this);
    this.#effects = new PendingEffects(deps, this);
  }

  /** Time of the last activity, monotonic ms. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** The highest log sequence delivered to this actor. */
  get highestSeq(): number {
    return this.#highestSeq;
  }

  /** The running turn. */
  get run(): TurnRun | null {
    return this.#run;
  }

  get leaving(): boolean {
    return !mayBeginTurn(this.#state);
  }

  deliver(entry: LogEntry): void {
    const { seq, arrival } = entry;
    if (this.#state === "abandoned" || seq <= this.#highestSeq) return;
    if (this.#highestSeq === 0) this.#effects.readFrom(seq);
    this.#highestSeq = seq;
    this.#usedAt = performance.now();
    const read = readEntry(entry);
    if (!read.ok) {
      void setAside(this.#deps, this, entry, read.error);
      return;
    }
    switch (read.message.kind) {
      case "queue_change":
        this.changes.add(seq, read.message);
        return;
      case "message":
        this.#receive(seq, arrival, read.message);
    }
    this.#start();
  }

  #receive(seq: number, arrival: Arrival, input: SessionInput): void {
    if (this.mailbox.has(seq)) return;
    const message = this.mailbox.push(seq, arrival, input);
    if (this.#transcript === null) return;
    this.mailbox.arrange(this.#transcript.queue);
    if (this.mailbox.has(seq)) admit(this.#deps, this, message, input, this.#transcript);
  }

  inputOf(message: QueuedMessage): Promise<SessionInput | null> {
    return message.input === null ? readMessage(this.#deps, message) : Promise.resolve(message.input);
  }

  async quiesce(cut: AbortSignal): Promise<AbortedRun[]> {
    if (this.#state !== "abandoned") this.#state = "quiescing";
    const run = this.#run;
    const cutShort = new Promise<void>((resolve) => {
      if (cut.aborted) resolve();
      cut.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([this.#working, cutShort]);
    const aborted = run !== null && !run.done ? [{ seq: run.seq, attempt: run.attempt }] : [];
    run?.abort("moved");
    await Promise.race([this.#effects.published, cutShort]);
    return aborted;
  }

  abandon(): void {
    this.#state = "abandoned";
    this.#run?.abort("lost");
  }

  isIdle(before: number): boolean {
    const isWorking = this.#working !== undefined || this.changes.decided !== undefined;
    return !isWorking && this.mailbox.size === 0 && this.#effects.count === 0 && this.#usedAt < before;
  }

  transcript(): Promise<Transcript> {
    if (this.#transcript !== null) return Promise.resolve(this.#transcript);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  invalidate(): void {
    this.#transcript = null;
  }

  /** Reloads the transcript after a change by another process; aborts the run of a deleted message. */
  async onExternalChange(): Promise<void> {
    this.invalidate();
    const run = this.#run;
    const { cursor, isNew } = await this.transcript();
    if (run !== null && isNew && cursor >= run.seq) run.abort("deleted");
    this.#start();
  }

  append(turn: Turn, own = true): boolean {
    const created = this.#transcript?.isNew ?? true;
    if (own && this.#transcript?.nextN === turn._id.n) append(this.#transcript, turn);
    else this.invalidate();
    return created;
  }

  replyBegins(): void {
    const { head } = this.mailbox;
    if (head !== undefined) head.replyBegun = true;
  }

  publishing(turn: Turn, effects: Promise<void>): void {
    this.#effects.add(turn.in_seq, effects, turn.queue);
    const editSeq = turn.slot?.edit_seq;
    if (editSeq !== undefined) void this.#deps.trimmer.remove(editSeq);
  }

  stateOf(message: QueuedMessage): MessageState {
    return this.mailbox.stateOf(message);
  }

  async drop(message: QueuedMessage): Promise<void> {
    this.mailbox.remove(message);
    await this.changes.leave(message).catch((err: unknown) => {
      const of = { err, user: this.user, session: this.session, message: message.messageId };
      this.#deps.log.error(of, "message not removed from queue");
    });
  }

  #start(): void {
    if (!shouldStart(this.#state, this.#due !== undefined)) return;
    this.#state = "loading";
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      this.#usedAt = performance.now();
      if (!this.leaving) this.#state = "idle";
      this.#start();
    });
  }

  /** The next message to run; all earlier log entries must have been read. */
  get #due(): QueuedMessage | undefined {
    const { head } = this.mailbox;
    return head === undefined || head.seq > this.#highestSeq ? undefined : head;
  }

  /**
   * Processes the queue until it is empty. An exception fails the message that was due, never the session.
   */
  async #work(): Promise<void> {
    let stalled = 0;
    for (let due = this.#due; due !== undefined && !this.leaving; due = this.#due) {
      try {
        await this.#workOn();
        stalled = this.#due === due ? stalled + 1 : 0;
        // A message that is retried in a loop must not block the event loop.
        if (stalled > maxStalls) await new Promise((resolve) => setTimeout(resolve, retryMs));
      } catch (err) {
        const { turnFailures } = this.#deps.limits;
        // The store would refuse the same result again: the next run commits a failed turn.
        due.failures =
          err instanceof UnstorableTurnError ? Math.max(due.failures + 1, turnFailures) : due.failures + 1;
        const { user, session } = this;
        const { seq, messageId: message, failures } = due;
        this.#deps.log.error({ err, user, session, seq, message, failures }, "turn failed");
        this.invalidate();
        if (failures > turnFailures) await failTurn(this.#deps, this, due);
        else await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  /** Processes the due message one step: settles it, or runs its turn. */
  async #workOn(): Promise<void> {
    if (!this.leaving) this.#state = "loading";
    // Decide all earlier queue changes before the turn starts.
    await this.changes.decided;
    const transcript = await this.transcript();
    await settleChanged(this.#deps, this.#effects, transcript, this.#due?.seq);
    const message = this.#due;
    if (message === undefined || this.leaving || this.changes.decided !== undefined) return;
    this.#state = "running";
    const isNew = message.phase === "waiting" || message.phase === "received";
    if (message.seq > transcript.cursor && isNew) message.phase = "running";
    const { seq, editSeq } = message;
    const input = await this.inputOf(message);
    // Another owner may have moved or edited it meanwhile.
    if (message !== this.#due || message.seq !== seq || message.editSeq !== editSeq) {
      if (message.phase === "running") message.phase = "waiting";
      return;
    }
    // Another owner has finished and trimmed it.
    if (input === null) {
      this.invalidate();
      await this.changes.vacate(message);
    } else if (message.seq <= transcript.cursor)
      await settleFinished(this.#deps, this.#effects, message, input, transcript);
    else if (!(await withTrace(message.trace, () => this.#runTurn(message, input)))) return;
    this.mailbox.remove(message);
    this.changes.messageFinished(message.replyId);
    if (this.#due === undefined) await settleChanged(this.#deps, this.#effects, transcript);
  }

  async #load(): Promise<Transcript> {
    const { store, log, erase } = this.#deps;
    const tail = await persist(log, "transcript", () => store.tail(this.user, this.session));
    const transcript = transcriptOf(tail);
    this.#transcript = transcript;
    if (transcript.unerased !== null) erase(transcript.unerased);
    this.mailbox.arrange(transcript.queue);
    for (const message of [...this.mailbox.messages])
      if (message.input !== null) admit(this.#deps, this, message, message.input, transcript);
    // The transcript may name messages that the log has not delivered yet.
    this.#start();
    return transcript;
  }

  /** Runs the turn of a message; false if the message has to be processed again. */
  async #runTurn(message: QueuedMessage, input: SessionInput): Promise<boolean> {
    const { seq, arrival, phase, failures } = message;
    const exhausted = failures >= this.#deps.limits.turnFailures;
    const slot = slotOf(message);
    const isChanged = slot.input_seq !== seq || slot.edit_seq !== undefined || message.removed;
    const cancelled = phase === "cancelled";
    const of = { seq, arrival, input, cancelled, exhausted, ...(isChanged && { slot }) };
    const run = new TurnRun(this.#deps.turns, this, of);
    this.#run = run;
    let concludes = false;
    try {
      concludes = await this.#concludes(message, await run.execute());
      return concludes;
    } finally {
      run.finish();
      this.#run = null;
      // The queue may have changed meanwhile.
      if (!concludes && message.phase === "running") message.phase = "waiting";
    }
  }

  async #concludes(message: QueuedMessage, outcome: Outcome): Promise<boolean> {
    if (outcome.kind === "dropped") await this.changes.leave(message);
    return outcome.kind === "committed" || outcome.kind === "dropped";
  }
}

import { readPayload } from "../../../infra/bus/payload.ts";
import { withTrace } from "../../../infra/bus/trace.ts";
import { failpoint } from "../../../infra/failpoint.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { sessionInput } from "../../../schemas/messages/session.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { AbortedRun, KeyedActor, LogEntry } from "../../runtime/keyed-actor.ts";
import { persist } from "../../storage/persist.ts";
import { append, type Transcript, transcriptOf } from "../transcript/transcript.ts";
import { UnstorableTurnError } from "../transcript/turn-committer.ts";
import type { Outcome } from "../turn/outcome.ts";
import { TurnRun } from "../turn/pipeline.ts";
import { releaseTurn, settleTurn } from "../turn/reserve.ts";
import type { TurnHost } from "../turn/turn-message.ts";
import type { ActorDeps } from "./actor-deps.ts";
import { type ActorState, mayBeginTurn, shouldStart } from "./actor-state.ts";
import { admit, type Queue } from "./admission.ts";
import { failTurn } from "./failed-turn.ts";
import { isShown, Mailbox, type QueuedMessage } from "./mailbox.ts";
import { Playback } from "./playback.ts";
import { setAside } from "./unknown-form.ts";

const retryMs = 1_000;

/**
 * One session: it shows new messages, runs one turn after another, and adds committed turns to its transcript. It may be
 * a second or stale owner at any moment: the store decides at the commit.
 */
export class SessionActor implements KeyedActor, TurnHost, Queue {
  readonly user: string;
  readonly session: string;
  readonly mailbox: Mailbox;
  readonly playback = new Playback();
  readonly #deps: ActorDeps;
  #state: ActorState = "idle";
  #transcript: Transcript | null = null;
  #loading: Promise<Transcript> | undefined;
  #working: Promise<void> | undefined;
  #run: TurnRun | null = null;
  #effects: Promise<void> = Promise.resolve();
  #effectsInFlight = 0;
  #highestSeq = 0;
  #finishedSinceTrim = 0;
  #usedAt = performance.now();

  constructor(deps: ActorDeps, user: string, session: string) {
    this.#deps = deps;
    this.user = user;
    this.session = session;
    this.mailbox = new Mailbox(deps.limits.mailboxPayloads);
  }

  /** When it was last active, ms of the monotonic clock. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** The highest sequence of the log that was delivered here. */
  get highestSeq(): number {
    return this.#highestSeq;
  }

  /** The turn that is running. */
  get run(): TurnRun | null {
    return this.#run;
  }

  get leaving(): boolean {
    return !mayBeginTurn(this.#state);
  }

  deliver(entry: LogEntry): void {
    const { seq, data, arrival } = entry;
    if (this.#state === "abandoned" || seq <= this.#highestSeq) return;
    this.#highestSeq = seq;
    this.#usedAt = performance.now();
    const payload = readPayload(sessionInput, entry.subject, data);
    if (!payload.ok) {
      void setAside(this.#deps, this, entry, payload.error);
      return;
    }
    const input = payload.message;
    const message = this.mailbox.push(seq, arrival, input);
    if (this.#transcript !== null) admit(this.#deps, this, message, input, this.#transcript);
    this.#start();
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
    await Promise.race([this.#effects, cutShort]);
    return aborted;
  }

  abandon(): void {
    this.#state = "abandoned";
    this.#run?.abort("lost");
  }

  isIdle(before: number): boolean {
    const quiet = this.mailbox.size === 0 && this.#effectsInFlight === 0 && this.#working === undefined;
    return quiet && this.#usedAt < before;
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

  /** Another process has changed the transcript: it is loaded again, and the run of a deleted message ends now. */
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

  publishing(effects: Promise<void>): void {
    const seq = this.#run?.seq;
    if (seq !== undefined) this.#trimAfter(seq, effects);
  }

  /** State of an unfinished message. */
  stateOf(message: QueuedMessage) {
    const position = this.mailbox.position(message);
    const ids = { message_id: message.messageId, reply_id: message.replyId };
    return position === 0
      ? { status: "processing" as const, ...ids }
      : { status: "queued" as const, ...ids, queue_position: position };
  }

  drop(message: QueuedMessage): void {
    this.mailbox.remove(message);
    void this.#deps.trimmer.remove(message.seq);
  }

  #start(): void {
    if (!shouldStart(this.#state, this.mailbox.size)) return;
    this.#state = "loading";
    this.#working = this.#work().finally(() => {
      this.#working = undefined;
      this.#usedAt = performance.now();
      if (!this.leaving) this.#state = "idle";
      this.#start();
    });
  }

  /** Works until the queue is empty. An exception fails the message that was due, never the session. */
  async #work(): Promise<void> {
    while (this.mailbox.head !== undefined && !this.leaving) {
      const due = this.mailbox.head;
      try {
        await this.#workOn();
      } catch (err) {
        const { turnFailures } = this.#deps.limits;
        // The same result would be refused again: the next run commits a failed turn without it.
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

  /** Brings the message that is due one step on: settles it, or runs its turn. */
  async #workOn(): Promise<void> {
    if (!this.leaving) this.#state = "loading";
    const transcript = await this.transcript();
    const message = this.mailbox.head;
    if (message === undefined || this.leaving) return;
    this.#state = "running";
    const input = message.input ?? (await this.#deps.readInput(message.seq));
    if (input === null) this.#goneFromLog(message);
    else if (message.seq <= transcript.cursor) await this.#settle(message, input, transcript);
    else if (!(await withTrace(message.trace, () => this.#runTurn(message, input)))) return;
    this.mailbox.remove(message);
  }

  async #load(): Promise<Transcript> {
    const { store, log, erase } = this.#deps;
    const tail = await persist(log, "transcript", () => store.tail(this.user, this.session));
    const transcript = transcriptOf(tail);
    this.#transcript = transcript;
    if (transcript.unerased !== null) erase(transcript.unerased);
    for (const message of [...this.mailbox.messages])
      if (message.input !== null) admit(this.#deps, this, message, message.input, transcript);
    return transcript;
  }

  /** Another owner has finished and trimmed the message. */
  #goneFromLog({ seq }: QueuedMessage): void {
    const { user, session } = this;
    this.#deps.log.info({ user, session, seq }, "message already trimmed from session log");
    this.invalidate();
  }

  /** The log still has a message that the transcript has passed: its effects may be missing and are published again. */
  async #settle(message: QueuedMessage, input: SessionInput, transcript: Transcript): Promise<void> {
    const { store, effects } = this.#deps;
    const { user, session } = this;
    const { seq } = message;
    const turn = transcript.byInSeq.get(seq) ?? (await store.byInSeq(user, session, seq));
    if (turn === null) await releaseTurn(this.#deps, user, session, seq);
    else await settleTurn(this.#deps, turn, false);
    // A turn that was erased with its session has no effects left.
    const gone = turn === null || turn.blanked === true;
    const deleted = gone ? await store.deleteCovering(user, session, seq) : null;
    if (deleted !== null) this.#trimAfter(seq, effects.ofDeleted(input, seq, message.replyBegun));
    else this.#trimAfter(seq, turn === null ? Promise.resolve() : effects.ofTurn(turn));
  }

  /** Runs the turn of a message to its end; false when the message has to be examined again. */
  async #runTurn(message: QueuedMessage, input: SessionInput): Promise<boolean> {
    const { seq, arrival, phase, failures } = message;
    const exhausted = failures >= this.#deps.limits.turnFailures;
    const of = { seq, arrival, input, cancelled: phase === "cancelled", exhausted };
    const run = new TurnRun(this.#deps.turns, this, of);
    this.#run = run;
    if (isShown(message) && phase !== "cancelled") message.phase = "running";
    try {
      return this.#concludes(message, await run.execute());
    } finally {
      run.finish();
      this.#run = null;
    }
  }

  #concludes(message: QueuedMessage, outcome: Outcome): boolean {
    switch (outcome.kind) {
      case "committed":
        return true;
      case "dropped":
        void this.#deps.trimmer.remove(message.seq);
        return true;
      case "superseded":
      case "handed_over":
        return false;
    }
  }

  /** Trims the log once these effects and all before them are published; the next turn does not wait for that. */
  #trimAfter(seq: number, effects: Promise<void>): void {
    this.#effectsInFlight += 1;
    this.#effects = Promise.all([this.#effects, effects]).then(() => {
      failpoint("after_publish");
      this.#effectsInFlight -= 1;
      this.#finishedSinceTrim += 1;
      const urgent = this.#finishedSinceTrim + this.mailbox.size > this.#deps.limits.sessionQueue / 2;
      if (urgent) this.#finishedSinceTrim = 0;
      this.#deps.trimmer.finished(this.user, this.session, seq, urgent);
    });
  }
}

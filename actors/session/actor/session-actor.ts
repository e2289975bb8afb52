import { failpoint } from "../../../infra/failpoint.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { type SessionInput, sessionInputSchema } from "../../../schemas/messages/session-input.ts";
import type { AbortedRun, KeyedActor, LogEntry } from "../../runtime/keyed-actor.ts";
import { persist } from "../../storage/persist.ts";
import { answerAccepted, answerBeside, answerRepetition, stateOfTurn } from "../outbox/answers.ts";
import { echo, queued } from "../outbox/final-frames.ts";
import { append, type Transcript, transcriptOf } from "../transcript/transcript.ts";
import { SessionRun } from "../turn/session-run.ts";
import { releaseTurn, settleTurn } from "../turn/turn-quota.ts";
import { Mailbox, type QueuedMessage } from "./mailbox.ts";
import { Playback } from "./playback.ts";
import type { SessionContext } from "./session-context.ts";

const retryMs = 1_000;

/**
 * One session: it shows what arrives, runs one turn after another, and takes committed turns into its transcript.
 * It may be a second, or stale, owner at any moment: what counts is decided by the store at the commit.
 */
export class SessionActor implements KeyedActor {
  readonly user: string;
  readonly session: string;
  readonly mailbox: Mailbox;
  readonly playback = new Playback();
  readonly #context: SessionContext;
  #transcript: Transcript | null = null;
  #loading: Promise<Transcript> | undefined;
  #working: Promise<void> | undefined;
  #run: SessionRun | null = null;
  #effects: Promise<void> = Promise.resolve();
  #effectsOut = 0;
  #highest = 0;
  #finishedSinceTrim = 0;
  #usedAt = performance.now();
  #quiescing = false;
  #abandoned = false;

  constructor(context: SessionContext, user: string, session: string) {
    this.#context = context;
    this.user = user;
    this.session = session;
    this.mailbox = new Mailbox(context.limits.mailboxPayloads);
  }

  /** When it last had something to do, ms of the monotonic clock. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** The last place of the log that has come here. */
  get highest(): number {
    return this.#highest;
  }

  /** The run under way. */
  get run(): SessionRun | null {
    return this.#run;
  }

  deliver({ seq, data, arrival }: LogEntry): void {
    if (this.#abandoned || seq <= this.#highest) return;
    this.#highest = seq;
    this.#usedAt = performance.now();
    const input = parseInput(data);
    if (input === null) {
      this.#context.log.error({ seq }, "message in the log has another form");
      void this.#context.trimmer.remove(seq);
      return;
    }
    const mail = this.mailbox.push(seq, arrival, input);
    if (this.#transcript !== null) this.#admit(mail, input, this.#transcript);
    this.#pump();
  }

  async quiesce(cut: AbortSignal): Promise<AbortedRun[]> {
    this.#quiescing = true;
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
    this.#abandoned = true;
    this.#run?.abort("lost");
  }

  isIdle(before: number): boolean {
    return (
      this.mailbox.size === 0 &&
      this.#effectsOut === 0 &&
      this.#working === undefined &&
      this.#usedAt < before
    );
  }

  /** The transcript, read again where somebody else may have changed it. */
  ready(): Promise<Transcript> {
    if (this.#transcript !== null) return Promise.resolve(this.#transcript);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** Somebody else has changed the transcript: it is read again before the next turn, and a deleted run ends now. */
  async changed(): Promise<void> {
    this.#transcript = null;
    const run = this.#run;
    const { cursor, isNew } = await this.ready();
    if (run !== null && isNew && cursor >= run.seq) run.abort("deleted");
    this.#pump();
  }

  #pump(): void {
    if (this.#working !== undefined || this.#quiescing || this.#abandoned || this.mailbox.size === 0) return;
    this.#working = this.#work()
      .catch(async (err: unknown) => {
        this.#context.log.error({ err }, "session stopped working");
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      })
      .finally(() => {
        this.#working = undefined;
        this.#usedAt = performance.now();
        this.#pump();
      });
  }

  async #work(): Promise<void> {
    for (;;) {
      const transcript = await this.ready();
      const mail = this.mailbox.head;
      if (mail === undefined || this.#quiescing || this.#abandoned) return;
      const input = mail.input ?? (await this.#context.readInput(mail.seq));
      if (input === null) this.#leftLog(mail);
      else if (mail.seq <= transcript.cursor) await this.#settle(mail, input, transcript);
      else if (!(await this.#runTurn(mail, input))) continue;
      this.mailbox.remove(mail);
    }
  }

  async #load(): Promise<Transcript> {
    const { store, log, erase } = this.#context;
    const transcript = transcriptOf(
      await persist(log, "transcript", () => store.tail(this.user, this.session)),
    );
    this.#transcript = transcript;
    if (transcript.unerased !== null) erase(transcript.unerased);
    for (const mail of [...this.mailbox.mails])
      if (mail.input !== null) this.#admit(mail, mail.input, transcript);
    return transcript;
  }

  /** Another owner has finished and trimmed it. */
  #leftLog(mail: QueuedMessage): void {
    this.#context.log.info({ seq: mail.seq }, "message has left the log");
    this.#transcript = null;
  }

  /** Shows a new message to the user's devices, or answers what needs no turn. */
  #admit(mail: QueuedMessage, input: SessionInput, transcript: Transcript): void {
    if (mail.admitted || mail.seq <= transcript.cursor) return;
    mail.admitted = true;
    const before = this.#earlier(mail, transcript);
    if (before !== null) {
      answerRepetition(this.#context.out, input, before);
      this.#drop(mail);
      return;
    }
    const own = input.regenerates === undefined && input.notice === undefined;
    if (own) this.#context.out.frame(this.user, echo(input));
    else answerAccepted(this.#context.out, input);
    const command = this.#context.commands.parse(input);
    if (command?.command.place === "beside") {
      void answerBeside(this.#context, input, command);
      this.#drop(mail);
      return;
    }
    const position = this.mailbox.position(mail);
    if (position > 0 && mail.arrival.kind === "live")
      this.#context.out.frame(this.user, queued(input, position));
    this.mailbox.shed(mail);
  }

  /** What became of the message that this one repeats, or null for one that is new. */
  #earlier(mail: QueuedMessage, transcript: Transcript) {
    const turn = transcript.byClientMsgId.get(mail.clientMsgId);
    // A hit with the message's own sequence is its own turn, committed by another writer.
    if (turn !== undefined && turn.in_seq !== mail.seq) return stateOfTurn(turn);
    const first = this.mailbox.find(mail.clientMsgId);
    return first === undefined || first === mail ? null : this.stateOf(first);
  }

  /** State of an unfinished message. */
  stateOf(mail: QueuedMessage) {
    const position = this.mailbox.position(mail);
    const ids = { message_id: mail.messageId, reply_id: mail.replyId };
    return position === 0
      ? { status: "processing" as const, ...ids }
      : { status: "queued" as const, ...ids, queue_position: position };
  }

  /** A message that is answered without a turn. */
  #drop(mail: QueuedMessage): void {
    this.mailbox.remove(mail);
    void this.#context.trimmer.remove(mail.seq);
  }

  /** A message that the log still has and the transcript has passed: its effects may be missing, so they come again. */
  async #settle(mail: QueuedMessage, input: SessionInput, transcript: Transcript): Promise<void> {
    const { store, effects } = this.#context;
    const { user, session } = this;
    const turn = transcript.byInSeq.get(mail.seq) ?? (await store.byInSeq(user, session, mail.seq));
    if (turn === null) await releaseTurn(this.#context, user, session, mail.seq);
    else await settleTurn(this.#context, turn, false);
    // Of a turn that was erased with its session nothing is left to tell.
    const gone = turn === null || turn.blanked === true;
    const deleted = gone ? await store.deleteCovering(user, session, mail.seq) : null;
    if (deleted !== null) this.#follow(mail.seq, effects.ofDeleted(input, mail.seq, mail.started));
    else this.#follow(mail.seq, turn === null ? Promise.resolve() : effects.ofTurn(turn));
  }

  /** Runs the turn of a message to its end; false when it has to be looked at again, or is no longer this process's. */
  async #runTurn(mail: QueuedMessage, input: SessionInput): Promise<boolean> {
    const run = new SessionRun(this.#context, this, mail, input);
    this.#run = run;
    try {
      const outcome = await run.execute();
      if (outcome.kind === "left" || outcome.kind === "passed") return false;
      if (outcome.kind === "turn") await this.#committed(mail.seq, outcome.turn, outcome.own);
      if (outcome.kind === "dropped") {
        await releaseTurn(this.#context, this.user, this.session, mail.seq);
        void this.#context.trimmer.remove(mail.seq);
      }
      return true;
    } finally {
      run.finish();
      this.#run = null;
    }
  }

  async #committed(seq: number, turn: Turn, own: boolean): Promise<void> {
    const created = this.#transcript?.isNew ?? true;
    if (own) this.took(turn);
    else this.#transcript = null;
    if (turn.kind === "clear") this.#context.erase(turn);
    if (created) await this.#context.sessions.created(turn);
    else this.#context.sessions.touched(this.user, this.session, turn.at);
    await settleTurn(this.#context, turn, own);
    // Handed over before the next turn begins, so that its frames come after these.
    this.#follow(seq, this.#context.effects.ofTurn(turn));
  }

  /** Trims once these effects and all before them are out; the next turn does not wait for that. */
  #follow(seq: number, effects: Promise<void>): void {
    this.#effectsOut += 1;
    this.#effects = Promise.all([this.#effects, effects]).then(() => {
      failpoint("after_publish");
      this.#effectsOut -= 1;
      this.#finishedSinceTrim += 1;
      const urgent = this.#finishedSinceTrim + this.mailbox.size > this.#context.limits.sessionQueue / 2;
      if (urgent) this.#finishedSinceTrim = 0;
      this.#context.trimmer.finished(this.user, this.session, seq, urgent);
    });
  }

  /** This process has committed a turn. */
  took(turn: Turn): void {
    if (this.#transcript?.nextN === turn._id.n) append(this.#transcript, turn);
    else this.#transcript = null;
  }

  /** Reads the transcript again before the next turn. */
  forget(): void {
    this.#transcript = null;
  }

  /** Whether a run that waits for its place should not begin. */
  get leaving(): boolean {
    return this.#quiescing || this.#abandoned;
  }
}

function parseInput(data: Uint8Array): SessionInput | null {
  try {
    return sessionInputSchema.parse(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return null;
  }
}

import { failpoint } from "../../../infra/failpoint.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { newId } from "../../../schemas/ids.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import { answerCommand, type Called } from "../../commands/registry.ts";
import { persist } from "../../storage/persist.ts";
import { aloneFrom, aloneLimit } from "../actor/attempts.ts";
import type { QueuedMessage } from "../actor/mailbox.ts";
import type { SessionContext } from "../actor/session-context.ts";
import { answerRepetition, stateOfTurn } from "../outbox/answers.ts";
import { failure } from "../outbox/final-frames.ts";
import { buildPrompt } from "../prompt/prompt.ts";
import { askShowing, isDescribed, questionOf, readAttachments } from "../prompt/prompt-attachments.ts";
import type { ShownAttachments } from "../prompt/prompt-message.ts";
import { resolveConflict } from "../transcript/conflict.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { Heard } from "../transcript/truncate-at-playback.ts";
import { clearOf, rebased, turnOf } from "../transcript/turn-document.ts";
import { type Note, tellOnce } from "./model-notices.ts";
import type { Outcome } from "./outcome.ts";
import { citedSources, type Known } from "./recall.ts";
import { TurnEmitter } from "./turn-emitter.ts";
import { reserveTurn } from "./turn-quota.ts";
import { type AbortCause, type Reply, RunAborted, runTurn } from "./turn-run.ts";
import { TurnVoice } from "./turn-voice.ts";

/** With what a model is asked, and who hears of it. */
interface Given {
  known: Known;
  shown: ShownAttachments;
  onNote(note: Note): void;
  onText(text: string): void;
}

/** What a run asks of its session. */
interface TurnHost {
  ready(): Promise<Transcript>;
  forget(): void;
  readonly leaving: boolean;
}

/** One message on its way to a committed turn: the model is asked until its answer stands on the transcript that counts. */
export class SessionRun {
  readonly #context: SessionContext;
  readonly #home: TurnHost;
  readonly #mail: QueuedMessage;
  readonly #input: SessionInput;
  #controller = new AbortController();
  #voice: TurnVoice | undefined;
  #attempt = 1;
  #alone = false;
  #done = false;
  #stopped = false;
  #settle: () => void = () => {};
  /** Resolves when the run has its outcome. */
  readonly ended = new Promise<void>((resolve) => {
    this.#settle = resolve;
  });

  constructor(context: SessionContext, home: TurnHost, mail: QueuedMessage, input: SessionInput) {
    this.#context = context;
    this.#home = home;
    this.#mail = mail;
    this.#input = input;
  }

  /** Place of its message in the log. */
  get seq(): number {
    return this.#mail.seq;
  }

  /** Number of the run that its frames show. */
  get attempt(): number {
    return this.#attempt;
  }

  get done(): boolean {
    return this.#done;
  }

  get replyId(): string {
    return this.#input.reply_id;
  }

  /** Whether it ended because the user stopped it. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether an id names this run's message or reply. */
  is(id: string): boolean {
    return this.#input.message_id === id || this.#input.reply_id === id;
  }

  /** Ends the model's part; a commit under way is not touched. */
  abort(why: AbortCause): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(new RunAborted(why));
  }

  /** Ends the model's part and its voice; of what was spoken only this was heard. */
  interrupt(heard: Heard | undefined): void {
    this.#voice?.interrupted(heard);
    this.abort("stop");
  }

  /** The outcome is known to the session. */
  finish(): void {
    this.#done = true;
    this.#settle();
  }

  /** Runs until the message has an outcome. */
  async execute(): Promise<Outcome> {
    const blamed = await this.#count();
    for (;;) {
      const leave = await this.#context.gate.enter(this.#alone);
      try {
        if (this.#home.leaving) return { kind: "left" };
        const alone = this.#alone && !blamed ? await this.#countAlone() : 0;
        const outcome = await this.#once(blamed || alone > aloneLimit);
        if (outcome !== null) return outcome;
        this.#attempt += 1;
      } catch (err) {
        if (!(err instanceof RunAborted)) throw err;
        if (err.why === "deleted") {
          this.#home.forget();
          return { kind: "passed" };
        }
        return { kind: "left" };
      } finally {
        leave();
      }
    }
  }

  /** Counts a beginning after an owner's death; nothing is counted on the normal way. */
  async #count(): Promise<boolean> {
    const { arrival } = this.#mail;
    if (arrival.kind === "moved" && arrival.attempt !== undefined) this.#attempt = arrival.attempt + 1;
    if (arrival.kind !== "takeover") return false;
    const { user, session } = this.#input;
    const counts = await this.#persist(() => this.#context.attempts.begin(user, session, this.seq));
    this.#attempt = counts.attempts + 1;
    this.#alone = counts.attempts >= aloneFrom;
    return counts.alone >= aloneLimit;
  }

  async #countAlone(): Promise<number> {
    const { user, session } = this.#input;
    return (await this.#persist(() => this.#context.attempts.beginAlone(user, session, this.seq))).alone;
  }

  /** One run of the model and its commit; null when the transcript has changed under it. */
  async #once(blamed: boolean): Promise<Outcome | null> {
    const { metrics } = this.#context;
    const transcript = await this.#home.ready();
    if (transcript.cursor >= this.seq) return { kind: "passed" };
    const { regenerates } = this.#input;
    if (regenerates !== undefined && transcript.visible.at(-1)?.replyId !== regenerates)
      return this.#refuse();
    const run = { seq: this.seq, runId: newId("run_"), attempt: this.#attempt };
    metrics.queueWait.observe((Date.now() - this.#input.at) / 1_000);
    if (!blamed) failpoint("turn", this.#input.content);
    const turn = await this.#answer(transcript, run, blamed);
    metrics.turnTime.observe((Date.now() - this.#input.at) / 1_000);
    const outcome = await this.#commit(turn);
    if (outcome?.kind === "turn") {
      this.#stopped = outcome.turn.finish_reason === "cancelled";
      metrics.turns.inc({ finish: outcome.turn.finish_reason ?? "stop" });
    }
    return outcome;
  }

  /** Only the last reply can be made anew: later turns stand on it. */
  #refuse(): Outcome {
    const of = { ...this.#input, message_id: this.#input.reply_id };
    this.#context.out.frame(this.#input.user, failure("invalid_request", of, "只能重新生成最后一条回复"));
    return { kind: "dropped" };
  }

  async #answer(
    transcript: Transcript,
    run: { seq: number; runId: string; attempt: number },
    blamed: boolean,
  ): Promise<Turn> {
    const { out, limits, metrics, models } = this.#context;
    const emitter = new TurnEmitter(out, this.#input, run, limits.coalesceMs);
    this.#mail.started = true;
    emitter.start(models.first(this.#input.attachments.length > 0 ? "vision" : "chat", this.#input.model));
    try {
      const { notice } = this.#input;
      if (notice !== undefined) {
        emitter.content(notice);
        return turnOf(transcript, this.#input, { text: notice, finish: "stop" }, run);
      }
      const command = this.#context.commands.parse(this.#input);
      if (command !== null && !blamed && !this.#mail.cancelled) {
        const text = await this.#command(command);
        emitter.content(text);
        if (command.command.clears) return clearOf(transcript, this.#input, text, run);
        return turnOf(transcript, this.#input, { text, finish: "stop" }, run);
      }
      return turnOf(transcript, this.#input, await this.#reply(transcript, emitter, blamed), run);
    } catch (err) {
      emitter.discard();
      throw err;
    } finally {
      emitter.end();
      const { firstAt } = emitter;
      if (firstAt !== undefined) metrics.firstChunk.observe((firstAt - this.#input.at) / 1_000);
    }
  }

  async #command(called: Called): Promise<string> {
    const idempotencyKey = `${this.#input.user}.${this.#input.session}.${this.seq}`;
    return (await answerCommand(this.#context.log, this.#input, called, idempotencyKey)).text;
  }

  async #reply(transcript: Transcript, emitter: TurnEmitter, blamed: boolean): Promise<Reply> {
    if (this.#mail.cancelled) return { text: "", finish: "cancelled" };
    if (blamed) return { text: "", finish: "failed", error: "该消息多次导致处理中断，已放弃" };
    const { models, recall } = this.#context;
    const { user, content, model } = this.#input;
    const { signal } = this.#controller;
    const { visible } = transcript;
    const read = (sees: boolean) => readAttachments(this.#context, visible, this.#input, sees, signal);
    try {
      const [shown, known] = await Promise.all([read(models.sees(model)), recall.ask(user, content)]);
      const onNote = tellOnce(this.#context.notices, this.#context.out, this.#input);
      const voice = new TurnVoice(
        { ...this.#context, onSilent: () => onNote({ kind: "silent" }) },
        this.#input,
        emitter,
        signal,
      );
      this.#voice = voice;
      const onText = (text: string) => voice.push(text);
      const ask = (given: ShownAttachments) =>
        this.#ask(visible, emitter, { known, shown: given, onNote, onText });
      const reply = await voice.end(await askShowing(shown, ask, () => read(false)));
      const sources = reply.finish === "stop" ? citedSources(reply.text, known.passages) : "";
      if (sources !== "") emitter.content(sources);
      return { ...reply, text: reply.text + sources };
    } catch (err) {
      if (err instanceof RunAborted && err.why === "stop") return { text: "", finish: "cancelled" };
      throw err;
    }
  }

  async #ask(visible: Transcript["visible"], emitter: TurnEmitter, given: Given): Promise<Reply> {
    const { models, systemPrompt } = this.#context;
    const { user, session, model, reply_id: replyId } = this.#input;
    const { known, shown, onNote, onText } = given;
    const budget = models.contextTokens(model);
    const messages = buildPrompt(systemPrompt, visible, this.#input, budget, known, shown);
    const refused = await reserveTurn(this.#context, this.#input, this.seq, messages);
    if (refused !== null) return refused;
    if (isDescribed(questionOf(visible, this.#input), shown)) onNote({ kind: "blind" });
    const call = { user, session, replyId, model, messages, onNote, onText };
    return runTurn(this.#context, call, emitter, this.#controller.signal);
  }

  async #commit(first: Turn): Promise<Outcome | null> {
    let turn = first;
    let own = true;
    for (;;) {
      failpoint("before_commit");
      const result = await this.#context.commit(turn);
      if (result === "committed") {
        failpoint("after_commit");
        return { kind: "turn", turn, own };
      }
      this.#context.metrics.fenced.inc();
      const resolution = await this.#persist(() => resolveConflict(this.#context.store, turn, result));
      if (resolution.kind === "committed") return { kind: "turn", turn, own };
      this.#home.forget();
      own = false;
      switch (resolution.kind) {
        case "elsewhere":
          return { kind: "turn", turn: resolution.turn, own };
        case "duplicate":
          answerRepetition(this.#context.out, this.#input, stateOfTurn(resolution.turn));
          return { kind: "dropped" };
        case "superseded":
          return { kind: "dropped" };
        case "deleted":
          return { kind: "passed" };
        case "again":
          return null;
        case "rebase":
          turn = rebased(turn, resolution.n, resolution.firstId);
      }
    }
  }

  #persist<T>(question: () => Promise<T>): Promise<T> {
    return persist(this.#context.log, "session run", question);
  }
}

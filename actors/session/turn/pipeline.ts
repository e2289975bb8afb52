import type { Histogram } from "prom-client";
import { failpoint } from "../../../infra/failpoint.ts";
import type { Turn } from "../../../schemas/documents/collections.ts";
import { newId } from "../../../schemas/ids.ts";
import type { Limits } from "../../../schemas/limits.ts";
import type { SessionInput } from "../../../schemas/messages/session-input.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { Models } from "../../models/model.ts";
import { failure } from "../outbox/final-frames.ts";
import { hasSlotBefore, isSameSlot, slotAt } from "../transcript/queue-state.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { PlaybackPosition } from "../transcript/truncate-at-playback.ts";
import type { RunIdentity } from "../transcript/turn-document.ts";
import { type AnswerDeps, TurnAnswer } from "./answer.ts";
import { type CommitDeps, commitTurn } from "./commit.ts";
import { completeTurn, type EffectsDeps } from "./effects.ts";
import { TurnEmitter } from "./emitter.ts";
import { type Attempt, countAttempt, countExclusiveRun, enterGate, type GateDeps } from "./gate.ts";
import type { Outcome } from "./outcome.ts";
import { type AbortCause, RunAborted } from "./reply.ts";
import { releaseTurn } from "./reserve.ts";
import type { TurnHost, TurnMessage } from "./turn-message.ts";

/** Dependencies of all steps of a turn. */
export interface TurnDeps extends GateDeps, AnswerDeps, CommitDeps, EffectsDeps {
  out: Pick<OutPublisher, "frame" | "direct">;
  models: Models;
  quota: AnswerDeps["quota"] & EffectsDeps["quota"];
  limits: AnswerDeps["limits"] & Pick<Limits, "coalesceMs">;
  metrics: CommitDeps["metrics"] & {
    turns: { inc(labels: { finish: string }): void };
    queueWait: Histogram;
    firstChunk: Histogram;
    turnTime: Histogram;
  };
}

/**
 * Pipeline from message to committed turn: gate → recall → prompt → reserve → model → commit → effects.
 * The steps from recall to commit are repeated until the reply is based on the current transcript.
 */
export class TurnRun {
  readonly #deps: TurnDeps;
  readonly #host: TurnHost;
  readonly #message: TurnMessage;
  readonly #controller = new AbortController();
  readonly #answer: TurnAnswer;
  #attempt: Attempt = { number: 1, exclusive: false, exhausted: false };
  #done = false;
  #stopped = false;
  #resolveEnded: () => void = () => {};
  /** Resolves when the run has its outcome. */
  readonly ended = new Promise<void>((resolve) => {
    this.#resolveEnded = resolve;
  });

  constructor(deps: TurnDeps, host: TurnHost, message: TurnMessage) {
    this.#deps = deps;
    this.#host = host;
    this.#message = message;
    this.#answer = new TurnAnswer(deps, message, this.#controller.signal);
  }

  /** Log sequence of the message. */
  get seq(): number {
    return this.#message.seq;
  }

  /** Attempt number in the frames of this run. */
  get attempt(): number {
    return this.#attempt.number;
  }

  get done(): boolean {
    return this.#done;
  }

  get replyId(): string {
    return this.#message.input.reply_id;
  }

  /** Whether the user stopped the run. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Whether an id is that of this run's message or reply. */
  is(id: string): boolean {
    const { message_id, reply_id } = this.#message.input;
    return message_id === id || reply_id === id;
  }

  /** Aborts the model request; a commit in progress is not affected. */
  abort(why: AbortCause): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(new RunAborted(why));
  }

  /** Stops the reply; `played`: the playback position. */
  interrupt(played: PlaybackPosition | undefined): void {
    this.#answer.interrupted(played);
    this.abort("stop");
  }

  /** Marks the outcome as processed by the actor. */
  finish(): void {
    this.#done = true;
    this.#resolveEnded();
  }

  /** Runs until the message has an outcome. */
  async execute(): Promise<Outcome> {
    this.#attempt = await countAttempt(this.#deps, this.#message);
    for (;;) {
      const place = await enterGate(this.#deps, this.#attempt);
      try {
        if (this.#host.leaving) return { kind: "handed_over" };
        await countExclusiveRun(this.#deps, this.#attempt, this.#message);
        const outcome = await this.#runOnce();
        if (outcome !== null) return outcome;
        this.#attempt.number += 1;
      } catch (err) {
        if (!(err instanceof RunAborted)) throw err;
        if (err.why !== "deleted") return { kind: "handed_over" };
        this.#host.invalidate();
        return { kind: "superseded" };
      } finally {
        place.leave();
      }
    }
  }

  /** One pass from recall to effects; null if the transcript has changed meanwhile. */
  async #runOnce(): Promise<Outcome | null> {
    const { metrics } = this.#deps;
    const { input, seq, slot } = this.#message;
    const transcript = await this.#host.transcript();
    if (transcript.cursor >= seq) return { kind: "superseded" };
    // Another owner may have changed this queue slot.
    if (!isSameSlot(slotAt(transcript.queue, seq), slot) || hasSlotBefore(transcript.queue, seq)) {
      this.#host.invalidate();
      return { kind: "superseded" };
    }
    if (slot?.cancelled !== true && !isLastReply(transcript, input.regenerates))
      return this.#drop("只能重新生成最后一条回复");
    const run = { seq, runId: newId("run_"), attempt: this.#attempt.number, ...(slot && { slot }) };
    metrics.queueWait.observe((Date.now() - input.at) / 1_000);
    if (!this.#exhausted) failpoint("turn", input.content);
    const turn = await this.#reply(transcript, run);
    metrics.turnTime.observe((Date.now() - input.at) / 1_000);
    const outcome = await commitTurn(this.#deps, this.#host, input, turn);
    if (outcome?.kind === "committed") {
      this.#stopped = outcome.turn.finish_reason === "cancelled";
      metrics.turns.inc({ finish: outcome.turn.finish_reason ?? "stop" });
      await completeTurn(this.#deps, this.#host, outcome.turn, outcome.own);
    }
    if (outcome?.kind === "dropped") await this.#release();
    return outcome;
  }

  get #exhausted(): boolean {
    return this.#attempt.exhausted || this.#message.exhausted;
  }

  /** Streams the reply of this run and builds its turn. */
  async #reply(transcript: Transcript, run: RunIdentity): Promise<Turn> {
    const { out, limits, metrics, models } = this.#deps;
    const { input } = this.#message;
    const emitter = new TurnEmitter(out, input, run, limits.coalesceMs);
    this.#host.replyBegins();
    // A message removed from the queue has no reply.
    if (run.slot?.cancelled !== true)
      emitter.start(models.first(input.attachments.length > 0 ? "vision" : "chat", input.model));
    try {
      const startedAt = Date.now();
      const turn = await this.#answer.turn(transcript, emitter, run, this.#exhausted);
      const first_token_at = emitter.firstTokenAt ?? null;
      // Set before the store confirms: the frame and history both report the time of the insert.
      const committed_at = turn.at.getTime();
      turn.timing = { accepted_at: input.at, started_at: startedAt, first_token_at, committed_at };
      return turn;
    } catch (err) {
      emitter.discard();
      throw err;
    } finally {
      emitter.end();
      const { firstTokenAt } = emitter;
      if (firstTokenAt !== undefined) metrics.firstChunk.observe((firstTokenAt - input.at) / 1_000);
    }
  }

  /** Answers the message with an error and without a turn. */
  async #drop(error: string): Promise<Outcome> {
    const { input } = this.#message;
    this.#deps.out.frame(
      input.user,
      failure("invalid_request", { ...input, message_id: input.reply_id }, error),
    );
    await this.#release();
    return { kind: "dropped" };
  }

  async #release(): Promise<void> {
    const { user, session } = this.#message.input;
    await releaseTurn(this.#deps, user, session, this.seq);
  }
}

/** Only the last reply can be regenerated, because later turns are based on it. */
function isLastReply(transcript: Transcript, regenerates: SessionInput["regenerates"]): boolean {
  return regenerates === undefined || transcript.visible.at(-1)?.replyId === regenerates;
}

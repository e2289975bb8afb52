import type { Turn } from "../../../schemas/documents/collections.ts";
import type { Limits } from "../../../schemas/limits.ts";
import { answerCommand, type Called, type Commands } from "../../commands/registry.ts";
import type { OutPublisher } from "../../egress/out-publisher.ts";
import type { Models } from "../../models/model.ts";
import { isDescribed, questionOf } from "../prompt/attachments.ts";
import { citedSources } from "../prompt/citations.ts";
import type { PreparedAttachments } from "../prompt/user-message.ts";
import type { Transcript } from "../transcript/transcript.ts";
import type { PlaybackPosition } from "../transcript/truncate-at-playback.ts";
import { clearOf, type RunIdentity, turnOf } from "../transcript/turn-document.ts";
import type { TurnEmitter } from "./emitter.ts";
import { askModel, type ModelDeps } from "./model.ts";
import { type ModelNotices, type Notice, notifyOnce } from "./notices.ts";
import { type PromptDeps, promptOf } from "./prompt.ts";
import { type RecallDeps, type Recalled, recall, recallWithoutImages } from "./recall.ts";
import { type Reply, RunAborted } from "./reply.ts";
import { type ReserveDeps, reserveTurn } from "./reserve.ts";
import type { TurnMessage } from "./turn-message.ts";
import { TurnVoice, type VoiceDeps } from "./voice.ts";

/** Dependencies of the steps from recall to the model. */
export interface AnswerDeps
  extends RecallDeps,
    PromptDeps,
    ReserveDeps,
    ModelDeps,
    Omit<VoiceDeps, "onSilent"> {
  commands: Commands;
  notices: Pick<ModelNotices, "frameOf">;
  out: Pick<OutPublisher, "frame">;
  models: Models;
  limits: ModelDeps["limits"] & VoiceDeps["limits"] & Pick<Limits, "shownImages" | "shownTurns">;
}

/** Produces the turn of one message: a notice, a command, or a model reply. */
export class TurnAnswer {
  readonly #deps: AnswerDeps;
  readonly #message: TurnMessage;
  readonly #signal: AbortSignal;
  #voice: TurnVoice | undefined;

  constructor(deps: AnswerDeps, message: TurnMessage, signal: AbortSignal) {
    this.#deps = deps;
    this.#message = message;
    this.#signal = signal;
  }

  /** Records that the user interrupted the spoken reply; `played`: the playback position. */
  interrupted(played: PlaybackPosition | undefined): void {
    this.#voice?.interrupted(played);
  }

  /** The turn, at the next position of the transcript. `exhausted`: a failed turn without any request. */
  async turn(
    transcript: Transcript,
    emitter: TurnEmitter,
    run: RunIdentity,
    exhausted: boolean,
  ): Promise<Turn> {
    const { input, cancelled } = this.#message;
    if (exhausted)
      return turnOf(
        transcript,
        input,
        { text: "", finish: "failed", error: "该消息多次导致处理中断，已放弃" },
        run,
      );
    if (cancelled || this.#signal.aborted) {
      if (!cancelled) this.#throwUnlessStopped();
      return turnOf(transcript, input, { text: "", finish: "cancelled" }, run);
    }
    if (input.notice !== undefined) {
      emitter.content(input.notice);
      return turnOf(transcript, input, { text: input.notice, finish: "stop" }, run);
    }
    const called = this.#deps.commands.parse(input);
    if (called === null) return turnOf(transcript, input, await this.#reply(transcript, emitter), run);
    const text = await this.#command(called);
    emitter.content(text);
    if (called.command.clears) return clearOf(transcript, input, text, run);
    return turnOf(transcript, input, { text, finish: "stop" }, run);
  }

  #throwUnlessStopped(): void {
    const reason: unknown = this.#signal.reason;
    if (!(reason instanceof RunAborted && reason.why === "stop")) throw reason;
  }

  async #command(called: Called): Promise<string> {
    const { input, seq } = this.#message;
    const idempotencyKey = `${input.user}.${input.session}.${seq}`;
    return (await answerCommand(this.#deps.log, input, called, idempotencyKey)).text;
  }

  async #reply(transcript: Transcript, emitter: TurnEmitter): Promise<Reply> {
    const { input } = this.#message;
    const { visible } = transcript;
    const signal = this.#signal;
    try {
      const recalled = await recall(this.#deps, visible, input, signal);
      const onNote = notifyOnce(this.#deps.notices, this.#deps.out, input);
      const onSilent = () => onNote({ kind: "silent" });
      const voice = new TurnVoice({ ...this.#deps, onSilent }, input, emitter, signal);
      this.#voice = voice;
      const ask = (given: Recalled) => this.#ask(visible, given, emitter, voice, onNote);
      let reply = await ask(recalled);
      if (refusesImages(reply, recalled.attachments))
        reply = await ask(await recallWithoutImages(this.#deps, visible, input, recalled, signal));
      reply = await voice.end(reply);
      const sources = reply.finish === "stop" ? citedSources(reply.text, recalled.passages) : "";
      if (sources !== "") emitter.content(sources);
      return { ...reply, text: reply.text + sources };
    } catch (err) {
      if (err instanceof RunAborted && err.why === "stop") return { text: "", finish: "cancelled" };
      throw err;
    }
  }

  /** Prompt, reservation and model. */
  async #ask(
    visible: Transcript["visible"],
    recalled: Recalled,
    emitter: TurnEmitter,
    voice: TurnVoice,
    onNote: (notice: Notice) => void,
  ): Promise<Reply> {
    const { input, seq } = this.#message;
    const { user, session, model, reply_id: replyId } = input;
    const { messages, foreign } = promptOf(this.#deps, visible, input, recalled);
    const overQuota = await reserveTurn(this.#deps, input, seq, messages);
    if (overQuota !== null) return overQuota;
    if (isDescribed(questionOf(visible, input), recalled.attachments)) onNote({ kind: "blind" });
    const onText = (text: string) => voice.push(text);
    const request = { input, user, session, replyId, model, messages, foreign, onNote, onText };
    return askModel(this.#deps, request, emitter, this.#signal);
  }
}

/** Whether a model may have refused the request because of its images. */
function refusesImages(reply: Reply, attachments: PreparedAttachments): boolean {
  const images = [...attachments.values()].some(({ kind }) => kind === "image");
  return reply.refused === true && reply.text === "" && images;
}

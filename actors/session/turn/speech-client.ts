import { type NatsConnection, RequestError } from "nats";
import type { Logger } from "../../../infra/log.ts";
import type { Limits } from "../../../schemas/limits.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { type SpeakRequest, type Spoken, speakAnswerSchema } from "../../../schemas/messages/voice-stream.ts";

/** Pause before an absent voice actor is requested again, ms. */
const absentMs = 1_000;

/** Requests speech from the voice actors. A failure only means that there is no audio. */
export class SpeechClient {
  readonly #nc: NatsConnection;
  readonly #log: Logger;
  readonly #limits: Pick<Limits, "voiceSentenceMs">;
  #absentUntil = 0;

  constructor(nc: NatsConnection, log: Logger, limits: Pick<Limits, "voiceSentenceMs">) {
    this.#nc = nc;
    this.#log = log;
    this.#limits = limits;
  }

  /** The sentence as audio; null when none is made in time. */
  speak(text: string): Promise<Spoken | null> {
    return this.#request({ text });
  }

  /** Joins spoken sentences to one file. */
  join(parts: Spoken[]): Promise<Spoken | null> {
    return this.#request({ join: parts });
  }

  async #request(request: SpeakRequest): Promise<Spoken | null> {
    const now = performance.now();
    if (now < this.#absentUntil) return null;
    try {
      const options = { timeout: this.#limits.voiceSentenceMs };
      const message = await this.#nc.request(subjects.voiceSpeak, JSON.stringify(request), options);
      const answer = speakAnswerSchema.parse(message.json());
      if (!("refused" in answer)) return answer;
      this.#log.info({ reason: answer.refused.error }, "speech refused");
    } catch (err) {
      if (err instanceof RequestError && err.isNoResponders()) this.#absentUntil = now + absentMs;
      this.#log.info({ err }, "speech request failed");
    }
    return null;
  }
}

import { type NatsConnection, RequestError } from "nats";
import type { Logger } from "../../../infra/log.ts";
import type { Limits } from "../../../schemas/limits.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { type SpeakRequest, type Spoken, speakAnswerSchema } from "../../../schemas/messages/voice-stream.ts";

/** Without a voice actor it is not asked for again for so long. */
const absentMs = 1_000;

/** Has sentences spoken by the voice actors. Whatever goes wrong with that, there is only no sound. */
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

  /** The sentence as audio; null when nobody speaks it in time. */
  speak(text: string): Promise<Spoken | null> {
    return this.#ask({ text });
  }

  /** Spoken sentences as one. */
  join(parts: Spoken[]): Promise<Spoken | null> {
    return this.#ask({ join: parts });
  }

  async #ask(request: SpeakRequest): Promise<Spoken | null> {
    const now = performance.now();
    if (now < this.#absentUntil) return null;
    try {
      const options = { timeout: this.#limits.voiceSentenceMs };
      const message = await this.#nc.request(subjects.voiceSpeak, JSON.stringify(request), options);
      const answer = speakAnswerSchema.parse(message.json());
      if (!("refused" in answer)) return answer;
      this.#log.info({ reason: answer.refused.error }, "sentence not spoken");
    } catch (err) {
      if (err instanceof RequestError && err.isNoResponders()) this.#absentUntil = now + absentMs;
      this.#log.info({ err }, "sentence not spoken");
    }
    return null;
  }
}

import type { Bus } from "../../../infra/bus/bus.ts";
import { NoAnswer } from "../../../infra/bus/no-answer.ts";
import type { Logger } from "../../../infra/log.ts";
import { voiceSpeak } from "../../../schemas/messages/voice.ts";
import type { SpeakRequest, Spoken } from "../../../schemas/messages/voice-stream.ts";

/** Pause before an absent voice actor is requested again, ms. */
const absentMs = 1_000;

/** Requests speech from the voice actors. A failure only means that there is no audio. */
export class SpeechClient {
  readonly #bus: Pick<Bus, "ask">;
  readonly #log: Logger;
  #absentUntil = 0;

  constructor(bus: Pick<Bus, "ask">, log: Logger) {
    this.#bus = bus;
    this.#log = log;
  }

  /** Synthesizes a sentence; null on a timeout or failure. */
  speak(text: string): Promise<Spoken | null> {
    return this.#request({ text });
  }

  /** Joins spoken sentences into one file. */
  join(parts: Spoken[]): Promise<Spoken | null> {
    return this.#request({ join: parts });
  }

  async #request(request: SpeakRequest): Promise<Spoken | null> {
    const now = performance.now();
    if (now < this.#absentUntil) return null;
    try {
      return await this.#bus.ask(voiceSpeak, request);
    } catch (err) {
      if (err instanceof NoAnswer && err.reason === "no_responders") this.#absentUntil = now + absentMs;
      this.#log.info({ err }, "speech request failed");
      return null;
    }
  }
}

import { NoAnswer } from "../../../infra/bus/no-answer.ts";
import { fromErrorBody, ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import { voiceHeard } from "../../../schemas/messages/out.ts";
import { voicePart, voiceStart } from "../../../schemas/messages/voice.ts";
import type {
  VoiceHeard,
  VoiceStreamPart,
  VoiceStreamStart,
} from "../../../schemas/messages/voice-stream.ts";
import type { Services } from "../../services.ts";

/** Dependencies of a stream. */
export type VoiceServices = Pick<
  Services,
  "admission" | "edge" | "link" | "inbox" | "uploads" | "settings" | "log"
>;

/** Events of a stream before its end. */
export interface VoiceStreamListener {
  /** A voice process has accepted the stream. */
  opened(): void;
  interim(text: string): void;
  /** The voice process has ended the stream at its length limit. */
  full(): void;
  /** The stream was idle too long and has ended: its text follows. */
  idle(): void;
}

/**
 * Client of one utterance's stream to a voice process. {@link heard} resolves with its text, or rejects: the
 * process reported an error, or no longer answers.
 */
export class SpokenStreamClient {
  /** Id of the utterance, for the client and as the name of its inbox. */
  readonly id = newId("voice_");
  /** The recognised text, empty without speech. */
  readonly heard: Promise<string>;
  readonly #services: VoiceServices;
  readonly #listener: VoiceStreamListener;
  #resolve: (text: string) => void = () => {};
  #reject: (error: ParleyError) => void = () => {};
  /** Id of its stream, once a process has accepted it. */
  #stream: string | undefined;
  #waiting: VoiceStreamPart[] = [];
  #asking = 0;
  /** Audio in transit, base64. */
  #characters = 0;
  #beat: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #over = false;

  constructor(services: VoiceServices, how: Omit<VoiceStreamStart, "to">, listener: VoiceStreamListener) {
    this.#services = services;
    this.#listener = listener;
    this.heard = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Listeners of `heard` handle a failure; a stream without one must not crash.
    this.heard.catch(() => {});
    services.inbox.add(this.id, voiceHeard, { message: (heard) => this.#told(heard) });
    void this.#open(how);
  }

  /** Sends a chunk, in base64. */
  chunk(audio: string, sequence: number | undefined): void {
    this.#part({ kind: "chunk", audio, ...(sequence !== undefined && { sequence }) });
  }

  /** The utterance is complete: its text follows. */
  end(): void {
    this.#part({ kind: "end" });
    this.ended();
  }

  /** The voice process has ended it: its text follows. */
  ended(): void {
    this.#deadline ??= setTimeout(
      () => this.#fail(unreachable()),
      this.#services.settings.limits.voiceFinalMs,
    );
  }

  /** Sends it in one piece, with its end. */
  async whole(bytes: Uint8Array): Promise<void> {
    try {
      const about = { filename: this.id, type: "application/octet-stream" };
      const { object } = await this.#services.uploads.put(bytes, "bulk", about);
      this.#part({ kind: "object", object });
      this.end();
    } catch (err) {
      this.#fail(err);
    }
  }

  /** The client has disconnected. */
  drop(): void {
    if (this.#over) return;
    if (this.#stream !== undefined) this.#release(this.#stream);
    this.#fail(unreachable());
  }

  #release(stream: string): void {
    const { link } = this.#services;
    // Without a connection the voice process cancels it by timeout.
    if (!link.up || link.nc.isClosed()) return;
    const drop = JSON.stringify({ kind: "drop" } satisfies VoiceStreamPart);
    link.bus.signalText(voicePart, drop, { stream });
  }

  async #open(how: Omit<VoiceStreamStart, "to">): Promise<void> {
    const { edge, link, settings } = this.#services;
    try {
      if (!link.up) throw new ParleyError("storage_unavailable");
      const start: VoiceStreamStart = { ...how, to: { edge, socket: this.id } };
      const { stream } = await reached(link.bus.ask(voiceStart, start));
      this.#stream = stream;
      if (this.#over) {
        this.#release(stream);
        return;
      }
      this.#listener.opened();
      for (const part of this.#waiting.splice(0)) this.#send(stream, part);
      this.#beat = setInterval(() => this.#look(), settings.limits.voiceBeatMs);
    } catch (err) {
      this.#fail(err);
    }
  }

  #part(part: VoiceStreamPart): void {
    if (this.#over) return;
    // Audio buffered during an outage arrives at once: only unacknowledged bytes count.
    const { voiceChunks, voiceInputBytes } = this.#services.settings.limits;
    this.#characters += charactersOf(part);
    const bytes = (this.#characters * 3) / 4;
    if (this.#waiting.length + this.#asking >= voiceChunks || bytes > voiceInputBytes) {
      this.#fail(new ParleyError("rate_limited", { error: "音频发送过快" }));
    } else if (this.#stream === undefined) this.#waiting.push(part);
    else this.#send(this.#stream, part);
  }

  #send(stream: string, part: VoiceStreamPart): void {
    this.#asking += 1;
    reached(this.#services.link.bus.ask(voicePart, part, { to: { stream } }))
      .catch((err: unknown) => this.#fail(err))
      .finally(() => {
        this.#asking -= 1;
        this.#characters -= charactersOf(part);
      });
  }

  /** After a crash, the subject of its streams has no responders. */
  #look(): void {
    if (this.#asking === 0 && this.#stream !== undefined) this.#send(this.#stream, { kind: "beat" });
  }

  #told(heard: VoiceHeard): void {
    if (this.#over) return;
    if (heard.kind === "interim") this.#listener.interim(heard.text);
    if (heard.kind === "full") this.#listener.full();
    if (heard.kind === "idle") this.#listener.idle();
    if (heard.kind === "failed") this.#fail(fromErrorBody(heard.error));
    if (heard.kind !== "final") return;
    this.#close();
    this.#resolve(heard.text);
  }

  #fail(cause: unknown): void {
    if (this.#over) return;
    this.#close();
    if (!(cause instanceof ParleyError))
      this.#services.log.error({ err: cause, utterance: this.id }, "speech stream failed");
    this.#reject(cause instanceof ParleyError ? cause : new ParleyError("internal_error", { cause }));
  }

  #close(): void {
    this.#over = true;
    this.#waiting = [];
    clearInterval(this.#beat);
    clearTimeout(this.#deadline);
    this.#services.inbox.remove(this.id);
  }
}

/** Handles a voice process's answer; one that has died or is silent makes the stream fail as unreachable. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (err) {
    if (err instanceof NoAnswer && err.reason !== "disconnected") throw unreachable();
    throw err;
  }
}

function charactersOf(part: VoiceStreamPart): number {
  return part.kind === "chunk" ? part.audio.length : 0;
}

function unreachable(): ParleyError {
  return new ParleyError("voice_service_unreachable", { hint: "请稍后重新开始" });
}

import type { Listening } from "../../../infra/bus/listen.ts";
import { openBulkStore } from "../../../infra/nats/bulk-store.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import { voiceHeard } from "../../../schemas/messages/out.ts";
import { voicePart, voiceStart } from "../../../schemas/messages/voice.ts";
import type {
  VoiceHeard,
  VoiceStreamOpened,
  VoiceStreamStart,
} from "../../../schemas/messages/voice-stream.ts";
import type { ActorContext } from "../../actor-context.ts";
import { noEngine } from "../engines/engines.ts";
import { SpokenStream, type StreamMeans } from "./spoken-stream.ts";

/** Dependencies shared by the streams of a process. */
interface SpeechMeans extends Pick<StreamMeans, "transcribe" | "decode"> {
  /** Whether a speech-to-text engine is available. */
  hears(): boolean;
}

/** The subject of a stream outlives it by this, ms, so that late parts are still answered. */
const lingerMs = 1_000;

/** The open speech streams of this process. */
export class SpokenStreams {
  readonly #context: ActorContext;
  readonly #means: SpeechMeans;
  readonly #streams = new Set<SpokenStream>();
  #starts: Listening | undefined;
  #emptied: () => void = () => {};

  constructor(context: ActorContext, means: SpeechMeans) {
    this.#context = context;
    this.#means = means;
  }

  /** Starts accepting new streams. */
  serve(): void {
    this.#starts = this.#context.bus.serve(voiceStart, (start) => this.#open(start));
  }

  /** Stops accepting streams, fails the open ones, and waits for pending final results. */
  async stop(): Promise<void> {
    this.#starts?.stop();
    for (const stream of this.#streams) {
      if (!stream.ending) stream.fail(new ParleyError("voice_service_unreachable", { hint: "请重新开始" }));
    }
    if (this.#streams.size === 0) return;
    await Promise.race([
      new Promise<void>((resolve) => (this.#emptied = resolve)),
      new Promise((resolve) => setTimeout(resolve, this.#context.settings.limits.stopMs / 2)),
    ]);
  }

  #open(start: VoiceStreamStart): VoiceStreamOpened {
    const { bus, log, settings } = this.#context;
    const { limits } = settings;
    if (this.#streams.size >= limits.voiceStreams) {
      throw new ParleyError("rate_limited", { error: "语音服务繁忙" });
    }
    if (!this.#means.hears()) throw noEngine();
    const id = newId("vs_", 16);
    const tell = (heard: VoiceHeard) =>
      bus.signal(voiceHeard, heard, { edge: start.to.edge, request: start.to.socket });
    const stream: SpokenStream = new SpokenStream(
      {
        ...this.#means,
        takeObject: (object) => this.#takeObject(object),
        tell,
        ended: () => {
          this.#streams.delete(stream);
          setTimeout(() => parts.stop(), lingerMs).unref();
          if (this.#streams.size === 0) this.#emptied();
        },
        limits,
        log,
      },
      start,
    );
    this.#streams.add(stream);
    const parts = bus.serve(
      voicePart,
      (part) => {
        stream.take(part);
        return { ok: true as const };
      },
      { of: { stream: id } },
    );
    return { stream: id };
  }

  async #takeObject(object: string): Promise<Uint8Array> {
    const { files, nc, settings, log } = this.#context;
    const bytes = await files.partBytes({ bucket: "bulk", object }, settings.limits.voiceInputBytes);
    openBulkStore(nc)
      .then((store) => store.delete(object))
      // Expires otherwise.
      .catch((err: unknown) => log.debug({ err, object }, "recording not deleted"));
    return bytes;
  }
}

import type { Msg, Subscription } from "nats";
import { openBulkStore } from "../../../infra/nats/bulk-store.ts";
import { ParleyError } from "../../../schemas/errors.ts";
import { newId } from "../../../schemas/ids.ts";
import { subjects, voiceQueueGroup } from "../../../schemas/messages/subjects.ts";
import {
  type VoiceHeard,
  type VoiceStreamOpened,
  type VoiceStreamStart,
  voiceStreamPartSchema,
  voiceStreamStartSchema,
} from "../../../schemas/messages/voice-stream.ts";
import type { ActorContext } from "../../actor-context.ts";
import { noEngine } from "../engines/engines.ts";
import { SpokenStream, type StreamMeans } from "./spoken-stream.ts";

/** What the streams of a process share. */
interface SpeechMeans extends Pick<StreamMeans, "transcribe" | "decode"> {
  /** Whether there is an engine that hears. */
  hears(): boolean;
}

/** A stream's subject outlives it by this, ms: its last word and the news of its end must not overtake each other. */
const lingerMs = 1_000;

/** The utterances that this process listens to. */
export class SpokenStreams {
  readonly #context: ActorContext;
  readonly #means: SpeechMeans;
  readonly #streams = new Set<SpokenStream>();
  #starts: Subscription | undefined;
  #emptied: () => void = () => {};

  constructor(context: ActorContext, means: SpeechMeans) {
    this.#context = context;
    this.#means = means;
  }

  /** Takes requests for new streams from now on. */
  serve(): void {
    const { nc, log } = this.#context;
    this.#starts = nc.subscribe(subjects.voiceStreamStart, {
      queue: voiceQueueGroup,
      callback: (err, msg) => {
        if (err !== null) return;
        const start = voiceStreamStartSchema.safeParse(msg.json());
        if (start.success) msg.respond(JSON.stringify(this.#open(start.data)));
        else log.error({ err: start.error }, "start of a stream of speech has another form");
      },
    });
  }

  /** Takes no new ones, ends those in which somebody still speaks, and waits for the text of the others. */
  async stop(): Promise<void> {
    this.#starts?.unsubscribe();
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
    const { nc, log, settings } = this.#context;
    const { limits } = settings;
    if (this.#streams.size >= limits.voiceStreams) {
      return { refused: new ParleyError("rate_limited", { error: "语音服务繁忙" }).body };
    }
    if (!this.#means.hears()) {
      return { refused: noEngine().body };
    }
    const id = newId("vs_", 16);
    const tell = (heard: VoiceHeard) =>
      nc.publish(subjects.outEdge(start.to.edge, start.to.socket), JSON.stringify(heard));
    const stream: SpokenStream = new SpokenStream(
      {
        ...this.#means,
        takeObject: (object) => this.#takeObject(object),
        tell,
        ended: () => {
          this.#streams.delete(stream);
          setTimeout(() => parts.unsubscribe(), lingerMs).unref();
          if (this.#streams.size === 0) this.#emptied();
        },
        limits,
        log,
      },
      start,
    );
    this.#streams.add(stream);
    const parts = nc.subscribe(subjects.voiceStream(id), {
      callback: (err, msg) => {
        if (err === null) this.#part(stream, msg);
      },
    });
    return { stream: id };
  }

  #part(stream: SpokenStream, msg: Msg): void {
    const part = voiceStreamPartSchema.safeParse(msg.json());
    if (!part.success) {
      this.#context.log.error({ err: part.error }, "part of a stream of speech has another form");
      return;
    }
    stream.take(part.data);
    msg.respond(JSON.stringify({ ok: true }));
  }

  async #takeObject(object: string): Promise<Uint8Array> {
    const { files, nc, settings, log } = this.#context;
    const bytes = await files.partBytes({ bucket: "bulk", object }, settings.limits.voiceInputBytes);
    openBulkStore(nc)
      .then((store) => store.delete(object))
      // It goes later by itself.
      .catch((err: unknown) => log.debug({ err }, "recording not deleted"));
    return bytes;
  }
}

import { createHash, createHmac } from "node:crypto";
import type { ObjectInfo, ObjectStore } from "@nats-io/obj";
import { openStore, speechStoreBytes } from "../../infra/nats/bulk-store.ts";
import { ParleyError } from "../../schemas/errors.ts";
import type { ActorContext } from "../actor-context.ts";
import type { Codec } from "./codec/codec.ts";
import type { AudioFormat } from "./codec/codec-task.ts";
import { encodeAudio } from "./codec/encode.ts";
import { durationMs } from "./engines/engine.ts";
import type { VoiceEngines } from "./engines/engines.ts";

/** A text to synthesize; unset options are chosen by the engine. */
export interface SpeechWish {
  text: string;
  voice?: string | undefined;
  speed?: number | undefined;
  format: AudioFormat;
  /** Preferred engine. */
  model?: string | undefined;
}

/** A cached spoken text. `url` is relative to the gateway and needs no authorization. */
export interface Spoken {
  key: string;
  url: string;
  duration_ms: number;
  bytes: number;
}

const urlOf = (key: string) => `/api/v1/voice/audio/${key}`;

/**
 * Cache of spoken texts by content and options, shared by all users. Keys are sealed, so they can't be
 * derived from the text.
 */
export class SpeechCache {
  readonly #context: Pick<ActorContext, "nc" | "secrets" | "log">;
  readonly #engines: VoiceEngines;
  readonly #codec: Codec;
  readonly #making = new Map<string, Promise<Spoken>>();
  #store: Promise<ObjectStore> | undefined;

  constructor(context: Pick<ActorContext, "nc" | "secrets" | "log">, engines: VoiceEngines, codec: Codec) {
    this.#context = context;
    this.#engines = engines;
    this.#codec = codec;
  }

  /**
   * @throws ParleyError `voice_service_unreachable` without a working engine; the signal's reason when it is
   * aborted
   */
  async speak(wish: SpeechWish, signal: AbortSignal): Promise<Spoken> {
    const [engine = ""] = this.#engines.names("tts", wish.model);
    const key = this.#keyOf(engine, wish);
    const kept = await this.#find(key);
    signal.throwIfAborted();
    if (kept !== undefined) return kept;
    for (let running = this.#making.get(key); running !== undefined; running = this.#making.get(key)) {
      // The running request may be aborted by its caller; then synthesize here.
      const shared = await running.catch(() => undefined);
      signal.throwIfAborted();
      if (shared !== undefined) return shared;
    }
    const making = this.#make(wish, signal);
    this.#making.set(key, making);
    try {
      return await making;
    } finally {
      if (this.#making.get(key) === making) this.#making.delete(key);
    }
  }

  /** Joins spoken texts in order; all of them MP3. @throws ParleyError `not_found` when one has expired */
  async join(parts: readonly Spoken[]): Promise<Spoken> {
    const [only] = parts;
    if (only !== undefined && parts.length === 1) return only;
    const key = this.#seal(JSON.stringify(parts.map((part) => part.key)), "mp3");
    const kept = await this.#find(key);
    if (kept !== undefined) return kept;
    const store = await this.#opened();
    const files = await Promise.all(parts.map((part) => store.getBlob(part.key)));
    if (files.some((file) => file === null)) throw new ParleyError("not_found");
    // MP3 frames can be concatenated, as the files have no Xing header.
    const file = Buffer.concat(files as Uint8Array[]);
    return this.#put(
      key,
      file,
      parts.reduce((sum, part) => sum + part.duration_ms, 0),
    );
  }

  /** Whether a key is cached. */
  async has(key: string): Promise<boolean> {
    return (await this.#find(key)) !== undefined;
  }

  async #make(wish: SpeechWish, signal: AbortSignal): Promise<Spoken> {
    const { text, voice, speed, format, model } = wish;
    const speech = await this.#engines.synthesize({ text, voice, speed, signal }, model);
    const file = await encodeAudio(this.#codec, speech, format, signal);
    return this.#put(this.#keyOf(speech.engine, wish), file, durationMs(speech.pcm, speech.sampleRate));
  }

  async #put(key: string, file: Uint8Array, duration: number): Promise<Spoken> {
    const store = await this.#opened();
    const entry = { name: key, metadata: { duration_ms: String(duration) } };
    try {
      await store.putBlob(entry, file);
    } catch (err) {
      // Full: evict the oldest entries.
      this.#context.log.warn({ err, bytes: file.length }, "speech cache full, evicting the oldest entries");
      await makeRoom(store, speechStoreBytes / 4);
      await store.putBlob(entry, file);
    }
    return { key, url: urlOf(key), duration_ms: duration, bytes: file.length };
  }

  async #find(key: string): Promise<Spoken | undefined> {
    const info = await (await this.#opened()).info(key);
    if (info === null || info.deleted) return undefined;
    const duration = Number(info.metadata?.duration_ms);
    return { key, url: urlOf(key), duration_ms: duration, bytes: info.size };
  }

  #opened(): Promise<ObjectStore> {
    this.#store ??= openStore(this.#context.nc, "speech");
    this.#store.catch(() => {
      this.#store = undefined;
    });
    return this.#store;
  }

  #keyOf(engine: string, { text, voice, speed, format }: SpeechWish): string {
    return this.#seal(JSON.stringify([engine, voice ?? "", speed ?? 1, text]), format);
  }

  #seal(content: string, format: AudioFormat): string {
    const secret = createHash("sha256").update(`speech ${this.#context.secrets.jwtSecret}`).digest();
    return `${createHmac("sha256", secret).update(content).digest("base64url")}.${format}`;
  }
}

/** Deletes the oldest entries, at least `bytes` in total. */
async function makeRoom(store: ObjectStore, bytes: number): Promise<void> {
  const age = ({ mtime }: ObjectInfo) => Date.parse(mtime);
  let freed = 0;
  for (const { name, size } of (await store.list()).toSorted((a, b) => age(a) - age(b))) {
    if (freed >= bytes) return;
    await store.delete(name);
    freed += size;
  }
}

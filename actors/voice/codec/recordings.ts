import { z } from "zod";
import type { Limits } from "../../../schemas/limits.ts";
import { Sandbox, SandboxError, TaskError } from "../../sandbox/sandbox.ts";
import { CodecError } from "./codec-error.ts";
import type { RecordingKind, RecordingTask } from "./recording-task.ts";
import { readWavContent, wavFormats } from "./wav-chunks.ts";

type RecordingLimits = Pick<
  Limits,
  "voiceCodecs" | "voiceQueue" | "voiceDecodeMs" | "voiceAudioMs" | "voiceReaderBytes"
>;

/** Converts recordings of phones and old devices for the codec, in sandboxed processes. */
export class Recordings {
  readonly #sandbox: Sandbox;
  readonly #limits: RecordingLimits;

  constructor(limits: RecordingLimits) {
    this.#limits = limits;
    this.#sandbox = new Sandbox({
      module: new URL("./recording-task.js", import.meta.url),
      places: limits.voiceCodecs,
      waiting: limits.voiceQueue,
      memoryBytes: limits.voiceReaderBytes,
    });
  }

  /** The converted file, or the unchanged bytes if supported. @throws CodecError, or the signal's reason */
  async readable(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const kind = kindOf(bytes);
    if (kind === undefined) return bytes;
    const { voiceDecodeMs: timeoutMs, voiceAudioMs } = this.#limits;
    const task: RecordingTask = { kind, bytes, maxSeconds: voiceAudioMs / 1000 };
    try {
      return z.instanceof(Uint8Array).parse(await this.#sandbox.run(task, { user: "", timeoutMs, signal }));
    } catch (err) {
      if (err instanceof SandboxError) throw new CodecError(err.kind === "time" ? "timeout" : "failed");
      if (err instanceof TaskError) throw new CodecError("format");
      throw err;
    }
  }

  stop(): void {
    this.#sandbox.stop();
  }
}

/** Undefined for formats supported by the codec. */
function kindOf(bytes: Uint8Array): RecordingKind | undefined {
  const head = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  if (["ftyp", "styp", "moov", "moof"].includes(head.slice(4, 8))) return "mp4";
  if (head.startsWith("#!AMR")) return "amr";
  const [first = 0, second = 0] = bytes;
  if (first === 0xff && (second & 0xf6) === 0xf0) return "aac";
  const wav = readWavContent(bytes);
  if (wav === undefined) return undefined;
  const isPlain = wav.format === wavFormats.pcm && (wav.bits === 16 || wav.bits === 24);
  const sizeIsSet = Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(4) !== 0;
  return isPlain && sizeIsSet ? undefined : "wav";
}

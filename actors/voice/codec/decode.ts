import { ParleyError } from "../../../schemas/errors.ts";
import type { Limits } from "../../../schemas/limits.ts";
import { type Pcm, speechRate } from "../engines/engine.ts";
import type { Codec } from "./codec.ts";
import { CodecError } from "./codec-error.ts";
import { readSpeechWav, samplesOf } from "./wav.ts";

const reasons = {
  format: "无法识别的音频格式",
  silent: "文件中没有音轨",
  length: "音频过长",
  timeout: "音频解码超时",
  failed: "音频解码失败",
} as const;

/** Options of decoding. */
export interface DecodeOptions {
  /** Treat unrecognized bytes as raw samples, 16 kHz mono 16 bit little-endian. */
  bare?: boolean;
  signal: AbortSignal;
}

/**
 * Decodes speech from a file of any supported format, detected by content.
 * @throws ParleyError `invalid_request` with the reason, for undecodable or too long audio
 */
export async function decodeAudio(
  codec: Codec,
  bytes: Uint8Array,
  limits: Pick<Limits, "voiceAudioMs">,
  { bare = false, signal }: DecodeOptions,
): Promise<Pcm> {
  const maxSamples = Math.ceil((limits.voiceAudioMs / 1000) * speechRate);
  const plain = readSpeechWav(bytes) ?? (bare && !hasSignature(bytes) ? samplesOf(bytes) : undefined);
  if (plain !== undefined) {
    if (plain.length > maxSamples) throw refused("length");
    return plain;
  }
  if (bytes.length === 0) throw refused("format");
  try {
    const file = await codec.readable(bytes, signal);
    const result = await codec.run(
      { kind: "decode", bytes: file, sampleRate: speechRate, maxSamples },
      signal,
    );
    if ("pcm" in result) return result.pcm;
    throw new CodecError("failed");
  } catch (err) {
    if (err instanceof CodecError && err.why === "busy")
      throw new ParleyError("service_unavailable", { cause: err });
    if (err instanceof CodecError && err.why !== "busy") throw refused(err.why, err);
    throw err;
  }
}

function refused(why: keyof typeof reasons, cause?: unknown): ParleyError {
  return new ParleyError("invalid_request", {
    error: `语音识别失败: ${reasons[why]}`,
    extra: { success: false },
    cause,
  });
}

/** Signatures of common recording formats: RIFF, Ogg, FLAC, MP3 with a tag, AMR, WebM. */
const signatures = ["RIFF", "OggS", "fLaC", "ID3", "#!AMR", "\u001aE\u00df\u00a3"];

function hasSignature(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  return head.startsWith("ftyp", 4) || signatures.some((signature) => head.startsWith(signature));
}

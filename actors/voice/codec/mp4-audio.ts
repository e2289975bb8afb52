import {
  BufferSource,
  BufferTarget,
  EncodedAudioPacketSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  MP4,
  Output,
  QTFF,
  WebMOutputFormat,
} from "mediabunny";
import { joinSamples } from "./join-samples.ts";

/** Audio of a file: samples per channel, or the stream remuxed into a container supported by the codec. */
export type Mp4Audio = { channelData: Float32Array[]; sampleRate: number } | { file: Uint8Array };

const framesAtATime = 64;

/** Audio of an MP4 file: complete, fragmented or truncated. @throws Error without supported audio */
export async function mp4Audio(bytes: Uint8Array, maxSeconds: number): Promise<Mp4Audio> {
  const input = new Input({ formats: [MP4, QTFF], source: new BufferSource(bytes) });
  const track = await input.getPrimaryAudioTrack();
  const config = await track?.getDecoderConfig();
  if (track === null || !config) return aacFile(bytes);
  if (config.codec === "opus") return { file: await opusFile(track, config) };
  if (!config.codec.startsWith("mp4a") || config.description === undefined) return aacFile(bytes);
  return aacTrack(track, bytesOf(config.description), maxSeconds);
}

/** A raw AAC stream (ADTS), or ALAC in MP4. */
export async function aacFile(bytes: Uint8Array): Promise<Mp4Audio> {
  const { default: decode } = await import("@audio/decode-aac");
  return decode(bytes);
}

async function aacTrack(track: InputAudioTrack, asc: Uint8Array, maxSeconds: number): Promise<Mp4Audio> {
  const { decoder } = await import("@audio/decode-aac");
  const aac = await decoder({ asc });
  const channels: Float32Array[][] = [];
  let sampleRate = 0;
  let samples = 0;
  const take = (frames: Uint8Array[]) => {
    const part = aac.decode(frames);
    if (part.channelData.length === 0) return;
    sampleRate = part.sampleRate;
    samples += part.channelData[0]?.length ?? 0;
    for (const [i, data] of part.channelData.entries()) {
      const own = channels[i] ?? [];
      channels[i] = own;
      own.push(data);
    }
  };
  let waiting: Uint8Array[] = [];
  try {
    for await (const { data } of new EncodedPacketSink(track).packets()) {
      waiting.push(data);
      if (waiting.length < framesAtATime) continue;
      take(waiting);
      waiting = [];
      // One second over the limit is enough to report the length error.
      if (sampleRate > 0 && samples > (maxSeconds + 1) * sampleRate) break;
    }
  } catch (err) {
    // Truncated recording: keep the audio before the error.
    if (samples === 0 && waiting.length === 0) throw err;
  }
  take(waiting);
  aac.free();
  if (samples === 0) throw new Error("no sound");
  return { channelData: channels.map((parts) => joinSamples(Float32Array, parts)), sampleRate };
}

/** The packets of an Opus track in WebM. */
async function opusFile(track: InputAudioTrack, config: AudioDecoderConfig): Promise<Uint8Array> {
  const target = new BufferTarget();
  const output = new Output({ format: new WebMOutputFormat(), target });
  const source = new EncodedAudioPacketSource("opus");
  output.addAudioTrack(source);
  await output.start();
  for await (const packet of new EncodedPacketSink(track).packets())
    await source.add(packet, { decoderConfig: config });
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer(0));
}

function bytesOf(source: ArrayBufferLike | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}

import { parentPort } from "node:worker_threads";
import LibAV from "@libav.js/variant-obsolete";
import type { AudioFormat, CodecResult, CodecTask } from "./codec-task.ts";
import { joinSamples } from "./join-samples.ts";

type Av = Awaited<ReturnType<typeof LibAV.LibAV>>;
type Frame = Awaited<ReturnType<Av["ff_filter_multi"]>>[number];

/** Encoder settings per format: FFmpeg's names, sample rate, sample format. */
const encodings = {
  mp3: { muxer: "mp3", codec: "libmp3lame", sampleRate: 24_000, planar: true, bitRate: 48_000 },
  opus: { muxer: "ogg", codec: "libopus", sampleRate: 48_000, planar: false, bitRate: 32_000 },
  flac: { muxer: "flac", codec: "flac", sampleRate: undefined, planar: false, bitRate: undefined },
} as const;

const monoLayout = 4;
const readBytes = 64 * 1024;
const frameSamples = 1_152;
const packetsAtATime = 8;

class UnreadableError extends Error {
  readonly why: "format" | "length" | "silent";
  constructor(why: "format" | "length" | "silent") {
    super(why);
    this.why = why;
  }
}

/**
 * Decodes the first audio stream of a file, a few packets at a time: some hundred bytes can contain hours of
 * silence, all of which would otherwise be in memory.
 */
async function* framesIn(av: Av, bytes: Uint8Array): AsyncGenerator<Frame[], void> {
  await av.writeFile("input", bytes);
  const [demuxer, streams] = await av.ff_init_demuxer_file("input").catch(() => {
    throw new UnreadableError("format");
  });
  const stream = streams.find(({ codec_type }) => codec_type === av.AVMEDIA_TYPE_AUDIO);
  if (stream === undefined) throw new UnreadableError("silent");
  const timeBase: [number, number] = [stream.time_base_num, stream.time_base_den];
  const [, decoder, packet, frame] = await av
    .ff_init_decoder(stream.codec_id, { codecpar: stream.codecpar, time_base: timeBase })
    .catch(() => {
      throw new UnreadableError("format");
    });
  // A truncated recording ends with an error; keep the frames before it.
  for (let ended = false; !ended; ) {
    const [result, packets] = await av.ff_read_frame_multi(demuxer, packet, { limit: readBytes });
    ended = result !== -av.EAGAIN && result !== 0;
    const found = packets[stream.index] ?? [];
    for (let at = 0; at < found.length; at += packetsAtATime) {
      const some = found.slice(at, at + packetsAtATime);
      yield await av.ff_decode_multi(decoder, packet, frame, some, { ignoreErrors: true });
    }
  }
  yield await av.ff_decode_multi(decoder, packet, frame, [], { fin: true, ignoreErrors: true });
}

/** Samples of the first audio stream of a file, mono at `sampleRate`. */
async function decode({ bytes, sampleRate, maxSamples }: CodecTask & { kind: "decode" }) {
  const av = await LibAV.LibAV({ noworker: true });
  await av.av_log_set_level(-8);
  const sampler = new Resampler(av, sampleRate);
  const parts: Int16Array[] = [];
  let samples = 0;
  const take = (found: Int16Array[]) => {
    parts.push(...found);
    samples += found.reduce((sum, { length }) => sum + length, 0);
    if (samples > maxSamples) throw new UnreadableError("length");
  };
  for await (const frames of framesIn(av, bytes)) take(await sampler.run(frames, false));
  take(await sampler.run([], true));
  if (samples === 0) throw new UnreadableError("format");
  return joinSamples(Int16Array, parts);
}

/** Resamples frames of one format to mono, 16 bit and one rate. */
class Resampler {
  readonly #av: Av;
  readonly #sampleRate: number;
  #graph: { source: number; sink: number; frame: number } | undefined;

  constructor(av: Av, sampleRate: number) {
    this.#av = av;
    this.#sampleRate = sampleRate;
  }

  async run(frames: Frame[], ended: boolean): Promise<Int16Array[]> {
    const [first] = frames;
    if (this.#graph === undefined && first === undefined) return [];
    this.#graph ??= await this.#build(first as Frame);
    const { source, sink, frame } = this.#graph;
    const filtered = await this.#av.ff_filter_multi(source, sink, frame, frames, ended);
    // Copied, so that the message does not include the codec's memory.
    return filtered.map(({ data }) => Int16Array.from(data as Int16Array));
  }

  async #build(first: Frame) {
    const av = this.#av;
    const [, source, sink] = await av.ff_init_filter_graph(
      "aresample",
      {
        type: av.AVMEDIA_TYPE_AUDIO,
        sample_rate: first.sample_rate ?? this.#sampleRate,
        sample_fmt: first.format ?? av.AV_SAMPLE_FMT_S16,
        channel_layout: av.ff_channel_layout(first),
        time_base: [1, first.sample_rate ?? this.#sampleRate],
      },
      {
        type: av.AVMEDIA_TYPE_AUDIO,
        sample_rate: this.#sampleRate,
        sample_fmt: av.AV_SAMPLE_FMT_S16,
        channel_layout: monoLayout,
      },
    );
    return { source, sink, frame: await av.av_frame_alloc() };
  }
}

/** Samples at another rate. */
async function resample(av: Av, pcm: Int16Array, from: number, to: number): Promise<Int16Array> {
  if (from === to) return pcm;
  const sampler = new Resampler(av, to);
  const frames = framesOf(av, pcm, { sampleRate: from, size: frameSamples, format: av.AV_SAMPLE_FMT_S16 });
  const parts = await sampler.run(frames, true);
  return joinSamples(Int16Array, parts);
}

function framesOf(
  av: Av,
  pcm: Int16Array,
  { sampleRate, size, format }: { sampleRate: number; size: number; format: number },
): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < pcm.length; at += size) {
    const part = pcm.slice(at, at + size);
    frames.push({
      data: format === av.AV_SAMPLE_FMT_S16P ? [part] : part,
      channel_layout: monoLayout,
      channels: 1,
      format,
      nb_samples: part.length,
      pts: at,
      ptshi: 0,
      sample_rate: sampleRate,
      time_base_num: 1,
      time_base_den: sampleRate,
    });
  }
  return frames;
}

async function encode({ pcm, sampleRate, format }: CodecTask & { kind: "encode" }): Promise<Uint8Array> {
  const av = await LibAV.LibAV({ noworker: true });
  await av.av_log_set_level(-8);
  if (format === "wav") throw new Error("WAV is not encoded by the codec");
  if (format === "pcm") {
    const samples = await resample(av, pcm, sampleRate, 24_000);
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  }
  return encodeFile(av, pcm, sampleRate, format);
}

async function encodeFile(
  av: Av,
  pcm: Int16Array,
  given: number,
  format: Exclude<AudioFormat, "wav" | "pcm">,
): Promise<Uint8Array> {
  const { muxer, codec, planar, bitRate, ...wanted } = encodings[format];
  const sampleRate = wanted.sampleRate ?? given;
  const sampleFormat = planar ? av.AV_SAMPLE_FMT_S16P : av.AV_SAMPLE_FMT_S16;
  const [, encoder, frame, packet, size] = await av.ff_init_encoder(codec, {
    ctx: {
      sample_fmt: sampleFormat,
      sample_rate: sampleRate,
      channel_layout: monoLayout,
      ...(bitRate !== undefined && { bit_rate: bitRate }),
    },
    time_base: [1, sampleRate],
  });
  const [output, , io] = await av.ff_init_muxer({ format_name: muxer, filename: "output", open: true }, [
    [encoder, 1, sampleRate],
  ]);
  if (format === "mp3") {
    // No Xing header: files of one rate can then be concatenated with a correct duration.
    await av.av_opt_set(output, "write_xing", "0", av.AV_OPT_SEARCH_CHILDREN);
    await av.av_opt_set(output, "id3v2_version", "0", av.AV_OPT_SEARCH_CHILDREN);
  }
  await av.avformat_write_header(output, 0);
  const samples = await resample(av, pcm, given, sampleRate);
  const frames = framesOf(av, samples, { sampleRate, size: size || frameSamples, format: sampleFormat });
  const packets = await av.ff_encode_multi(encoder, frame, packet, frames, true);
  await av.ff_write_multi(output, packet, packets);
  await av.av_write_trailer(output);
  await av.ff_free_muxer(output, io);
  return Uint8Array.from(await av.readFile("output"));
}

async function run(task: CodecTask): Promise<CodecResult> {
  try {
    return task.kind === "decode" ? { pcm: await decode(task) } : { file: await encode(task) };
  } catch (err) {
    return err instanceof UnreadableError ? { unreadable: err.why } : { failed: String(err) };
  }
}

parentPort?.once("message", (task: CodecTask) => {
  void run(task).then((result) => parentPort?.postMessage(result));
});

import LibAV from "@libav.js/variant-obsolete";

/** A tone of 440 Hz, mono, 16 bit. */
export function tone(seconds: number, sampleRate: number, frequency = 440): Int16Array {
  return Int16Array.from({ length: Math.round(seconds * sampleRate) }, (_, index) =>
    Math.round(12_000 * Math.sin((2 * Math.PI * frequency * index) / sampleRate)),
  );
}

/** Estimates the frequency of a tone from its zero crossings. */
export function frequencyOf(pcm: Int16Array, sampleRate: number): number {
  let crossings = 0;
  for (let i = 1; i < pcm.length; i++) if ((pcm[i - 1] ?? 0) < 0 !== (pcm[i] ?? 0) < 0) crossings += 1;
  return (crossings * sampleRate) / (2 * pcm.length);
}

/** A WAV file with interleaved samples of the given channels and bits. */
export function anyWav(pcm: Int16Array, sampleRate: number, { channels = 1, bits = 16 } = {}): Buffer {
  const bytes = bits / 8;
  const data = Buffer.alloc(pcm.length * channels * bytes);
  let at = 0;
  for (const sample of pcm)
    for (let channel = 0; channel < channels; channel++) {
      if (bits === 8) data.writeUInt8((sample >> 8) + 128, at);
      else data.writeIntLE(sample * 2 ** (bits - 16), at, bytes);
      at += bytes;
    }
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(sampleRate, 24);
  head.writeUInt32LE(sampleRate * channels * bytes, 28);
  head.writeUInt16LE(channels * bytes, 32);
  head.writeUInt16LE(bits, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

/** A browser recording: Opus in WebM, 48 kHz. */
export async function webmFile(pcm: Int16Array): Promise<Buffer> {
  const sampleRate = 48_000;
  const av = await LibAV.LibAV({ noworker: true });
  const [, encoder, frame, packet, size] = await av.ff_init_encoder("libopus", {
    ctx: { sample_fmt: av.AV_SAMPLE_FMT_S16, sample_rate: sampleRate, channel_layout: 4, bit_rate: 32_000 },
    time_base: [1, sampleRate],
  });
  const [output, , io] = await av.ff_init_muxer({ format_name: "webm", filename: "out", open: true }, [
    [encoder, 1, sampleRate],
  ]);
  await av.avformat_write_header(output, 0);
  const frames = [];
  for (let at = 0; at < pcm.length; at += size) {
    const data = pcm.slice(at, at + size);
    const shape = { channel_layout: 4, channels: 1, format: av.AV_SAMPLE_FMT_S16, sample_rate: sampleRate };
    frames.push({
      data,
      ...shape,
      nb_samples: data.length,
      pts: at,
      ptshi: 0,
      time_base_num: 1,
      time_base_den: sampleRate,
    });
  }
  await av.ff_write_multi(output, packet, await av.ff_encode_multi(encoder, frame, packet, frames, true));
  await av.av_write_trailer(output);
  await av.ff_free_muxer(output, io);
  return Buffer.from(await av.readFile("out"));
}

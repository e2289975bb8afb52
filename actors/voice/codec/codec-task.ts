/** Output formats of speech. `opus`: Ogg file; `pcm`: raw samples at 24 kHz, as in OpenAI's API. */
export type AudioFormat = "wav" | "mp3" | "opus" | "flac" | "pcm";

/** Request to the codec thread: decode or encode; `maxSamples` limits the result. */
export type CodecTask =
  | { kind: "decode"; bytes: Uint8Array; sampleRate: number; maxSamples: number }
  | { kind: "encode"; pcm: Int16Array; sampleRate: number; format: AudioFormat };

/** Response. `unreadable`: invalid file, `failed`: codec failure. */
export type CodecResult =
  | { pcm: Int16Array }
  | { file: Uint8Array }
  | { unreadable: "format" | "length" | "silent" }
  | { failed: string };

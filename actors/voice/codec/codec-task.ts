/** Files that speech can be put into. `opus` is an Ogg file; `pcm` bare samples at 24 kHz, as OpenAI's API has it. */
export type AudioFormat = "wav" | "mp3" | "opus" | "flac" | "pcm";

/** What the codec thread is asked: a file to samples, or samples to a file; `maxSamples` are those of the answer. */
export type CodecTask =
  | { kind: "decode"; bytes: Uint8Array; sampleRate: number; maxSamples: number }
  | { kind: "encode"; pcm: Int16Array; sampleRate: number; format: AudioFormat };

/** What it answers. `unreadable` is about the file, `failed` about the codec. */
export type CodecResult =
  | { pcm: Int16Array }
  | { file: Uint8Array }
  | { unreadable: "format" | "length" | "silent" }
  | { failed: string };

import type { Codec } from "../codec/codec.ts";
import type { VoiceEngines } from "../engines/engines.ts";
import type { SpeechCache } from "../speech-cache.ts";

/** Shared components of the voice services. */
export interface VoiceParts {
  engines: VoiceEngines;
  speech: SpeechCache;
  codec: Codec;
}

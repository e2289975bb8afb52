import type { Codec } from "../codec/codec.ts";
import type { VoiceEngines } from "../engines/engines.ts";
import type { SpeechCache } from "../speech-cache.ts";

/** What everything that hears or speaks shares. */
export interface VoiceParts {
  engines: VoiceEngines;
  speech: SpeechCache;
  codec: Codec;
}

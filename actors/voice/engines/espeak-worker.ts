import load, { type ESpeakWorker } from "@echogarden/espeak-ng-emscripten";
import type { Voice } from "./engine.ts";

// A separate process (see `espeak.ts`): espeak-ng is a GPL program that Parley communicates with but does not
// include.

/** Request to the process. */
export type ESpeakRequest =
  | { kind: "voices"; id: number }
  | { kind: "speak"; id: number; text: string; voice: string; wordsPerMinute: number };

/** Response, one per request. */
export type ESpeakAnswer =
  | { id: number; voices: Voice[] }
  | { id: number; pcm: Int16Array; sampleRate: number }
  | { id: number; failed: string };

function speak(
  engine: ESpeakWorker,
  voice: string,
  { id, text, wordsPerMinute }: ESpeakRequest & { kind: "speak" },
) {
  if (engine.set_voice(voice) !== 0) throw new Error(`no voice ${voice}`);
  engine.set_rate(wordsPerMinute);
  const parts: Int16Array[] = [];
  engine.synthesize(text, (audio) => {
    if (audio.length > 0) parts.push(audio);
    return false;
  });
  const pcm = new Int16Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    pcm.set(part, at);
    at += part.length;
  }
  return { id, pcm, sampleRate: engine.get_samplerate() };
}

/** The voice of each language by espeak-ng's identifier, as some languages are not found by their tag. */
function voicesOf(engine: ESpeakWorker): Map<string, Voice & { identifier: string }> {
  const voices = new Map<string, Voice & { identifier: string }>();
  for (const { name, identifier, languages } of engine.list_voices()) {
    const id = languages[0]?.name;
    // The first voice of a language is its default.
    if (id !== undefined && !voices.has(id))
      voices.set(id, { id, name: name.replaceAll("_", " "), language: id, identifier });
  }
  return voices;
}

const ready = load().then(async ({ eSpeakNGWorker }) => {
  const engine = await new eSpeakNGWorker();
  return { engine, voices: voicesOf(engine) };
});

async function answer(request: ESpeakRequest): Promise<ESpeakAnswer> {
  const { id } = request;
  try {
    const { engine, voices } = await ready;
    if (request.kind === "voices")
      return { id, voices: [...voices.values()].map(({ identifier: _, ...voice }) => voice) };
    return speak(engine, voices.get(request.voice)?.identifier ?? request.voice, request);
  } catch (err) {
    return { id, failed: String(err) };
  }
}

process.on("message", (request: ESpeakRequest) => {
  void answer(request).then((result) => process.send?.(result));
});
process.once("disconnect", () => process.exit(0));

import { ParleyError } from "../../schemas/errors.ts";
import { newId } from "../../schemas/ids.ts";
import { openaiSpeech, openaiTranscription } from "../../schemas/routes/voice.ts";
import type { ActorContext } from "../actor-context.ts";
import { serveRoute } from "../requests/rest.ts";
import type { Transcript, TranscriptSegment } from "./engines/engine.ts";
import { noEngine } from "./engines/engines.ts";
import type { VoiceParts } from "./stream/voice-parts.ts";
import { spokenFile, until, uploadedSpeech } from "./voice-routes.ts";

/** Common model names of clients, mapped to any available engine. */
const aliases = {
  stt: /^(whisper|gpt-[\w.-]*transcribe)/,
  tts: /^(tts-1|gpt-[\w.-]*tts|kokoro|espeak)/,
};

/** Serves `/v1/audio/*`; a request counts as one message of the user's quota. */
export function serveOpenAIAudio(
  context: Pick<ActorContext, "nc" | "bus" | "jsm" | "settings" | "log" | "quota">,
  voice: VoiceParts,
): void {
  const { engines, speech } = voice;
  const counted = async <Result>(user: string, work: () => Promise<Result>): Promise<Result> => {
    const hold = newId("audio_", 16);
    await context.quota.reserve(user, hold, 0, 1);
    try {
      const result = await work();
      await context.quota.settle(user, hold, { prompt_tokens: 0, completion_tokens: 0 });
      return result;
    } catch (err) {
      await context.quota.release(user, hold);
      throw err;
    }
  };
  const known = (purpose: "stt" | "tts", model: string) => {
    const names = engines.names(purpose);
    if (names.length === 0) throw noEngine();
    if (!names.includes(model) && !aliases[purpose].test(model)) throw new ParleyError("model_not_found");
  };
  serveRoute(context, openaiSpeech, async ({ principal, body, deadline }) => {
    known("tts", body.model);
    const { input: text, model, voice: id, speed, response_format: format } = body;
    const wish = { text, model, voice: id, speed: speed ?? undefined, format: format ?? ("mp3" as const) };
    const spoken = await counted(principal.user_id, () => speech.speak(wish, until(deadline)));
    return spokenFile(spoken.key);
  });
  serveRoute(context, openaiTranscription, async ({ principal, body, deadline }) => {
    known("stt", body.model);
    const signal = until(deadline);
    const pcm = await uploadedSpeech(context, voice, body.file, signal);
    const { model, language, prompt, response_format } = body;
    const transcript = await counted(principal.user_id, () =>
      engines.transcribe(pcm, { language, prompt, signal }, model),
    );
    return written[response_format](transcript);
  });
}

const json = (body: unknown) => ({
  filename: "transcript.json",
  type: "application/json",
  inline: true,
  text: JSON.stringify(body),
});
const plain = (text: string) => ({
  filename: "transcript.txt",
  type: "text/plain; charset=utf-8",
  inline: true,
  text,
});

/** Response formats of a transcript. */
const written = {
  json: ({ text }: Transcript) => json({ text }),
  text: ({ text }: Transcript) => plain(`${text}\n`),
  verbose_json: ({ text, language, duration_ms, segments }: Transcript) =>
    json({
      task: "transcribe",
      language: language ?? "",
      duration: duration_ms / 1000,
      text,
      segments: segments.map((segment, id) => ({
        id,
        start: segment.start_ms / 1000,
        end: segment.end_ms / 1000,
        text: segment.text,
      })),
    }),
  srt: (transcript: Transcript) =>
    plain(
      timed(transcript)
        .map(
          ({ start_ms, end_ms, text }, n) =>
            `${n + 1}\n${clock(start_ms, ",")} --> ${clock(end_ms, ",")}\n${text}\n`,
        )
        .join("\n"),
    ),
  vtt: (transcript: Transcript) =>
    plain(
      `WEBVTT\n\n${timed(transcript)
        .map(({ start_ms, end_ms, text }) => `${clock(start_ms, ".")} --> ${clock(end_ms, ".")}\n${text}\n`)
        .join("\n")}`,
    ),
};

/** The segments; a single one if the engine reports no times. */
function timed({ text, segments, duration_ms }: Transcript): TranscriptSegment[] {
  return segments.length > 0 || text === "" ? segments : [{ start_ms: 0, end_ms: duration_ms, text }];
}

/** `hh:mm:ss,mmm`. */
function clock(ms: number, point: string): string {
  const part = (value: number, digits: number) => String(Math.floor(value)).padStart(digits, "0");
  const [hours, minutes, seconds] = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60];
  return `${part(hours, 2)}:${part(minutes, 2)}:${part(seconds, 2)}${point}${part(ms % 1000, 3)}`;
}

import type { ExecutionContext } from "ava";
import {
  durationMs,
  type Pcm,
  type SpeechToText,
  speechRate,
  type TextToSpeech,
} from "../../../actors/voice/engines/engine.ts";

/** Something that was said, and how to know that it was heard. */
export interface Sample {
  pcm: Pcm;
  heard: RegExp;
}

const never = () => new AbortController().signal;

/** What every engine that hears must do. */
export async function hears(
  t: ExecutionContext,
  engine: SpeechToText,
  { pcm, heard }: Sample,
): Promise<void> {
  t.not(engine.name, "");
  const transcript = await engine.transcribe(pcm, { signal: never() });
  t.regex(transcript.text, heard);
  t.is(transcript.text, transcript.text.trim());
  t.is(transcript.duration_ms, durationMs(pcm));
  for (const [index, { start_ms, end_ms }] of transcript.segments.entries())
    t.true(start_ms <= end_ms && start_ms >= (transcript.segments[index - 1]?.end_ms ?? 0), "in order");

  const silence = new Int16Array(2 * speechRate);
  t.is((await engine.transcribe(silence, { signal: never() })).text, "", "silence says nothing");

  const both = await Promise.all([
    engine.transcribe(pcm, { signal: never(), interim: true }),
    engine.transcribe(pcm, { signal: never(), language: "en", prompt: "a name" }),
  ]);
  for (const { text } of both) t.regex(text, heard);

  const reason = new Error("nobody listens");
  t.is(await t.throwsAsync(engine.transcribe(pcm, { signal: AbortSignal.abort(reason) })), reason);
  const leaving = new AbortController();
  const left = t.throwsAsync(engine.transcribe(pcm, { signal: leaving.signal }));
  leaving.abort(reason);
  t.is(await left, reason);
  t.regex((await engine.transcribe(pcm, { signal: never() })).text, heard, "it hears after that");
}

/** What every engine that speaks must do. */
export async function speaks(t: ExecutionContext, engine: TextToSpeech): Promise<void> {
  t.not(engine.name, "");
  const voices = await engine.voices();
  t.true(voices.length > 0);
  t.is(new Set(voices.map(({ id }) => id)).size, voices.length, "ids are unique");

  const short = await engine.synthesize({ text: "Hello there.", signal: never() });
  t.true(short.sampleRate >= 8_000);
  t.true(
    short.pcm.some((sample) => Math.abs(sample) > 1_000),
    "it is not silent",
  );
  const length = durationMs(short.pcm, short.sampleRate);
  t.true(length > 200 && length < 10_000, `${length} ms`);
  const long = await engine.synthesize({ text: "Hello there. ".repeat(5), signal: never() });
  t.true(durationMs(long.pcm, long.sampleRate) > 2 * length);
  const fast = await engine.synthesize({ text: "Hello there.", speed: 2, signal: never() });
  t.true(durationMs(fast.pcm, fast.sampleRate) < 0.8 * length);
  for (const { id } of [
    ...voices.slice(0, 3),
    ...voices.filter(({ language }) => language.startsWith("en")),
  ]) {
    const chosen = await engine.synthesize({ text: "Hello there.", voice: id, signal: never() });
    t.true(chosen.pcm.length > 0, id);
  }
  const unknown = await engine.synthesize({ text: "你好。", voice: "nobody-has-it", signal: never() });
  t.true(unknown.pcm.length > 0, "an unknown voice is passed over");

  const reason = new Error("nobody listens");
  t.is(await t.throwsAsync(engine.synthesize({ text: "No.", signal: AbortSignal.abort(reason) })), reason);
  const leaving = new AbortController();
  const left = t.throwsAsync(engine.synthesize({ text: "Never mind.", signal: leaving.signal }));
  leaving.abort(reason);
  t.is(await left, reason);
  t.true(
    (await engine.synthesize({ text: "Again.", signal: never() })).pcm.length > 0,
    "it speaks after that",
  );
}

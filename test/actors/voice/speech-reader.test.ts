import test from "ava";
import { type Pcm, speechRate } from "../../../actors/voice/engines/engine.ts";
import { IncrementalTranscriber } from "../../../actors/voice/stream/incremental-transcriber.ts";
import { ReorderBuffer } from "../../../actors/voice/stream/reorder-buffer.ts";
import { VoiceActivity } from "../../../actors/voice/stream/voice-activity.ts";

const seconds = (s: number) => Math.round(s * speechRate);

/** A voice of this loudness over noise, from … to … s of a recording. */
function recording(
  length: number,
  voices: readonly [from: number, to: number][],
  level = 3_000,
  noise = 30,
): Pcm {
  const pcm = new Int16Array(seconds(length));
  for (let i = 0; i < pcm.length; i++) {
    const at = i / speechRate;
    const amplitude = voices.some(([from, to]) => at >= from && at < to) ? level : noise;
    pcm[i] = i % 60 < 30 ? amplitude : -amplitude;
  }
  return pcm;
}

test("a voice is told from silence, noise and clicks", (t) => {
  const speaks = (pcm: Pcm) => new VoiceActivity(pcm).speaks(0, pcm.length);
  t.false(speaks(new Int16Array()));
  t.false(speaks(recording(2, [])));
  t.false(speaks(recording(2, [[1, 1.03]])));
  t.false(speaks(recording(2, [], 0, 400)));
  t.true(speaks(recording(2, [[1, 1.3]])));
  t.true(speaks(recording(2, [[0.5, 1.5]], 2_000, 400)));
  t.true(speaks(recording(2, [[1, 1.5]], 200, 10)));
  t.true(speaks(recording(2, [[0, 2]])));
});

test("silence is read by no engine; long speech is cut at its pauses and each part read once", async (t) => {
  const read: number[] = [];
  const transcribe = (pcm: Pcm) => {
    read.push(pcm.length / speechRate);
    return Promise.resolve({ text: ` part${read.length} ` });
  };
  const { signal } = new AbortController();
  const reader = new IncrementalTranscriber(transcribe, "auto", 10_000);
  t.is(await reader.read(recording(3, []), false, signal), "");
  t.is(read.length, 0);

  const pcm = recording(24, [
    [0, 7],
    [8, 16],
    [17, 24],
  ]);
  t.is(await reader.read(pcm.subarray(0, seconds(6)), true, signal), "part1");
  t.is(await reader.read(pcm, true, signal), "part2 part3 part4");
  const [, first, second, last] = read;
  t.true(first !== undefined && first > 7 && first < 8, `cut in the first pause: ${first}`);
  t.true(second !== undefined && first !== undefined && first + second > 16 && first + second < 17);
  t.true(last !== undefined && last < 8);
  // The last part alone is read again.
  t.is(await reader.read(pcm, false, signal), "part2 part3 part5");
  t.is(read.length, 5);
});

test("what was said before a pause is read as if it were all, and not again at the end", async (t) => {
  const calls: boolean[] = [];
  const transcribe = (_: Pcm, { interim }: { interim?: boolean }) => {
    calls.push(interim === true);
    return Promise.resolve({ text: `read ${calls.length}` });
  };
  const { signal } = new AbortController();
  const reader = new IncrementalTranscriber(transcribe, "auto", 10_000);
  const pcm = recording(6, [
    [0.2, 2],
    [4, 5],
  ]);
  t.is(await reader.read(pcm.subarray(0, seconds(1)), true, signal), "read 1");
  t.is(await reader.read(pcm.subarray(0, seconds(2.5)), true, signal), "read 2");
  t.is(await reader.read(pcm.subarray(0, seconds(3)), true, signal), "read 2");
  t.is(await reader.read(pcm.subarray(0, seconds(3.5)), false, signal), "read 2");
  t.is(await reader.read(pcm, false, signal), "read 3");
  t.deepEqual(calls, [true, false, false]);
});

test("the end hurries what only an interim result wants, and waits for what it needs itself", async (t) => {
  const aborted: boolean[] = [];
  const hurry = new AbortController();
  const transcribe = (_: Pcm, { interim, signal }: { interim?: boolean; signal: AbortSignal }) => {
    // The end comes during the first reading.
    hurry.abort(new Error("hurry"));
    aborted.push(signal.aborted);
    return Promise.resolve({ text: interim ? "rough" : "careful" });
  };
  const { signal } = new AbortController();
  const long = recording(14, [
    [0, 7],
    [8, 14],
  ]);
  const reader = new IncrementalTranscriber(transcribe, "auto", 10_000);
  await t.throwsAsync(reader.read(long, true, signal, hurry.signal), { message: "hurry" });
  t.deepEqual(aborted, [false]);
  t.is(await reader.read(long, false, signal), "careful careful");
  t.is(aborted.length, 2);
});

test("a reading that is given up leaves the reader as it was", async (t) => {
  const controller = new AbortController();
  const transcribe = (_: Pcm, { signal }: { signal: AbortSignal }) =>
    signal.aborted ? Promise.resolve({ text: "late" }) : Promise.resolve({ text: "said" });
  const reader = new IncrementalTranscriber(transcribe, "zh", 10_000);
  controller.abort(new Error("given up"));
  await t.throwsAsync(reader.read(recording(3, [[1, 2]]), true, controller.signal), { message: "given up" });
  t.is(await reader.read(recording(3, [[1, 2]]), false, new AbortController().signal), "said");
});

test("chunks come out in order, once, and what is lost holds nothing back for ever", (t) => {
  const order = new ReorderBuffer<string>(2);
  t.deepEqual(order.take(1, "b"), []);
  t.deepEqual(order.take(0, "a"), ["a", "b"]);
  t.deepEqual(order.take(0, "again"), []);
  t.deepEqual(order.take(undefined, "c"), ["c"]);
  t.deepEqual(order.take(5, "f"), []);
  t.deepEqual(order.take(5, "again"), []);
  t.deepEqual(order.take(4, "e"), []);
  t.deepEqual(order.take(6, "g"), ["e", "f", "g"]);
  t.deepEqual(order.take(3, "too late"), []);
  t.deepEqual(order.take(9, "j"), []);
  t.deepEqual(order.take(8, "i"), []);
  t.deepEqual(order.rest(), ["i", "j"]);
});

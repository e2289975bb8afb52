import test from "ava";
import { truncateAt } from "../../../../actors/session/transcript/truncate-at-playback.ts";

const reply = {
  text: "Hello there.\n<action>waves</action>\nHow are you  today? Fine.\n```\ncode\n```",
  segments: [
    { index: 0, text: "Hello there.", audio_url: "/0", duration_ms: 1_000 },
    { index: 1, text: "How are you  today?", audio_url: "/1", duration_ms: 2_000 },
    { index: 2, text: "Fine.", audio_url: "/2", duration_ms: 500 },
  ],
};
const textOf = (index: number, ms: number, whole = true) => truncateAt(reply, { index, ms }, whole).text;

test("whole sentences before, and words of the one that was heard in part", (t) => {
  t.is(textOf(0, 0), "");
  t.is(textOf(0, 300), "Hello");
  t.is(textOf(0, 600), "Hello there");
  t.is(textOf(1, 0), "Hello there.");
  t.is(textOf(1, 500), "Hello there.\n<action>waves</action>\nHow are");
  t.is(textOf(1, 9_999), "Hello there.\n<action>waves</action>\nHow are you  today?");
  t.is(textOf(2, 0), textOf(1, 9_999));
});

test("after the last sentence all of a whole reply was heard, and of one that streams what was spoken", (t) => {
  t.is(truncateAt(reply, { index: 3, ms: 0 }, true), reply);
  t.true(textOf(3, 0, false).endsWith("Fine."));
});

test("the sentences that are left keep their audio, the cut one does not", (t) => {
  t.deepEqual(truncateAt(reply, { index: 1, ms: 500 }, true).segments, [
    reply.segments[0],
    { index: 1, text: "How are" },
  ]);
});

test("Chinese is cut between words, and a sentence that was never played was not heard", (t) => {
  const chinese = {
    text: "今天天气真好。",
    segments: [{ index: 0, text: "今天天气真好。", duration_ms: 1_400 }],
  };
  t.is(truncateAt(chinese, { index: 0, ms: 300 }, true).text, "今天");
  t.is(truncateAt(chinese, { index: 0, ms: 500 }, true).text, "今天天气");
  const silent = { text: "Nobody says it.", segments: [{ index: 0, text: "Nobody says it." }] };
  t.is(truncateAt(silent, { index: 0, ms: 5_000 }, true).text, "");
});

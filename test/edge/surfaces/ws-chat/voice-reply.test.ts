import anyTest, { type TestFn } from "ava";
import type { AnyFrame, WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { VoiceWorld } from "../../../_kit/worlds/voice.ts";

const test = anyTest as TestFn<{ world: VoiceWorld }>;

test.before(async (t) => {
  t.context.world = await VoiceWorld.start({ chat: "slow:40x100" });
});
test.after.always((t) => t.context.world.stop());

interface Segment {
  index: number;
  text: string;
  audio_url?: string;
  duration_ms?: number;
}

function segmentsIn(frames: readonly AnyFrame[]): Segment[] {
  return frames.flatMap((frame) => (frame.type === "stream_segments" ? (frame.segments as Segment[]) : []));
}

async function reply(socket: WireSocket, mode: string, content: string, id: string): Promise<AnyFrame> {
  socket.send({ type: "message", mode, content, client_msg_id: id });
  return socket.frame({ type: "stream_end", client_msg_id: id });
}

test.serial(
  "sentences are spoken while the text streams, in order, and all of them together at its end",
  async (t) => {
    const { world } = t.context;
    const socket = await world.socket(t, "spoken");
    const other = await world.socket(t, "other");
    const sentences = ["The first sentence is here.", "A second one follows it!", "And then comes the last?"];
    const end = await reply(socket, "voice_assistant", sentences.join(" "), "r1");
    t.is(end.text, sentences.join(" "));
    t.is(end.response_mode, "voice_assistant");

    const types = socket.frames.map(({ type }) => type as string);
    const first = types.indexOf("stream_segments");
    t.true(first > 0 && first < types.lastIndexOf("stream_chunk"), "a sentence is spoken between chunks");
    const review = types.indexOf("review");
    const during = segmentsIn(socket.frames.slice(0, review));
    const final = segmentsIn(socket.frames.slice(review));
    t.deepEqual(
      during.map(({ index, text }) => ({ index, text })),
      sentences.map((text, index) => ({ index, text })),
    );
    t.deepEqual(final, during);
    await other.frame({ type: "stream_end", client_msg_id: "r1" });
    t.deepEqual(
      segmentsIn(
        other.frames.slice(
          0,
          other.frames.findIndex(({ type }) => type === "review"),
        ),
      ),
      during,
    );

    // The scripted voice takes 60 ms a character.
    for (const { text, audio_url, duration_ms } of during) {
      t.is(duration_ms, text.length * 60);
      await audible(t, world, String(audio_url));
    }
    await audible(t, world, String(end.full_audio_url));
  },
);

/** Whoever knows where it is can play it. */
async function audible(
  t: { is(a: unknown, b: unknown): void; regex(a: string, b: RegExp): void },
  world: VoiceWorld,
  path: string,
) {
  const answer = await fetch(new URL(path, world.system.url()));
  t.is(answer.status, 200);
  t.regex(String(answer.headers.get("content-type")), /^audio\//);
}

test.serial("actions, code and Markdown are shown and never spoken", async (t) => {
  const { world } = t.context;
  const socket = await world.socket(t, "kinds");
  const content = [
    "（轻轻推开窗户）今天天气真好呀！",
    "<action>waves a hand</action>",
    "Look at this program.",
    "```js",
    "console.log('never said aloud. really.');",
    "```",
    "- an item of a list. with a dot",
    "That was all of it.",
  ].join("\n");
  const end = await reply(socket, "voice_msg", content, "k1");
  t.is(end.text, content);
  const said = ["今天天气真好呀！", "Look at this program.", "That was all of it."];
  const review = socket.frames.findIndex(({ type }) => type === "review");
  t.deepEqual(
    segmentsIn(socket.frames.slice(0, review)).map(({ text }) => text),
    said,
  );
  const asked = await world.spoken();
  t.true(said.every((text) => asked.includes(text)));
  t.false(asked.some((text) => /never said|waves|推开|item of/.test(text)));
});

test.serial("thinking that a model writes into its text is neither text nor spoken", async (t) => {
  const { world } = t.context;
  const socket = await world.socket(t, "thoughts");
  const thought = "They must not hear this. Nor that.";
  const end = await reply(socket, "voice_assistant", `<think>\n${thought}\n</think>\n\nHello to you!`, "k2");
  t.is(end.text, "Hello to you!");
  const thinking = socket.frames.filter(({ type }) => type === "thinking");
  t.is(
    thinking
      .map(({ thinking_content }) => (thinking_content ?? "") as string)
      .join("")
      .trim(),
    thought,
  );
  t.deepEqual(
    segmentsIn(socket.frames).map(({ text }) => text),
    ["Hello to you!", "Hello to you!"],
  );
  t.false((await world.spoken()).some((text) => /hear this|Nor that|think/.test(text)));
});

test.serial("what was spoken once is not spoken again", async (t) => {
  const { world } = t.context;
  const socket = await world.socket(t, "cached");
  const content = "This is said twice and made once. So is this.";
  await reply(socket, "voice_assistant", content, "c1");
  const first = segmentsIn(socket.frames).slice(0, 2);
  const asked = (await world.spoken()).length;
  const from = socket.frames.length;
  await reply(socket, "voice_assistant", content, "c2");
  t.deepEqual(segmentsIn(socket.frames.slice(from)).slice(0, 2), first);
  t.is((await world.spoken()).length, asked);
});

test.serial("text mode has no voice", async (t) => {
  const { world } = t.context;
  const socket = await world.socket(t, "text");
  const end = await reply(socket, "text", "Nobody says this one. Nor this.", "t1");
  t.is(end.full_audio_url, undefined);
  t.true(segmentsIn(socket.frames).every(({ audio_url }) => audio_url === undefined));
  t.false((await world.spoken()).some((text) => text.startsWith("Nobody")));
});

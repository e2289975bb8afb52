import anyTest, { type TestFn } from "ava";
import type { AnyFrame, WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { contextDigest } from "../../../_kit/judge/context-digest.ts";
import { eventually } from "../../../_kit/judge/waiting.ts";
import { VoiceWorld } from "../../../_kit/worlds/voice.ts";

const test = anyTest as TestFn<{ world: VoiceWorld }>;

test.before(async (t) => {
  t.context.world = await VoiceWorld.start({ chat: "slow:30x60" });
});
test.after.always((t) => t.context.world.stop());

const sentences = ["One two three four five.", "Six seven eight nine ten.", "Then comes the rest of it."];
const whole = sentences.join(" ");

function say(socket: WireSocket, id: string, content = whole): void {
  socket.send({ type: "message", mode: "voice_assistant", content, client_msg_id: id });
}

/** The frame that brings a sentence while the text streams. */
function segment(socket: WireSocket, index: number): Promise<AnyFrame> {
  return socket.until(
    () =>
      socket.frames.find(
        ({ type, segments }) =>
          type === "stream_segments" && (segments as { index: number }[]).some((one) => one.index === index),
      ),
    `sentence ${index}`,
  );
}

test.serial("spoken over while it streams: the reply ends with what was heard", async (t) => {
  const { world } = t.context;
  const socket = await world.socket(t, "early");
  say(socket, "e1");
  const { message_id } = await segment(socket, 0);
  // A third of the first sentence: 24 characters, 60 ms each.
  socket.send({ type: "voice_interrupt", message_id, heard_index: 0, heard_ms: 500 });
  const end = await socket.frame({ type: "stream_end", client_msg_id: "e1" });
  t.like(end, { finish_reason: "cancelled", text: "One two three" });
  const history = await world.history("early");
  t.deepEqual(
    history.map(({ content }) => content as string),
    [whole, "One two three"],
  );
  // The next turn runs, on what was heard.
  socket.send({ type: "message", content: "go on", client_msg_id: "e2", model: "context" });
  const next = await socket.frame({ type: "stream_end", client_msg_id: "e2" });
  const given = [
    { role: "user", content: whole },
    { role: "assistant", content: "One two three" },
    { role: "user", content: "go on" },
  ];
  t.is(String(next.text).split(" ")[0], contextDigest(given));
});

test.serial(
  "spoken over after its end, while it plays: history, models and devices are told what was heard",
  async (t) => {
    const { world } = t.context;
    const socket = await world.socket(t, "late");
    const other = await world.socket(t, "beside");
    say(socket, "l1");
    const end = await socket.frame({ type: "stream_end", client_msg_id: "l1" });
    t.is(end.text, whole);
    const { message_id } = end;
    socket.send({ type: "voice_interrupt", message_id, heard_index: 1, heard_ms: 560 });
    const heard = `${sentences[0]} Six seven`;
    for (const one of [socket, other]) {
      t.like(await one.frame({ type: "voice_interrupted", message_id }), { text: heard, session_id: "late" });
    }
    const assistant = await eventually(
      async () => (await world.history("late")).find(({ content }) => content === heard),
      5_000,
      "the history is cut",
    );
    t.is(assistant.message_id, message_id);
    // Said once more, it changes nothing; less was heard than that, it does.
    socket.send({ type: "voice_interrupt", message_id, heard_index: 9 });
    socket.send({ type: "message", content: "go on", client_msg_id: "l2", model: "context" });
    const next = await socket.frame({ type: "stream_end", client_msg_id: "l2" });
    const given = [
      { role: "user", content: whole },
      { role: "assistant", content: heard },
      { role: "user", content: "go on" },
    ];
    t.is(String(next.text).split(" ")[0], contextDigest(given));
    const messages = await world.history("late");
    t.deepEqual(
      messages.map(({ id, role }) => ({ id: id as number, role: role as string })),
      [1, 2, 3, 4].map((id) => ({ id, role: id % 2 === 1 ? "user" : "assistant" })),
    );
    t.is(socket.frames.filter(({ type }) => type === "error").length, 0);
  },
);

test.serial("without a place it is cut after the last sentence that was played", async (t) => {
  const { world } = t.context;
  const socket = await world.socket(t, "played");
  say(socket, "p1");
  const { message_id } = await socket.frame({ type: "stream_end", client_msg_id: "p1" });
  socket.send({ type: "segment_played", message_id, index: 0 });
  socket.send({ type: "segment_played", message_id, index: 1 });
  socket.send({ type: "voice_interrupt", message_id });
  t.is((await socket.frame({ type: "voice_interrupted", message_id })).text, sentences.slice(0, 2).join(" "));
});

test.serial("a cut reply is gone with its session's history", async (t) => {
  const { world } = t.context;
  const socket = await world.socket(t, "erased");
  say(socket, "x1");
  const { message_id } = await socket.frame({ type: "stream_end", client_msg_id: "x1" });
  socket.send({ type: "voice_interrupt", message_id, heard_index: 1 });
  await socket.frame({ type: "voice_interrupted", message_id });
  const cleared = await world.api.call("DELETE", "/api/v1/sessions/erased/messages", { user: "admin" });
  t.is(cleared.status, 200);
  t.deepEqual(await world.history("erased"), []);
  say(socket, "x2", "Something else is said now.");
  await socket.frame({ type: "stream_end", client_msg_id: "x2" });
  t.is((await world.history("erased")).length, 2);
});

test.serial("what nobody says can't be spoken over", async (t) => {
  const socket = await t.context.world.socket(t, "none");
  socket.send({ type: "voice_interrupt", message_id: "msg_unknown", heard_index: 0, heard_ms: 0 });
  t.is((await socket.frame({ type: "error" })).errorType, "turn_not_found");
  socket.send({ type: "voice_interrupt", heard_index: 0 });
  await socket.frame({ type: "error", errorType: "invalid_message" });
});

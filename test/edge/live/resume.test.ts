import anyTest, { type TestFn } from "ava";
import type { OutItem } from "../../../schemas/messages/out-item.ts";
import { streams, subjects } from "../../../schemas/messages/subjects.ts";
import { type AnyFrame, WireSocket } from "../../_kit/clients/wire-socket.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { type EdgeWorld, startEdgeWorld } from "../../_kit/worlds/edge-world.ts";
import { notice, replyTo } from "../../_kit/worlds/stand-in.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  t.context = await startEdgeWorld();
});
test.after.always((t) => t.context.stop());

const path = (resume?: string) =>
  `/ws/chat?token=${mintToken("admin")}&session_id=s${resume === undefined ? "" : `&resume=${resume}`}`;

const text = (frame: AnyFrame) => (frame.system_info?.message ?? frame.content ?? frame.type) as string;

/** Where a client stands after these frames. */
function at(frames: readonly AnyFrame[]): string {
  const epoch = frames.findLast(({ type }) => type === "connected")?.epoch as string;
  return `${epoch}-${frames.findLast(({ seq }) => seq !== undefined)?.seq as number}`;
}

async function connected(t: Parameters<typeof WireSocket.open>[0], port: number, resume?: string) {
  const socket = await WireSocket.open(t, port, path(resume));
  await socket.frame({ type: "connected" });
  return socket;
}

test.serial(
  "cut after any frame, a client gets the rest on another edge, and nothing twice without traffic",
  async (t) => {
    const { edge, actor, another } = t.context;
    const other = await another();
    const watcher = await connected(t, edge.port);
    await actor.out("admin", notice("0"), notice("1"), notice("2"));
    await actor.out("someone", notice("not for admin"));
    await actor.out("admin", notice("3"));
    await actor.out("admin", notice("4"), notice("5"));
    await watcher.until(() => watcher.frames.length === 7, "all frames");
    for (let seen = 1; seen <= 7; seen++) {
      // Each round before has added one live frame.
      await watcher.until(() => watcher.frames.length === 6 + seen, "the live frames");
      const resume = at(watcher.frames.slice(0, seen));
      const socket = await connected(t, other.port, resume);
      await socket.until(() => socket.frames.length === 7, "the rest");
      t.like(socket.frames[0], { recovered: true, seq: Number(resume.split("-")[1]) });
      t.deepEqual(socket.frames.slice(1), watcher.frames.slice(seen));
      await socket.cut();
      const again = await connected(t, edge.port, at(socket.frames));
      t.like(again.frames[0], { recovered: true });
      const third = await connected(t, other.port, at(again.frames));
      await actor.out("admin", notice(`live ${seen}`));
      for (const one of [third, again]) await one.until(() => one.frames.length === 2, "the live frame");
      t.is(text(third.frames[1] ?? {}), `live ${seen}`);
      t.is(third.frames[1]?.prev, third.frames[0]?.seq);
      t.deepEqual(again.frames.slice(1), third.frames.slice(1));
      await third.cut();
      await again.cut();
    }
  },
);

test.serial("what can't be resumed is said so", async (t) => {
  const { edge, actor } = t.context;
  await actor.out("admin", notice("0"));
  const first = await connected(t, edge.port);
  const [epoch, seq] = at(first.frames).split("-") as [string, string];
  const recovered = async (resume: string) =>
    (await connected(t, edge.port, resume)).frames[0]?.recovered as boolean;
  t.true(await recovered(`${epoch}-${seq}`));
  t.false(await recovered(`1-${seq}`));
  t.false(await recovered(`${epoch}-${Number(seq) + 64}`));
  t.is((await WireSocket.open(t, edge.port, path("nonsense"))).refused?.status, 400);
  await actor.jsm.streams.purge(streams.out, { keep: 0 });
  await actor.out("admin", notice("1"));
  t.false(await recovered(`${epoch}-${seq}`));
});

test.serial("a gap in what arrives is filled from the stream", async (t) => {
  const { edge, actor } = t.context;
  const socket = await connected(t, edge.port);
  await actor.out("admin", notice("0"));
  const { config } = await actor.jsm.streams.info(streams.out);
  const { republish, ...silent } = config;
  await actor.jsm.streams.update(streams.out, {
    ...silent,
    republish: { src: subjects.outUser("nobody"), dest: subjects.liveUser("nobody") },
  });
  await actor.out("admin", notice("1"), notice("2"));
  await actor.out("admin", notice("3"));
  await actor.jsm.streams.update(streams.out, { ...silent, republish });
  await actor.out("admin", notice("4"));
  await socket.until(() => socket.frames.length === 6, "all frames");
  t.deepEqual(socket.frames.slice(1).map(text), ["0", "1", "2", "3", "4"]);
  for (const [index, frame] of socket.frames.slice(1).entries()) t.is(frame.prev, socket.frames[index]?.seq);
  t.is(await edge.metric('parley_gaps_total{outcome="filled"'), 1);
});

test.serial("a stream that died with its server: new epoch, everybody told, frames go on", async (t) => {
  const { edge, actor, engines } = t.context;
  const socket = await connected(t, edge.port);
  await actor.out("admin", notice("before"));
  await socket.until(() => socket.frames.length === 2, "the frame before");
  const old = at(socket.frames);
  await engines.nats.kill("SIGKILL");
  await engines.nats.restart();
  await socket.until(() => socket.frames[2]?.type === "connected", "told", 20_000);
  t.like(socket.frames[2], { recovered: false, session_id: "s" });
  t.not(socket.frames[2]?.epoch, socket.frames[0]?.epoch);
  await eventually(() => actor.nc.flush().then(() => true), 20_000, "the stand-in connected again");
  await actor.out("admin", notice("after"));
  await socket.until(() => socket.frames.length === 4, "the frame after");
  t.is(socket.frames[3]?.prev, socket.frames[2]?.seq);
  t.false((await connected(t, edge.port, old)).frames[0]?.recovered);
});

test.serial("of two runs of a reply one is followed, and the chain has no hole", async (t) => {
  const { edge, actor } = t.context;
  const socket = await connected(t, edge.port);
  const input = { session: "s", reply_id: "reply", client_msg_id: "m" };
  await actor.out("admin", ...replyTo(input, ["zombie"], { end: false, run: "a" }));
  await actor.out("admin", ...replyTo(input, ["other"], { end: false, run: "b" }));
  await actor.out("admin", ...replyTo(input, ["good ", "reply"], { attempt: 2, run: "c" }));
  await actor.out("admin", ...replyTo(input, ["late"], { attempt: 3, run: "d" }));
  await actor.out("admin", notice("end"));
  await socket.frame({ type: "system_info" });
  t.deepEqual(socket.frames.slice(1).map(text), [
    "stream_start",
    "zombie",
    "stream_start",
    "good ",
    "reply",
    "stream_end",
    "end",
  ]);
  for (const [index, frame] of socket.frames.slice(1).entries()) t.is(frame.prev, socket.frames[index]?.seq);
  t.true((await edge.metric("parley_frames_fenced_total")) >= 5);
});

test.serial(
  "where another run is committed than was streamed, the reply starts again before it ends",
  async (t) => {
    const { edge, actor } = t.context;
    const socket = await connected(t, edge.port);
    const input = { session: "s", reply_id: "replaced", client_msg_id: "r" };
    await actor.out("admin", ...replyTo(input, ["shown"], { end: false, run: "a" }));
    await actor.out("admin", ...replyTo(input, ["hidden"], { end: false, run: "b" }));
    await socket.until(() => socket.frames.length === 3, "the first run");
    const [, , ...finals] = replyTo(input, ["hidden"], { run: "b" });
    const review: OutItem = {
      frame: {
        type: "review",
        role: "assistant",
        message_id: input.reply_id,
        session_id: "s",
        review_messages: [{ type: "chat", content: "hidden", delay_ms: 0 }],
        timestamp: 1,
      },
      run: { attempt: 1, run_id: "b", phase: "committed" },
    };
    await actor.out("admin", review, ...finals);
    await actor.out("admin", notice("end"));
    await socket.frame({ type: "system_info" });
    const frames = socket.frames.slice(1);
    t.deepEqual(
      frames.map(({ type, attempt, content, text: whole }) => [type, attempt ?? content ?? whole]),
      [
        ["stream_start", 1],
        ["stream_chunk", 1],
        ["stream_start", 2],
        ["review", undefined],
        ["stream_end", 2],
        ["system_info", undefined],
      ],
    );
    t.like(frames[2], { message_id: "replaced", client_msg_id: "r", response_mode: "text" });
    t.is(frames[4]?.text, "hidden");
    for (const [index, frame] of frames.entries()) t.is(frame.prev, socket.frames[index]?.seq);
    // A client that was away gets the same, from wherever it was cut.
    for (let seen = 2; seen <= 6; seen++) {
      const again = await connected(t, edge.port, at(socket.frames.slice(0, seen)));
      await again.until(() => again.frames.length === 8 - seen, "the rest");
      t.deepEqual(again.frames.slice(1), socket.frames.slice(seen));
    }
  },
);

// Last, since it forges a sequence.
test.serial("a gap that can't be filled begins everybody anew", async (t) => {
  const { edge, actor } = t.context;
  const socket = await connected(t, edge.port);
  await actor.out("admin", notice("0"));
  await socket.until(() => socket.frames.length === 2, "the first frame");
  const { config } = await actor.jsm.streams.info(streams.out);
  const { republish, ...silent } = config;
  await actor.jsm.streams.update(streams.out, {
    ...silent,
    republish: { src: subjects.outUser("nobody"), dest: subjects.liveUser("nobody") },
  });
  const lost = await actor.out("admin", notice("1"));
  const kept = await actor.out("admin", notice("2"));
  await actor.jsm.streams.update(streams.out, { ...silent, republish });
  await actor.jsm.streams.deleteMessage(streams.out, lost);
  await actor.jsm.streams.deleteMessage(streams.out, kept);
  const headers = (await import("nats")).headers();
  headers.set("Nats-Sequence", String(kept + 1));
  headers.set("Nats-Last-Sequence", String(kept));
  actor.nc.publish(subjects.liveUser("admin"), JSON.stringify({ items: [notice("3")] }), { headers });
  await socket.until(() => socket.frames.filter(({ type }) => type === "connected").length === 2, "told");
  t.like(socket.frames[2], { type: "connected", recovered: false });
});

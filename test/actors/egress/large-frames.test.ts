import { jetstreamManager } from "@nats-io/jetstream";
import test from "ava";
import { OutPublisher } from "../../../actors/egress/out-publisher.ts";
import { encodeWithin } from "../../../infra/bus/fit.ts";
import { createLogger } from "../../../infra/log.ts";
import { subjectOf } from "../../../schemas/messages/define.ts";
import { liveFrames } from "../../../schemas/messages/out.ts";
import { outBatchSchema } from "../../../schemas/messages/out-batch.ts";
import type { OutItem } from "../../../schemas/messages/out-item.ts";
import { within } from "../../_kit/judge/waiting.ts";
import { openBus } from "../../_kit/worlds/bus.ts";
import { startEngines } from "../../_kit/worlds/engines.ts";

const chunk = (content: string): OutItem => ({
  frame: {
    type: "stream_chunk",
    role: "assistant",
    message_id: "msg_1",
    session_id: "main",
    msg_type: "chat",
    content,
    attempt: 1,
    timestamp: 1,
  },
});

test("frames of any size reach the stream, in their order; one that no message can hold is cut", async (t) => {
  const engines = await startEngines(t);
  const { bus, nc } = await openBus(t, engines.natsUrl);
  const jsm = await jetstreamManager(nc);
  const out = new OutPublisher(bus, jsm, createLogger("test", { logLevel: "silent" }));
  await out.restore();
  const texts: string[] = [];
  nc.subscribe(subjectOf(liveFrames, { user: "ann" }), {
    callback: (_err, message) => {
      const { items } = outBatchSchema.parse(message.json());
      texts.push(...items.map(({ frame }) => ("content" in frame ? String(frame.content) : "")));
    },
  });
  await nc.flush();
  const control = "\u0001".repeat(240_000);
  const long = "Yes. ".repeat(40_000);
  out.frame("ann", chunk("first"));
  out.frame("ann", chunk(control));
  const ended = out.ending("ann", [...Array(9).fill(chunk(long)), chunk("last")], "ann.main.1");
  out.frame("ann", chunk("after"));
  await within(ended, 5_000, "the stream has the frames that end the run");
  await within(
    out.final("ann", [chunk(control)], "ann.main.2"),
    5_000,
    "a frame that is too large by itself",
  );
  await nc.flush();
  t.is(texts[0], "first");
  t.true(texts[1]?.startsWith("\u0001") && texts[1].length < 240_000);
  t.deepEqual(
    texts.slice(2, 11).map(({ length }) => length),
    Array(9).fill(long.length),
  );
  t.deepEqual(texts.slice(11, 13), ["last", "after"]);
  t.is(texts.length, 14);
});

test("a value is cut at its largest text or list and keeps its form", (t) => {
  const event = {
    id: "e",
    messages: [
      { role: "user", content: "hi" },
      { role: "assistant", content: "😀".repeat(9_000) },
    ],
  };
  const { text, cut } = encodeWithin(event, 10_000);
  const back = JSON.parse(text) as typeof event;
  t.true((cut ?? 0) > 10_000 && Buffer.byteLength(text) <= 10_000);
  t.is(back.messages[0]?.content, "hi");
  t.regex(back.messages[1]?.content ?? "", /^(😀)+$/u);
  const list = { items: Array.from({ length: 5_000 }, (_, n) => ({ n })) };
  const shorter = JSON.parse(encodeWithin(list, 10_000).text) as typeof list;
  t.true(shorter.items.length > 100);
  t.deepEqual(shorter.items, list.items.slice(0, shorter.items.length));
  t.is(encodeWithin({ a: 1 }, 100).cut, undefined);
});

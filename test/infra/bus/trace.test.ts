import { Writable } from "node:stream";
import { jetstreamManager } from "@nats-io/jetstream";
import test from "ava";
import { z } from "zod";
import { currentTrace, parseTraceparent, withTrace } from "../../../infra/bus/trace.ts";
import { createLogger } from "../../../infra/log.ts";
import { defineEvent, defineRequest, defineSignal } from "../../../schemas/messages/define.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { openBus } from "../../_kit/worlds/bus.ts";
import { startEngines } from "../../_kit/worlds/engines.ts";

const base = {
  doc: "A message of a test.",
  message: z.object({ n: z.int() }),
  publishers: ["edge"],
  listeners: ["actors"],
} as const;
const asked = defineRequest({
  ...base,
  name: "t.ask",
  subject: "t.ask",
  answer: z.object({}),
  timeout: 2_000,
});
const told = defineSignal({ ...base, name: "t.tell", subject: "t.tell" });
const stored = defineEvent({ ...base, name: "t.store", subject: "t.store", stream: "TRACED" });
const trace = { id: "0af7651916cd43dd8448eb211c80319c", span: "b7ad6b7169203331" };

test("traceparent is read as W3C Trace Context writes it", (t) => {
  t.deepEqual(parseTraceparent(`00-${trace.id}-${trace.span}-01`), trace);
  for (const wrong of [
    undefined,
    "",
    `01-${trace.id}-${trace.span}-01`,
    `00-${"0".repeat(32)}-${trace.span}-01`,
    `00-${trace.id}-${"0".repeat(16)}-01`,
    `00-${trace.id.toUpperCase()}-${trace.span}-01`,
    `00-${trace.id}-${trace.span}`,
  ])
    t.is(parseTraceparent(wrong), undefined);
});

test("a trace goes with requests, signals and stored messages, and no further than what it caused", async (t) => {
  const engines = await startEngines(t);
  const { bus, nc } = await openBus(t, engines.natsUrl);
  await (await jetstreamManager(nc)).streams.add({ name: "TRACED", subjects: ["t.store"] });
  const seen: [string, number, string | undefined][] = [];
  bus.serve(asked, ({ n }) => {
    seen.push(["ask", n, currentTrace()?.id]);
    return {};
  });
  bus.listen(told, ({ n }) => void seen.push(["tell", n, currentTrace()?.id]));
  await bus.consume(stored, { name: "traced", inFlight: 1 }, async ({ n }) => {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(["store", n, currentTrace()?.id]);
  });
  await nc.flush();
  const all = async (n: number) => {
    await bus.ask(asked, { n });
    bus.signal(told, { n });
    await bus.append(stored, { n });
  };
  await withTrace(trace, () => all(1));
  await all(2);
  await eventually(async () => seen.length === 6, 5_000, "six messages are received");
  for (const [kind, n, id] of seen) t.is(id, n === 1 ? trace.id : undefined, `${kind} ${n}`);
});

test("log lines carry the trace of what writes them", (t) => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const log = createLogger("test", { logLevel: "info" }, sink);
  withTrace(trace, () => log.info({ user: "ann" }, "inside"));
  log.info("outside");
  t.is(JSON.parse(lines[0] ?? "{}").trace, trace.id);
  t.false("trace" in JSON.parse(lines[1] ?? "{}"));
});

import { createLogger } from "../../infra/log.ts";
import { connectNats, type NatsConnection } from "../../infra/nats/connect.ts";
import type { OutBatch } from "../../schemas/messages/out-batch.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { Watch, within } from "../_kit/judge/waiting.ts";
import type { Service } from "../_kit/worlds/service.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";
import { mintToken } from "../_kit/worlds/token.ts";
import { Deliveries, marked } from "./deliveries.ts";
import { type Figure, percentile } from "./figures.ts";
import { FrameSocket, openMany } from "./frame-socket.ts";
import type { Plan } from "./plan.ts";
import { cpuOf, cpuSince } from "./process-usage.ts";
import { startProgram } from "./program.ts";
import { say } from "./progress.ts";

// One user's event to all of his sockets on one edge, against uWebSockets.js doing nothing else.
//
// What is compared: the same bytes in the same number of frames, at the same rate, read by the same client. The edge
// gets its events as an actor sends them (a message on the user's subject of OUT, back by republish), parses them,
// holds them against the fence of their run, numbers and encodes them; the bare server gets the finished text over one
// WebSocket and passes it on. What nats-server adds is a row of its own: it is paid once an event, not once a delivery.
// The client runs in this process and reads every frame of both; its time is in both latencies.

const fixedDeliveriesPerS = 20_000;
const drainMs = 20_000;
const edgeEnv = { LOG_LEVEL: "warn", LIMIT_USER_SOCKETS: "20000" };

/** One server with its sockets. */
interface Side {
  pids: { server: number; nats?: number };
  deliveries: Deliveries;
  sockets: FrameSocket[];
  publish(event: number): void;
}

interface Measured {
  cpuUsPerDelivery: number;
  natsUsPerDelivery: number;
  p99Ms: number;
  perS: number;
  clientShare: number;
}

/** Fan-out of one user's event at a fixed rate and in a closed loop. */
export async function fanout(plan: Plan): Promise<Figure[]> {
  const system = await startSystem({ edges: 1, actors: 0, env: edgeEnv });
  const bare = await startProgram("bare pub/sub", "bare-pubsub");
  const log = createLogger("bench", { logLevel: "warn" });
  const nc = await connectNats({ url: system.engines.natsUrl, name: "bench", log });
  try {
    const figures: Figure[] = [];
    for (const sockets of plan.fanoutSockets)
      figures.push(...(await atSize(plan, sockets, system, bare, nc)));
    return figures;
  } finally {
    await nc.close();
    await bare.destroy();
    await system.stop();
  }
}

async function atSize(
  plan: Plan,
  count: number,
  system: System,
  bare: Service,
  nc: NatsConnection,
): Promise<Figure[]> {
  const parley = await parleySide(count, system, nc);
  await closedLoop(parley, count, 300);
  const floor = await bareSide(count, bare, parley.deliveries.frameBytes);
  await closedLoop(floor, count, 300);
  if (floor.deliveries.frameBytes !== parley.deliveries.frameBytes)
    throw new Error(`frames of ${parley.deliveries.frameBytes} and ${floor.deliveries.frameBytes} bytes`);
  const runs = { fixed: [[], []] as Measured[][], closed: [[], []] as Measured[][] };
  for (let repetition = 0; repetition < plan.repetitions; repetition++) {
    for (const [side, target] of [parley, floor].entries()) {
      runs.fixed[side]?.push(await measured(target, () => fixedRate(target, count, plan.windowMs)));
      runs.closed[side]?.push(await measured(target, () => closedLoop(target, count, plan.windowMs)));
    }
    say(`fan-out to ${count}: repetition ${repetition + 1} of ${plan.repetitions}`);
  }
  for (const socket of [...parley.sockets, ...floor.sockets]) socket.destroy();
  return [
    ...rows(`fan-out to ${count}, 20k/s`, runs.fixed, parley.deliveries.frameBytes),
    ...rows(`fan-out to ${count}, closed loop`, runs.closed, parley.deliveries.frameBytes),
  ];
}

function rows(name: string, [ours = [], floor = []]: Measured[][], bytes: number): Figure[] {
  const both = (pick: (one: Measured) => number) => ({ values: ours.map(pick), reference: floor.map(pick) });
  const fixed = name.endsWith("/s");
  const busy = Math.round(100 * Math.max(...[...ours, ...floor].map((one) => one.clientShare)));
  const figures: Figure[] = [
    {
      ...{ name: `${name}: edge CPU`, unit: "µs/delivery", ...both((one) => one.cpuUsPerDelivery) },
      target: { of: "ratio", sense: "max", bound: 1.25 },
      note: `${bytes} B a frame; client's core ${busy} % busy at most`,
    },
    {
      ...{ name: `${name}: nats-server adds`, unit: "µs/delivery" },
      values: ours.map((one) => one.natsUsPerDelivery),
    },
  ];
  if (fixed) {
    figures.push({
      ...{ name: `${name}: p99 latency`, unit: "ms", ...both((one) => one.p99Ms) },
      target: { of: "ratio", sense: "max", bound: 1.5 },
    });
  } else figures.push({ name: `${name}: deliveries`, unit: "1/s", ...both((one) => one.perS) });
  return figures;
}

async function parleySide(count: number, system: System, nc: NatsConnection): Promise<Side> {
  const deliveries = new Deliveries();
  const path = `/ws/chat?token=${mintToken(adminUserId)}`;
  const port = system.edge(0).port;
  let connected = 0;
  const watch = new Watch();
  const sockets = await openMany(count, () => ({
    port,
    path,
    onFrame: (bytes, start, length) => {
      if (connected === count) return deliveries.onFrame(bytes, start, length);
      connected += 1;
      watch.changed();
    },
  }));
  // Every socket begins with one `connected`; nothing is published before the last one has it.
  await watch.until(() => connected === count, drainMs, `${count} connected frames`);
  const subject = subjects.outUser(adminUserId);
  const pids = { server: system.edge(0).pid, nats: system.engines.nats.pid };
  const run = `run_${count}`;
  const publish = (event: number) => nc.publish(subject, JSON.stringify(batch(event, run)));
  return { pids, deliveries, sockets, publish };
}

async function bareSide(count: number, bare: Service, frameBytes: number): Promise<Side> {
  const deliveries = new Deliveries();
  const sockets = await openMany(count, () => ({
    port: bare.port,
    path: "/sub",
    onFrame: deliveries.onFrame,
  }));
  const publisher = await FrameSocket.open({ port: bare.port, path: "/publish", onFrame: () => {} });
  const filler = "x".repeat(frameBytes - marked(0).length);
  const publish = (event: number) => publisher.send(marked(event) + filler);
  return { pids: { server: bare.pid }, deliveries, sockets: [...sockets, publisher], publish };
}

/** An event as an actor sends it: one piece of a running reply. */
function batch(event: number, run_id: string): OutBatch {
  return {
    items: [
      {
        frame: {
          type: "stream_chunk",
          role: "assistant",
          msg_type: "chat",
          message_id: `reply-${run_id}`,
          session_id: "main",
          content: `${marked(event)} about as much text as twenty milliseconds of a model bring`,
          attempt: 1,
          timestamp: Date.now(),
        },
        run: { attempt: 1, run_id, phase: "running" },
      },
    ],
  };
}

async function measured(side: Side, load: () => Promise<void>): Promise<Measured> {
  const { deliveries, pids } = side;
  deliveries.latencies = [];
  const countBefore = deliveries.count;
  const before = cpuOf(pids as Record<string, number>);
  const own = process.cpuUsage();
  const begun = performance.now();
  await load();
  const seconds = (performance.now() - begun) / 1_000;
  const cpu = cpuSince(pids as Record<string, number>, before);
  const { user, system } = process.cpuUsage(own);
  const count = deliveries.count - countBefore;
  return {
    cpuUsPerDelivery: ((cpu.server ?? 0) * 1e6) / count,
    natsUsPerDelivery: ((cpu.nats ?? 0) * 1e6) / count,
    p99Ms: percentile(deliveries.latencies, 0.99),
    perS: count / seconds,
    clientShare: (user + system) / 1e6 / seconds,
  };
}

/** Events at a fixed rate of deliveries, whatever becomes of the earlier ones: latency counts from the intended time. */
async function fixedRate({ deliveries, publish }: Side, sockets: number, ms: number): Promise<void> {
  const everyMs = (1_000 * sockets) / fixedDeliveriesPerS;
  const events = Math.max(2, Math.round(ms / everyMs));
  const first = deliveries.due.length;
  const begun = performance.now() + everyMs;
  const done = arrival(deliveries, deliveries.count + events * sockets);
  for (let index = 0; index < events; ) {
    const dueAt = begun + index * everyMs;
    const now = performance.now();
    if (now >= dueAt) {
      deliveries.due[first + index] = dueAt;
      publish(first + index);
      index += 1;
    } else if (dueAt - now > 2) await new Promise((resolve) => setTimeout(resolve, dueAt - now - 1));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
}

/** As many events as come through with a fixed number of deliveries under way. */
async function closedLoop({ deliveries, publish }: Side, sockets: number, ms: number): Promise<void> {
  const underWay = Math.max(2, Math.round(4_000 / sockets));
  const end = performance.now() + ms;
  const countBefore = deliveries.count;
  const first = deliveries.due.length;
  let published = 0;
  const send = () => {
    deliveries.due[first + published] = performance.now();
    publish(first + published++);
  };
  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error("deliveries are missing")), ms + drainMs);
    deliveries.onDelivery(() => {
      const whole = Math.floor((deliveries.count - countBefore) / sockets);
      while (published - whole < underWay && performance.now() < end) send();
      if (whole < published) return;
      clearTimeout(late);
      deliveries.onDelivery(undefined);
      resolve();
    });
    for (let index = 0; index < underWay; index++) send();
  });
}

/** Resolves when `count` deliveries have been made in all. */
async function arrival(deliveries: Deliveries, count: number): Promise<void> {
  const done = new Promise<void>((resolve) => {
    deliveries.onDelivery(() => {
      if (deliveries.count >= count) resolve();
    });
  });
  await within(done, drainMs * 2, `${count} deliveries`);
  deliveries.onDelivery(undefined);
}

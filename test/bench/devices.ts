import { createLogger } from "../../infra/log.ts";
import { connectNats } from "../../infra/nats/connect.ts";
import type { Device } from "../../schemas/documents/device.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import { adminUserId } from "../../schemas/principal.ts";
import { call } from "../_kit/clients/rest.ts";
import { eventually, lasting } from "../_kit/judge/waiting.ts";
import { type System, startSystem } from "../_kit/worlds/system.ts";
import { mintToken } from "../_kit/worlds/token.ts";
import { type Figure, percentile } from "./figures.ts";
import { openMany } from "./frame-socket.ts";
import type { Plan } from "./plan.ts";
import { cpuOf, cpuSince } from "./process-usage.ts";
import { say } from "./progress.ts";

// A thousand devices of one user, five updates a second each, and ten of his sockets: every device ends in the state
// that it told last, and no socket hears of one device more often than every 50 ms. The reference is the nats-server
// alone, handing the same messages to ten subscribers.

const allDevices = 1_000;
const perS = 5;
const sockets = 10;
const sliceMs = 20;

/** How many devices publish, and for how long. */
interface Load {
  devices: number;
  ms: number;
}
const burst = 40;
const settleMs = 60_000;

/** Updates of many devices, what they cost, and how late the last frame is. */
export async function deviceUpdates(plan: Plan): Promise<Figure[]> {
  const devices = plan.repetitions > 1 ? allDevices : allDevices / 5;
  const system = await startSystem({ edges: 1, actors: 1, env: { LOG_LEVEL: "warn" } });
  const log = createLogger("bench", { logLevel: "silent" });
  const nc = await connectNats({ url: system.engines.natsUrl, name: "devices", log });
  try {
    const values: number[] = [];
    const reference: number[] = [];
    const lateness: number[] = [];
    let closest = Number.POSITIVE_INFINITY;
    const publish = (device: string, text: string) =>
      nc.publish(subjects.deviceUpdate(adminUserId, device), text);
    // New devices and cold code are not what is measured.
    await measure(system, publish, { devices, ms: 1_000 });
    for (let repetition = 0; repetition < plan.repetitions; repetition++) {
      const run = await measure(system, publish, { devices, ms: plan.windowMs });
      values.push(run.cpuUs);
      lateness.push(run.lateMs);
      closest = Math.min(closest, run.closestMs);
      reference.push(await bare(system, { devices, ms: plan.windowMs }));
      say(`devices ${repetition + 1}/${plan.repetitions}`);
    }
    return [
      {
        name: `${devices} devices × ${perS}/s to ${sockets} sockets: CPU`,
        unit: "µs/update",
        values,
        reference,
        note: "all processes; reference: nats-server",
      },
      { name: "last frame after the last update", unit: "ms", values: lateness },
      {
        name: `one device ${burst} times at once: least time between frames`,
        unit: "ms",
        values: [closest],
        target: { of: "value", sense: "min", bound: 45 },
      },
    ];
  } finally {
    await nc.close();
    await system.stop();
  }
}

async function measure(system: System, publish: (device: string, text: string) => void, load: Load) {
  const last = new Map<string, number>();
  const heard = Array.from({ length: sockets }, () => new Map<string, number>());
  const burstAt: number[] = [];
  let lastFrameAt = 0;
  const path = `/ws/chat?token=${mintToken(adminUserId)}`;
  let closed = 0;
  const told = (what: string) => {
    if (closed > 0) throw new Error(`${what}: ${closed} sockets were closed`);
    return heard.every((one) => complete(last, one));
  };
  const open = await openMany(sockets, (index) => ({
    port: system.edge(0).port,
    path,
    onFrame: (bytes, start, length) => {
      const text = bytes.toString("utf8", start, start + length);
      if (!text.includes('"device_update"')) return;
      const frame = JSON.parse(text) as { timestamp: number; device_update: Device };
      const { device_id, state } = frame.device_update;
      heard[index]?.set(device_id, Number(state.n));
      if (device_id === "burst" && index === 0) burstAt.push(frame.timestamp);
      else lastFrameAt = performance.now();
    },
    onClose: () => {
      closed += 1;
    },
  }));
  try {
    const pids = pidsOf(system);
    const before = cpuOf(pids);
    const updates = await pace(load, (device, n) => {
      last.set(device, n);
      publish(device, JSON.stringify({ state: { n, temp: n / 10 } }));
    });
    const sentAt = performance.now();
    await eventually(async () => told("last states"), settleMs, "every socket has the last state");
    const cpu = Object.values(cpuSince(pids, before)).reduce((sum, one) => sum + one, 0);
    const lateMs = Math.max(0, lastFrameAt - sentAt);
    for (let n = 0; n < burst; n++) {
      publish("burst", JSON.stringify({ state: { n } }));
      await lasting(5);
    }
    last.set("burst", burst - 1);
    await eventually(async () => told("burst"), settleMs, "the burst");
    await eventually(async () => complete(last, await stored(system)), settleMs, "the stored states");
    const gaps = burstAt.slice(1).map((at, index) => at - (burstAt[index] ?? 0));
    return { cpuUs: (cpu * 1e6) / updates, lateMs, closestMs: percentile(gaps, 0) };
  } finally {
    for (const socket of open) socket.destroy();
  }
}

/** The nats-server's CPU for the same messages to as many subscribers, µs an update. */
async function bare(system: System, load: Load): Promise<number> {
  const log = createLogger("bench", { logLevel: "silent" });
  const connect = (name: string) => connectNats({ url: system.engines.natsUrl, name, log });
  const all = await Promise.all(Array.from({ length: sockets + 1 }, (_, index) => connect(`bare ${index}`)));
  const [publisher, ...subscribers] = all;
  if (publisher === undefined) throw new RangeError("no connection");
  try {
    for (const nc of subscribers) nc.subscribe("bench.>", { callback: () => undefined });
    await Promise.all(subscribers.map((nc) => nc.flush()));
    const pids = { nats: system.engines.nats.pid };
    const before = cpuOf(pids);
    const updates = await pace(load, (device, n) => {
      publisher.publish(`bench.${device}`, JSON.stringify({ state: { n, temp: n / 10 } }));
    });
    await publisher.flush();
    return (cpuSince(pids, before).nats * 1e6) / updates;
  } finally {
    await Promise.all(all.map((nc) => nc.close()));
  }
}

/** Publishes at the devices' rate for a while, evenly; answers how many updates it made. */
async function pace({ devices, ms }: Load, publish: (device: string, n: number) => void): Promise<number> {
  const begun = performance.now();
  let sent = 0;
  for (let now = begun; now - begun < ms; now = performance.now()) {
    const due = ((now - begun) / 1000) * devices * perS;
    for (; sent < due; sent++) publish(`d${sent % devices}`, Math.floor(sent / devices));
    await lasting(sliceMs);
  }
  return sent;
}

function complete(last: ReadonlyMap<string, number>, heard: ReadonlyMap<string, number>): boolean {
  return [...last].every(([device, n]) => heard.get(device) === n);
}

async function stored(system: System): Promise<Map<string, number>> {
  const states = new Map<string, number>();
  for (;;) {
    const path = `/devices?offset=${states.size}`;
    const { status, body } = await call<{ devices: Device[]; total: number; error?: string }>(
      system,
      "GET",
      path,
    );
    if (status !== 200) throw new Error(`devices not listed: ${status} ${body.error}`);
    for (const { device_id, state } of body.devices) states.set(device_id, Number(state.n));
    if (states.size >= body.total) return states;
  }
}

function pidsOf(system: System): Record<string, number> {
  const { nats, mongod } = system.engines;
  return { edge: system.edge(0).pid, actor: system.actor(0).pid, nats: nats.pid, mongod: mongod.pid };
}

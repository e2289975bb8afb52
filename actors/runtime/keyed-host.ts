import { jetstreamManager } from "@nats-io/jetstream";
import type { ActorContext } from "../actor-context.ts";
import type { KeyedGroup } from "./keyed-actor.ts";
import { KeyedRuntime } from "./keyed-runtime.ts";
import { Membership } from "./membership.ts";
import { serveMoves } from "./moves.ts";
import { watchReaders } from "./reader-watch.ts";
import { Restorer } from "./restorer.ts";

/** Share of the stop deadline after which running turns are aborted and handed over. */
const cutShare = 0.7;
/** Timeout of consumer requests, as their leader may be gone. */
const readerAnswerMs = 2_000;

/** Hosted partitions of a process, for readiness. */
export interface Hosting {
  /** Reason why messages are not being read; undefined if healthy. */
  problem(): string | undefined;
}

/**
 * Places the partitions of this process's groups; resolves when it holds its own. `drain`: stops work outside
 * the groups.
 */
export async function hostGroups(
  context: ActorContext,
  groups: readonly KeyedGroup[],
  drain: readonly (() => Promise<void>)[],
): Promise<Hosting> {
  const { nc, bus, js, log, lifecycle, settings, actorId, out, metrics } = context;
  const membership = new Membership(bus, actorId, log);
  const jsm = await jetstreamManager(nc, { checkAPI: false, timeout: readerAnswerMs });
  const runtimes = groups.map((group) => {
    return new KeyedRuntime({ bus, log, reading: { js, jsm, log } }, group, membership, settings.limits);
  });
  showHeld(context, runtimes);
  const cut = new AbortController();
  serveMoves(bus, actorId, runtimes, cut.signal);
  for (const runtime of runtimes) {
    runtime.group.hosted?.(() => runtime.actors());
    runtime.start();
  }
  membership.start();
  const restorer = new Restorer(log);
  let connected = true;
  const restore = (runtime: KeyedRuntime) =>
    restorer.run(runtime.group.name, async () => runtime.group.restore?.());
  const follow = async () => {
    for await (const { type } of nc.status()) {
      if (type === "disconnect") connected = false;
      if (type !== "reconnect") continue;
      connected = true;
      membership.resettle();
      restorer.run("OUT", () => out.restore());
      for (const runtime of runtimes) {
        restore(runtime);
        void runtime.reread();
      }
    }
  };
  void follow();
  const watch = watchReaders({ metrics, log, connected: () => connected, restore }, runtimes);
  lifecycle.onStop("keyed actors", async () => {
    watch.stop();
    restorer.stop();
    const timer = setTimeout(() => cut.abort(), settings.limits.stopMs * cutShare);
    membership.leave();
    await Promise.all([
      ...runtimes.map((runtime) => runtime.drain(cut.signal)),
      ...drain.map((end) => end()),
    ]);
    clearTimeout(timer);
    membership.stop();
  });
  await Promise.all(runtimes.map((runtime) => runtime.placed));
  return {
    problem: () => (connected ? (restorer.problem ?? watch.problem()) : "NATS is not connected"),
  };
}

function showHeld({ metrics }: ActorContext, runtimes: readonly KeyedRuntime[]): void {
  const held = metrics.gauge(
    "parley_partitions_held",
    "Partitions of this process, by group",
    ["group"],
    () => {
      for (const runtime of runtimes) held.set({ group: runtime.group.name }, runtime.held);
    },
  );
}

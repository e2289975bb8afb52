import type { ActorContext } from "../actor-context.ts";
import type { KeyedGroup } from "./keyed-actor.ts";
import { KeyedRuntime } from "./keyed-runtime.ts";
import { Membership } from "./membership.ts";
import { serveMoves } from "./moves.ts";

/** Share of the stop's deadline after which running turns are cut short and handed back. */
const cutShare = 0.7;

/**
 * Places the partitions of this process's groups; resolves when it holds its own. `drain` ends what runs beside them.
 */
export async function hostGroups(
  context: ActorContext,
  groups: readonly KeyedGroup[],
  drain: readonly (() => Promise<void>)[],
): Promise<void> {
  const { nc, js, jsm, log, lifecycle, settings, actorId, out } = context;
  const membership = new Membership(nc, actorId, log);
  const runtimes = groups.map((group) => {
    return new KeyedRuntime({ nc, js, jsm, log }, group, membership, settings.limits);
  });
  const held = context.metrics.gauge(
    "parley_partitions_held",
    "Partitions of this process, by group",
    ["group"],
    () => {
      for (const runtime of runtimes) held.set({ group: runtime.group.name }, runtime.held);
    },
  );
  const cut = new AbortController();
  serveMoves(nc, actorId, runtimes, cut.signal, log);
  for (const runtime of runtimes) {
    runtime.group.hosted?.(() => runtime.actors());
    runtime.start();
  }
  membership.start();
  const restore = async () => {
    membership.resettle();
    await out.restore();
    await Promise.all(
      runtimes.map(async (runtime) => {
        await runtime.group.restore?.();
        await runtime.reread();
      }),
    );
  };
  void (async () => {
    for await (const status of nc.status()) if (status.type === "reconnect") await restore();
  })();
  lifecycle.onStop("keyed actors", async () => {
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
}

import anyTest, { type TestFn } from "ava";
import { WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { type EdgeWorld, startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { notice } from "../../../_kit/worlds/stand-in.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  t.context = await startEdgeWorld();
});
test.after.always((t) => t.context.stop());

test("a socket that does not read is closed and the others go on", async (t) => {
  const { edge, actor } = t.context;
  const path = `/ws/chat?token=${mintToken("admin")}`;
  const slow = await WireSocket.open(t, edge.port, path);
  const good = await WireSocket.open(t, edge.port, path);
  await slow.frame({ type: "connected" });
  await good.frame({ type: "connected" });
  slow.ws.pause();
  const text = "x".repeat(60_000);
  const slowOnes = "parley_slow_consumers_total";
  let sent = 0;
  // The kernel takes some megabytes before anything waits in the server.
  while ((await edge.metric(slowOnes)) === 0 && sent < 2_000) {
    for (let i = 0; i < 10; i++, sent++) await actor.out("admin", notice(`${sent} ${text}`));
    await good.until(() => good.frames.length === sent + 1, `frame ${sent}`);
  }
  t.is(await edge.metric(slowOnes), 1);
  t.is(good.closed, undefined);
  slow.ws.resume();
  await slow.until(() => slow.closed, "closed");
  t.deepEqual(slow.closed, { code: 4008, reason: "slow_consumer" });
});

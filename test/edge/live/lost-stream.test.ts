import anyTest, { type TestFn } from "ava";
import { outStreamConfig } from "../../../infra/nats/stream-configs.ts";
import { streams } from "../../../schemas/messages/subjects.ts";
import { WireSocket } from "../../_kit/clients/wire-socket.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { type EdgeWorld, startEdgeWorld } from "../../_kit/worlds/edge-world.ts";
import { notice } from "../../_kit/worlds/stand-in.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<EdgeWorld>;
const path = `/ws/chat?token=${mintToken("admin")}&session_id=s`;

test.before(async (t) => {
  t.context = await startEdgeWorld();
});
test.after.always((t) => t.context.stop());

test.serial(
  "a stream that lost its content while the connection stood: told once, frames follow",
  async (t) => {
    const { edge, actor } = t.context;
    const socket = await WireSocket.open(t, edge.port, path);
    await socket.frame({ type: "connected" });
    for (const text of ["a", "b", "c"]) await actor.out("admin", notice(text));
    await socket.until(() => socket.frames.length === 4, "three frames");
    const { epoch } = socket.frames[0] ?? {};
    const position = `${epoch}-${socket.frames[3]?.seq}`;
    await actor.jsm.streams.delete(streams.out);
    await actor.jsm.streams.add(outStreamConfig());
    // Nothing is sent: the edge looks by itself.
    await socket.until(() => socket.frames[4]?.type === "connected", "told");
    t.like(socket.frames[4], { recovered: false });
    t.not(socket.frames[4]?.epoch, epoch);
    // The new sequences are lower than those that were seen.
    await actor.out("admin", notice("after"));
    await socket.until(() => socket.frames.length === 6, "the frame after");
    const late = await WireSocket.open(t, edge.port, `${path}&resume=${position}`);
    t.like(await late.frame({ type: "connected" }), { recovered: false, epoch: socket.frames[4]?.epoch });
  },
);

test.serial("two edges name the life of the stream alike", async (t) => {
  const { edge, another, actor } = t.context;
  await actor.jsm.streams.delete(streams.out);
  const other = await another();
  const epochs = await eventually(
    async () => {
      const frames = await Promise.all(
        [edge, other].map(async ({ port }) => {
          const socket = await WireSocket.open(t, port, path);
          return socket.refused ? undefined : (await socket.frame({ type: "connected" })).epoch;
        }),
      );
      return frames[0] !== undefined && frames[0] === frames[1] && frames;
    },
    20_000,
    "one epoch",
  );
  t.is(epochs[0], epochs[1]);
});

test.serial(
  "the stream of frames does not answer: a new socket hears so, and what it sends is refused",
  async (t) => {
    const { edge, engines } = t.context;
    await engines.nats.kill("SIGSTOP");
    const socket = await WireSocket.open(t, edge.port, path);
    if (socket.refused === undefined) {
      socket.send({ type: "message", content: "is anybody there?", client_msg_id: "m1" });
      t.like(await socket.frame({ type: "error" }), {
        errorType: "storage_unavailable",
        client_msg_id: "m1",
      });
    }
    const refused = await eventually(
      async () => (await WireSocket.open(t, edge.port, path)).refused,
      15_000,
      "refused before the upgrade",
    );
    t.is(refused.status, 503);
    t.is(refused.body.errorType, "storage_unavailable");
    await engines.nats.kill("SIGCONT");
  },
);

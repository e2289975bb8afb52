import anyTest, { type TestFn } from "ava";
import { streams, subjects } from "../../schemas/subjects.ts";
import { type EdgeWorld, startEdgeWorld } from "../_kit/edge-world.ts";
import { echoOf } from "../_kit/stand-in.ts";
import { mintToken } from "../_kit/token.ts";
import { eventually } from "../_kit/waiting.ts";
import { WireSocket } from "../_kit/wire-socket.ts";

const test = anyTest as TestFn<EdgeWorld>;

test.before(async (t) => {
  t.context = await startEdgeWorld({
    LIMIT_USER_SESSIONS: "8",
    LIMIT_USER_MESSAGES_PER_S: "1",
    LIMIT_USER_BURST: "100",
    LIMIT_RATE_REPORT_MS: "10",
  });
  const { actor } = t.context;
  actor.onInput = (input) => void actor.out(input.user, echoOf(input));
});
test.after.always((t) => t.context.stop());

const path = `/ws/chat?token=${mintToken("admin")}&session_id=s`;
let sent = 0;

/** Sends a message; answers the `errorType` that refused it, or "accepted". */
async function send(socket: WireSocket, session: string): Promise<string> {
  const client_msg_id = `m${++sent}`;
  socket.send({ type: "message", session_id: session, content: "hello", client_msg_id });
  const frame = await socket.frame({ client_msg_id });
  return (frame.type === "error" ? frame.errorType : frame.type) as string;
}

test.serial("a user has so many sessions with unfinished messages at a time, over all edges", async (t) => {
  const { edge, actor, another } = t.context;
  const other = await another();
  const [one, two] = [await WireSocket.open(t, edge.port, path), await WireSocket.open(t, other.port, path)];
  for (let count = 0; count < 4; count++) {
    t.is(await send(one, `a${count}`), "accepted");
    t.is(await send(two, `b${count}`), "accepted");
  }
  // Each edge has looked by now, or does so at once.
  await eventually(async () => (await send(one, "a-more")) === "rate_limited", 10_000, "a refusal of one");
  await eventually(
    async () => (await send(two, "b-more")) === "rate_limited",
    10_000,
    "a refusal of the other",
  );
  t.is(await send(one, "a0"), "accepted");
  const refused = one.frames.find(({ errorType }) => errorType === "rate_limited");
  t.like(refused, { error: "未完成的会话过多", session_id: "a-more" });
  t.true(actor.inputs.every(({ session }) => session !== "never"));
  await actor.jsm.streams.purge(streams.sessions, { filter: subjects.sessionInOfUser("admin") });
  await eventually(async () => (await send(one, "later")) === "accepted", 10_000, "an end of the refusals");
});

test.serial("what a user sends to one edge counts at the others", async (t) => {
  const { edge, another } = t.context;
  const other = await another();
  const [one, two] = [await WireSocket.open(t, edge.port, path), await WireSocket.open(t, other.port, path)];
  let taken = 0;
  while ((await send(one, "s")) === "accepted") taken += 1;
  t.true(taken > 20 && taken < 130, `${taken}`);
  await eventually(async () => (await send(two, "s")) === "rate_limited", 10_000, "a refusal of the other");
  const here = two.frames.filter(({ type }) => type === "accepted").length;
  t.true(here < 40, `${here} more`);
});

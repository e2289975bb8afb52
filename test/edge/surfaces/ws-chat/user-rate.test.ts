import test from "ava";
import { WireSocket } from "../../../_kit/clients/wire-socket.ts";
import { startEdgeWorld } from "../../../_kit/worlds/edge-world.ts";
import { echoOf } from "../../../_kit/worlds/stand-in.ts";
import { mintToken } from "../../../_kit/worlds/token.ts";

const burst = 200;

/** Sends so many messages at once; answers how many were taken. */
async function flood(socket: WireSocket, name: string, count: number): Promise<number> {
  for (let index = 0; index < count; index++) {
    const client_msg_id = `${name}${index}`;
    socket.send({ type: "message", session_id: `${name}${index % 4}`, content: "hello", client_msg_id });
  }
  const mine = () => socket.frames.filter(({ client_msg_id }) => client_msg_id?.startsWith(name));
  await socket.until(() => mine().length >= count, `${count} answers`, 30_000);
  for (const { type, errorType } of mine())
    if (type === "error" && errorType !== "rate_limited") throw new Error(String(errorType));
  return mine().filter(({ type }) => type === "accepted").length;
}

test("what a user sends to one edge counts at the others", async (t) => {
  const { edge, actor, another, stop } = await startEdgeWorld({
    LIMIT_USER_MESSAGES_PER_S: "1",
    LIMIT_USER_BURST: String(burst),
    LIMIT_RATE_REPORT_MS: "10",
  });
  t.teardown(stop);
  actor.onInput = (input) => void actor.out(input.user, echoOf(input));
  const other = await another();
  const path = (session: string) => `/ws/chat?token=${mintToken("admin")}&session_id=${session}`;
  const one = await WireSocket.open(t, edge.port, path("one"));
  const two = await WireSocket.open(t, other.port, path("two"));
  const first = await flood(one, "one", burst + 50);
  t.true(first >= burst && first < burst + 50, `${first} of ${burst}`);
  const second = await flood(two, "two", burst);
  t.true(second < burst / 2, `${second} more`);
});

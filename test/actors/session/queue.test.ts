import anyTest, { type ExecutionContext, type TestFn } from "ava";
import type { HistoryMessage } from "../../../schemas/documents/message.ts";
import type { QueueItem } from "../../../schemas/wire/session-frames.ts";
import { call } from "../../_kit/clients/rest.ts";
import { type AnyFrame, WireSocket } from "../../_kit/clients/wire-socket.ts";
import { type System, startSystem } from "../../_kit/worlds/system.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ system: System }>;

test.before(async (t) => {
  t.context = { system: await startSystem({ edges: 1, actors: 1, env: { OPENAI_MODEL: "slow:2x10" } }) };
});
test.after.always((t) => t.context.system?.stop());

const items = async (system: System, session: string) =>
  (await call<{ items: QueueItem[] }>(system, "GET", `/sessions/${session}/queue`)).body.items;
const change = (system: System, session: string, id: string | undefined, body: unknown) =>
  call(system, "PATCH", `/sessions/${session}/queue/${id}`, body);
const texts = async (system: System, session: string) => {
  const { body } = await call<{ messages: HistoryMessage[] }>(system, "GET", `/sessions/${session}/messages`);
  return body.messages.filter(({ role }) => role === "user").map(({ content }) => content);
};

/** Two devices in a session whose first message runs long, with four messages behind it. */
async function busySession(t: ExecutionContext<{ system: System }>, session: string) {
  const { system } = t.context;
  const path = `/ws/chat?token=${mintToken("admin")}&session_id=${session}`;
  const port = system.edge(0).port;
  const [phone, desk] = await Promise.all([WireSocket.open(t, port, path), WireSocket.open(t, port, path)]);
  await Promise.all([phone, desk].map((socket) => socket.frame({ type: "connected" })));
  phone.send({ type: "message", content: "first", client_msg_id: `${session}0`, model: "ena-test:2x30000" });
  await phone.frame({ type: "stream_start", client_msg_id: `${session}0` });
  for (const index of [1, 2, 3, 4]) {
    phone.send({ type: "message", content: `m${index}`, client_msg_id: `${session}${index}` });
    await phone.frame({ type: "accepted", client_msg_id: `${session}${index}` });
  }
  const waiting = await items(system, session);
  t.deepEqual(
    waiting.map(({ content, queue_position }) => [content, queue_position]),
    [1, 2, 3, 4].map((index) => [`m${index}`, index]),
  );
  const end = (index: number) =>
    desk.frame({ type: "stream_end", session_id: session, client_msg_id: `${session}${index}` });
  const stop = () => phone.send({ type: "stop" });
  return { system, phone, desk, ids: waiting.map(({ message_id }) => message_id), end, stop };
}

const queues = (socket: WireSocket, session: string) =>
  socket.frames.filter((frame: AnyFrame) => frame.type === "queue" && frame.session_id === session);

test.serial(
  "two devices edit, move and cancel; both see the queue, and the turns run as it stands then",
  async (t) => {
    const { system, phone, desk, ids, end, stop } = await busySession(t, "q");
    phone.send({ type: "queue" });
    t.is(((await phone.frame({ type: "queue" })).items as unknown[]).length, 4);
    phone.send({ type: "queue_edit", message_id: ids[1], content: "edited by the phone" });
    desk.send({ type: "queue_move", message_id: ids[3], position: 1 });
    await desk.until(() => queues(desk, "q")[1], "two changes");
    t.is((await change(system, "q", ids[1], { content: "edited last" })).status, 200);
    t.is((await call(system, "DELETE", `/sessions/q/queue/${ids[2]}`)).status, 200);
    const shown = await desk.until(() => queues(desk, "q")[3], "four changes");
    const expected = ["m4", "m1", "edited last"];
    t.deepEqual(
      (shown.items as QueueItem[]).map(({ content }) => content),
      expected,
    );
    t.deepEqual(
      (await items(system, "q")).map(({ content }) => content),
      expected,
    );
    stop();
    await Promise.all([1, 2, 3, 4].map(end));
    t.is((await end(3)).finish_reason, "cancelled");
    const {
      accepted_at = 0,
      started_at = 0,
      first_token_at = 0,
      committed_at = 0,
    } = (await end(1)).timing as Record<string, number>;
    const times = [1, accepted_at, started_at, first_token_at, committed_at];
    t.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      "the times of a turn in their order",
    );
    t.deepEqual(await texts(system, "q"), ["first", "m4", "m1", "edited last"]);
    t.deepEqual(await items(system, "q"), []);
  },
);

test.serial(
  "what has begun, is finished or was never there can't be changed, and the sender hears why",
  async (t) => {
    const { system, phone, ids, end, stop } = await busySession(t, "begun");
    const { body } = await call<{ messages: HistoryMessage[] }>(system, "GET", "/sessions/begun/messages");
    const running = body.messages.find(({ status }) => status === "processing")?.message_id;
    const refused = await change(system, "begun", running, { content: "too late" });
    t.is(refused.status, 409);
    t.is(refused.body.errorType, "turn_started");
    phone.send({ type: "queue_cancel", message_id: running });
    t.like(await phone.frame({ type: "error", errorType: "turn_started" }), { message_id: running });
    t.is((await change(system, "begun", "unknown", { content: "x" })).status, 404);
    t.is((await change(system, "begun", ids[0], {})).status, 400);
    t.is((await change(system, "begun", ids[0], { content: "" })).status, 400);
    const other = await call(system, "PATCH", `/sessions/begun/queue/${ids[0]}`, { content: "x" }, "eve");
    t.is(other.status, 404, "another user's queue");
    stop();
    await end(4);
    t.is((await change(system, "begun", ids[0], { content: "x" })).status, 409);
  },
);

test.serial("changes outlive kill -9 between the edit and the turn", async (t) => {
  const { system, ids, end } = await busySession(t, "crash");
  t.is(
    (await change(system, "crash", ids[3], { content: "edited before the crash", position: 1 })).status,
    200,
  );
  t.is((await call(system, "DELETE", `/sessions/crash/queue/${ids[0]}`)).status, 200);
  const actor = system.actor(0);
  actor.kill("SIGKILL");
  await actor.exit();
  await actor.start();
  t.deepEqual(
    (await items(system, "crash")).map(({ content }) => content),
    ["edited before the crash", "m2", "m3"],
  );
  const [running] = (await call<{ messages: HistoryMessage[] }>(system, "GET", "/sessions/crash/messages"))
    .body.messages;
  t.is(running?.status, "processing");
  (await system.client("stopper", { session: "crash" })).raw({ type: "stop" });
  await Promise.all([1, 2, 3, 4].map(end));
  t.deepEqual(await texts(system, "crash"), ["first", "edited before the crash", "m2", "m3"]);
});

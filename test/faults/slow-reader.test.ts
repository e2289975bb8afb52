import test from "ava";
import { underLoad } from "../_kit/worlds/scenario.ts";

const bulk = "x".repeat(60_000);
const bulkMessages = 60;

test("a socket that never reads is dropped, and the others don't notice", async (t) => {
  const { system, clients, load, finish } = await underLoad(t, {
    sessions: 4,
    env: { OPENAI_MODEL: "context:4x10" },
  });
  const slow = await system.client("slow", { edge: 0 });
  await load.progress(10);
  slow.stopReading();
  const [writer] = clients;
  if (writer === undefined) throw new Error("no client");
  for (let count = 0; count < bulkMessages; count++) {
    const send = await writer.send(`admin: ${bulk}`, { session: "bulk", model: "ena-test" });
    t.is(send.outcome, "accepted");
    await writer.until(() => writer.view.finished.has(send.client_msg_id), "a bulk reply");
  }
  await load.progress(10);
  const dropped = await fetch(`${system.url(0)}/health`).then((response) => response.json());
  t.is(
    (dropped as { ws_connections: number }).ws_connections,
    1,
    "only the reading client of this edge is left",
  );
  for (const { closes } of clients) t.deepEqual(closes, []);
  slow.readOn();
  const close = await slow.until(() => slow.closes[0], "the end of the slow socket");
  t.true([4008, 1006].includes(close.code), `closed with ${close.code} ${close.reason}`);
  await finish();
});

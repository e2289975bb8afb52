import test from "ava";
import { seedFromEnvironment } from "../_kit/judge/seed.ts";
import { assertPromises, startFor } from "../_kit/worlds/scenario.ts";

const flood = 2_000;
const cap = 200;

test("2,000 messages at once into one session: accepted up to the cap of unfinished ones, in order", async (t) => {
  const seed = seedFromEnvironment();
  t.log(`seed ${seed.value}`);
  const system = await startFor(t, { env: { OPENAI_MODEL: "context:2x5" } });
  const client = await system.client("one");
  const sends = Array.from({ length: flood }, (_, index) =>
    client.post(`admin: ${index}`, { session: "flood" }),
  );
  await client.settled(120_000);
  const refused = sends.filter(({ outcome }) => outcome !== "accepted");
  t.deepEqual([...new Set(refused.map(({ outcome }) => outcome))], ["session_queue_full"]);
  const accepted = sends.length - refused.length;
  t.true(accepted >= cap, `${accepted} accepted`);
  t.log(`${accepted} accepted, ${refused.length} refused`);
  const positions = client.frames.flatMap(({ frame }) =>
    frame.type === "queued" ? [frame.queue_position] : [],
  );
  t.true(Math.max(...positions) < cap, `queue position ${Math.max(...positions)}`);
  const late = await client.send("admin: after the flood", { session: "flood" });
  t.is(late.outcome, "accepted");
  await client.settled(60_000);
  await assertPromises(t, system, { seed, clients: [client] });
});

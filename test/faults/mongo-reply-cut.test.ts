import test from "ava";
import { collections } from "../../schemas/documents/collections.ts";
import { rounds, underLoad } from "../_kit/worlds/scenario.ts";

test("a commit whose reply is lost is committed once", async (t) => {
  const { system, load, finish } = await underLoad(t, { proxyMongo: true });
  for (let round = 0; round < 3 * rounds; round++) {
    await load.progress(10);
    await system.proxy?.cutReply(["insert", collections.turns, "run_id"], 60_000);
    await load.progress(10);
  }
  for (const actor of system.actors) t.true(actor.running, actor.name);
  await finish();
});

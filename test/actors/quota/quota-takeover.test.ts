import test from "ava";
import { quotaSchema } from "../../../schemas/documents/quota.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a turn that starts again after its process was killed is counted once", async (t) => {
  const system = await startSystem({
    edges: 1,
    actors: 1,
    // A model that takes facts from the turn reserves tokens, too, while it does.
    env: { QUOTA_DAY_MESSAGES: "5", QUOTA_DAY_TOKENS: "9000", MEMORY_EXTRACTION: "patterns" },
  });
  t.teardown(() => system.stop());
  const figures = async () =>
    quotaSchema.parse(await (await system.request("GET", "/api/v1/quota")).json()).day;
  const client = await system.client("quota", { session: "s" });
  const { client_msg_id } = await client.send("count me", { model: "ena-test:20x100" });
  await client.frame((frame) => frame.type === "stream_chunk", "the first chunk");
  t.is((await figures()).messages, 1, "reserved");
  await system.actor(0).destroy();
  await system.actor(0).start();
  await client.frame(
    (frame) => frame.type === "stream_end" && frame.client_msg_id === client_msg_id,
    "the end of the second attempt",
  );
  const { messages, tokens } = await figures();
  t.is(messages, 1);
  // What was reserved for the reply is given back.
  t.true(tokens > 0 && tokens < 256, `${tokens} tokens`);
});

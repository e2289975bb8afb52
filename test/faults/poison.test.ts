import test from "ava";
import { underLoad } from "../_kit/worlds/scenario.ts";

test("a message that crashes its process fails alone, and 50 turns beside it succeed", async (t) => {
  const env = { PARLEY_FAILPOINTS: "turn=poisonous" };
  const { system, clients, load, finish } = await underLoad(t, { sessions: 50, window: 1, messages: 3, env });
  system.supervise();
  const [client] = clients;
  if (client === undefined) throw new Error("no client");
  const send = await client.send("admin: poisonous", { session: "poisoned" });
  t.is(send.outcome, "accepted");
  await client.until(
    () => client.view.finished.has(send.client_msg_id),
    "the end of the poisonous message",
    240_000,
  );
  const after = await client.send("admin: harmless", { session: "poisoned" });
  await client.until(() => client.view.finished.has(after.client_msg_id), "the message behind it", 60_000);
  await load.settle(120_000);
  await finish({ mayFail: (content) => content.includes("poisonous") });
  const failed = client.frames.filter(
    ({ frame }) => frame.type === "stream_end" && frame.finish_reason === "failed",
  );
  t.true(failed.length <= 1, "at most the poisonous one is shown as failed");
});

import test from "ava";
import { Lifecycle } from "../../infra/lifecycle.ts";
import { createLogger } from "../../infra/log.ts";

test("a stop runs every step once, in reverse order, also after one that fails", async (t) => {
  const lifecycle = new Lifecycle(createLogger("test", { logLevel: "silent" }), 5_000);
  const ran: string[] = [];
  lifecycle.onStop("first", () => void ran.push("first"));
  lifecycle.onStop("second", () => Promise.reject(new Error("no")));
  lifecycle.onStop("third", () => void ran.push("third"));
  t.false(lifecycle.stopping);
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  await lifecycle.stop();
  t.true(lifecycle.stopping);
  t.deepEqual(ran, ["third", "first"]);
});

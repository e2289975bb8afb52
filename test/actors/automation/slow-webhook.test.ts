import test from "ava";
import { WebHook } from "../../_kit/fakes/web-hook.ts";
import { ended, makeRule, trigger } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a webhook that does not answer in time is tried again, with the same key", async (t) => {
  const hook = await WebHook.start();
  t.teardown(() => hook.stop());
  const env = { ALLOW_PRIVATE_URLS: "true", LIMIT_STEP_MS: "1000" };
  const system = await startSystem({ edges: 1, actors: 1, env });
  t.teardown(() => system.stop());
  let left = 1;
  hook.answer = ({ path }) => (path === "/never" || left-- > 0 ? undefined : 200);

  const slow = await makeRule(system, "slow", { actions: { type: "webhook", url: `${hook.url}/slow` } });
  await trigger(system, slow);
  t.like(await ended(system, slow), { status: "succeeded", steps: [{ attempts: 2 }] });
  t.is(new Set(hook.calls.map(({ key }) => key)).size, 1);
  const never = await makeRule(system, "never", { actions: { type: "webhook", url: `${hook.url}/never` } });
  await trigger(system, never);
  const run = await ended(system, never);
  t.like(run, { status: "failed", steps: [{ attempts: 3, status: "failed" }] });
  t.regex(run.reason ?? "", /step 1 \(webhook\): webhook: 未在时限内回复/);
});

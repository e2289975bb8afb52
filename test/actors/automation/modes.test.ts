import test from "ava";
import { WebHook } from "../../_kit/fakes/web-hook.ts";
import { ended, makeRule, runsOf, trigger } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a rule's mode says what a run does while an earlier one is not finished; failing steps are tried again", async (t) => {
  const hook = await WebHook.start();
  t.teardown(() => hook.stop());
  const system = await startSystem({ edges: 1, actors: 1, env: { ALLOW_PRIVATE_URLS: "true" } });
  t.teardown(() => system.stop());
  const rule = (mode: string) =>
    makeRule(system, mode, { actions: { mode, steps: [{ type: "webhook", url: `${hook.url}/${mode}` }] } });

  hook.answer = () => undefined;
  const single = await rule("single");
  await trigger(system, single);
  await hook.got("/single");
  await trigger(system, single);
  const restart = await rule("restart");
  await trigger(system, restart);
  await hook.got("/restart");
  const parallel = await rule("parallel");
  await trigger(system, parallel);
  await trigger(system, parallel);
  await hook.got("/parallel", 2);
  t.is((await runsOf(system, parallel)).filter(({ status }) => status === "running").length, 2);

  hook.answer = () => 200;
  await trigger(system, restart);
  t.is((await ended(system, restart, 2)).status, "succeeded");
  const [, replaced] = await runsOf(system, restart);
  t.is(replaced?.status, "failed");
  t.regex(replaced?.reason ?? "", /a later run/);
  const singles = await runsOf(system, single);
  t.deepEqual(
    singles.map(({ status, reason }) => [status, reason]),
    [
      ["skipped", "an earlier run is not finished"],
      ["running", undefined],
    ],
  );

  let left = 2;
  hook.answer = ({ path }) => (path === "/flaky" && left-- > 0 ? 503 : path === "/gone" ? 410 : 200);
  const flaky = await rule("flaky");
  await trigger(system, flaky);
  t.like(await ended(system, flaky), { status: "succeeded", steps: [{ attempts: 3 }] });
  const gone = await rule("gone");
  await trigger(system, gone);
  t.regex((await ended(system, gone)).reason ?? "", /webhook answered 410/);
  t.is(hook.calls.filter(({ path }) => path === "/gone").length, 1);
});

import test from "ava";
import { WebHook } from "../../_kit/fakes/web-hook.ts";
import { ended, makeRule, runsOf, trigger } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a run survives a kill -9 of the process that makes it; steps that succeeded are not done again", async (t) => {
  const hook = await WebHook.start();
  t.teardown(() => hook.stop());
  const system = await startSystem({ edges: 1, actors: 2, env: { ALLOW_PRIVATE_URLS: "true" } });
  t.teardown(() => system.stop());
  const rule = await makeRule(system, "chain", {
    actions: {
      steps: ["/first", "/hangs", "/last"].map((path) => ({
        type: "webhook",
        url: `${hook.url}${path}`,
        body: { path },
      })),
    },
  });
  hook.answer = ({ path }) => (path === "/hangs" ? undefined : 200);
  await trigger(system, rule);
  await trigger(system, rule);
  await hook.got("/hangs");
  t.is((await runsOf(system, rule)).length, 1, "the second run waits for the first");

  hook.answer = () => 200;
  for (const actor of system.actors) actor.kill("SIGKILL");
  await Promise.all(system.actors.map((actor) => actor.exit()));
  await Promise.all(system.actors.map((actor) => actor.start()));
  t.is((await ended(system, rule, 2, 40_000)).status, "succeeded");
  const [second, first] = await runsOf(system, rule);
  t.deepEqual([first?.status, second?.status], ["succeeded", "succeeded"]);
  t.deepEqual(
    hook.calls.map(({ path }) => path),
    ["/first", "/hangs", "/hangs", "/last", "/first", "/hangs", "/last"],
  );
  const hangs = hook.calls.filter(({ path }) => path === "/hangs").map(({ key }) => key);
  t.is(hangs[0], hangs[1], "an attempt that is made again has the same key");
  t.not(hangs[1], hangs[2]);
  t.is(first?.steps[1]?.attempts, 2);
});

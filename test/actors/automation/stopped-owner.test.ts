import test from "ava";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { WebHook } from "../../_kit/fakes/web-hook.ts";
import { ended, makeRule, trigger } from "../../_kit/worlds/automation.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a process that was stopped in the middle of a run does none of what another has done meanwhile", async (t) => {
  const hook = await WebHook.start();
  t.teardown(() => hook.stop());
  const system = await startSystem({ edges: 1, actors: 2, env: { ALLOW_PRIVATE_URLS: "true" } });
  t.teardown(() => system.stop());
  const rule = await makeRule(system, "chain", {
    actions: {
      steps: ["/first", "/second", "/last"].map((path) => ({ type: "webhook", url: `${hook.url}${path}` })),
    },
  });
  hook.answer = () => undefined;
  await trigger(system, rule);
  await hook.got("/first");

  const partition = Number(subjects.runIn("admin", rule.id).split(".")[2]);
  const owner = system.actors.find((actor) =>
    actor.log.some(
      ({ fields }) =>
        fields.msg === "partition taken" && fields.group === "automation" && fields.partition === partition,
    ),
  );
  if (owner === undefined) return t.fail("nobody owns the rule");
  owner.kill("SIGSTOP");
  hook.answer = () => 200;
  const run = await ended(system, rule, 1, 60_000);
  t.is(run.status, "succeeded");
  t.is(run.steps[0]?.attempts, 2);
  owner.kill("SIGCONT");
  const said = new Set(["partition lost", "run attempt failed", "run not removed from the log"]);
  await owner.logged(({ fields }) => said.has(String(fields.msg)), 60_000, "that the run is not its own");

  await trigger(system, rule);
  await ended(system, rule, 2, 60_000);
  t.deepEqual(
    hook.calls.map(({ path }) => path),
    ["/first", "/first", "/second", "/last", "/first", "/second", "/last"],
  );
});

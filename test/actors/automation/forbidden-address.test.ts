import test from "ava";
import { call } from "../../_kit/clients/rest.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("rules can't be made to call where only the server itself could go", async (t) => {
  const system = await startSystem({ edges: 1, actors: 1 });
  t.teardown(() => system.stop());
  const notify = { type: "notify", title: "x" };
  const bad = { type: "webhook", url: "http://127.0.0.1:1/" };
  const named = (actions: unknown) => ({ name: "x", trigger_type: "manual", actions });
  const refused = async (method: string, path: string, body: unknown) => {
    const answer = await call<{ errorType?: string }>(system, method, `/automation/${path}`, body);
    t.deepEqual([answer.status, answer.body.errorType], [400, "url_not_allowed"], `${method} ${path}`);
  };
  for (const actions of [bad, [notify, bad], { steps: [notify, bad] }])
    await refused("POST", "rules", named(actions));
  const { body } = await call<{ rule: { id: string } }>(system, "POST", "/automation/rules", named(notify));
  await refused("PUT", `rules/${body.rule.id}`, { actions: bad });
  const rules = await call<{ count: number }>(system, "GET", "/automation/rules");
  t.is(rules.body.count, 1);
});

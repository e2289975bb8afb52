import test from "ava";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

test("without a memory actor every memory endpoint answers 502 at once, and chat goes on", async (t) => {
  const api = await Api.start({
    actorCommand: rolesCommand("account", "session"),
  });
  t.teardown(() => api.stop());
  const user = { user: "admin" };
  for (const [method, path, body] of [
    ["GET", "/api/v1/memory"],
    ["GET", "/api/v1/memory/search?q=x"],
    ["POST", "/api/v1/memory", { content: "x" }],
    ["DELETE", "/api/v1/memory?id=x"],
  ] as const) {
    const at = performance.now();
    const answer = await api.call(method, path, user, body);
    t.is(answer.status, 502);
    t.is(answer.body.errorType, "memory_service_unreachable");
    t.truthy(answer.headers.get("retry-after"));
    t.regex(String(answer.body.error), /^Memory-Service 不可达/);
    t.true(performance.now() - at < 2_000);
  }
  const client = await api.system.client("a");
  const sent = await client.send("my name is Anna", { model: "ena-test" });
  t.is(sent.outcome, "accepted");
  await client.settled(20_000);
});

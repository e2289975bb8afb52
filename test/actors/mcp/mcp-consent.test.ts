import test from "ava";
import { call } from "../../_kit/clients/rest.ts";
import { startMcpHttp } from "../../_kit/fakes/mcp-http.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { startSystem } from "../../_kit/worlds/system.ts";

test("a turn over text of others asks before it calls another server's tool, unless the tool only reads", async (t) => {
  const fake = await startMcpHttp("mcp-secret");
  t.teardown(() => fake.close());
  const key = "a key of the tests";
  const env = { OPENAI_MODEL: "call:1x1", WEBHOOK_KEY: key };
  const system = await startSystem({ edges: 1, actors: 1, env });
  t.teardown(() => system.stop());
  const headers = { Authorization: "Bearer mcp-secret" };
  const server = { transport: "http", url: fake.url, users: "all", headers };
  t.is((await call(system, "POST", "/admin/mcp/servers/fake", server)).status, 200);

  const said = async (message: string): Promise<string> => {
    const response = await fetch(`${system.url()}/webhook/generic`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-webhook-key": key },
      body: JSON.stringify({ user_id: "eve", session_id: "s_eve", message }),
    });
    return String(((await response.json()) as { reply?: unknown }).reply);
  };
  const asked = () =>
    eventually(
      async () => {
        const { body } = await call<{ approvals?: { approval_id: string; tool_name: string }[] }>(
          system,
          "GET",
          "/approvals",
          undefined,
          "ext_eve",
        );
        return body.approvals?.[0] ?? false;
      },
      20_000,
      "an approval",
    );

  for (const [decision, sum, result] of [
    ["deny", 5, /denied/],
    ["once", 7, /sum 7/],
  ] as const) {
    const reply = said(`fake_add_numbers {"a":2,"b":${sum - 2}}`);
    const { approval_id, tool_name } = await asked();
    t.is(tool_name, "fake_add_numbers");
    t.is((await call(system, "POST", `/approvals/${approval_id}`, { decision }, "ext_eve")).status, 200);
    t.regex(await reply, result);
  }
  t.regex(await said("fake_read {}"), /read it/);
});

import test from "ava";
import { MongoClient } from "mongodb";
import { Api } from "../../_kit/worlds/api.ts";

const admin = { user: "admin" };
const root = "/api/v1/admin/models";
const key = "sk-secret-key-of-the-tests-abcd";

test("providers: keys are encrypted at rest, masked when shown, kept by their mask, and never follow a new base URL", async (t) => {
  const api = await Api.start();
  t.teardown(() => api.stop());
  const upstream = `http://127.0.0.1:${api.system.upstream.port}/v1`;
  const save = (body: object) => api.call("POST", `${root}/providers/up`, admin, body);
  const shown = async () => (await api.call("GET", `${root}/providers`, admin)).body;
  const authorization = async () => {
    const from = `http://127.0.0.1:${api.system.upstream.port}/calls`;
    const calls = (await (await fetch(from)).json()) as { authorization?: string }[];
    return calls.at(-1)?.authorization;
  };

  t.is((await api.call("GET", `${root}/providers`, { user: "someone" })).status, 403);
  t.is((await api.call("GET", `${root}/providers`, null)).status, 401);
  const saved = await save({ name: "up", base_url: upstream, api_key: key });
  t.is(saved.status, 200);
  t.deepEqual(saved.body as object, { status: "saved", name: "up" });
  const masked = { name: "up", base_url: upstream, api_key: "sk-…abcd" };
  t.deepEqual(await shown(), { providers: [masked], total: 1 } as never);

  const mongo = await MongoClient.connect(api.system.engines.mongodbUri);
  t.teardown(() => mongo.close());
  const stored = await mongo.db("parley").collection("model_providers").find().toArray();
  t.is(stored.length, 1);
  t.false(JSON.stringify(stored).includes(key));

  await save(masked);
  await api.call("POST", `${root}/models/m`, admin, { name: "slow", provider: "up" });
  const probed = await api.call("POST", `${root}/health-check`, admin, { provider: "up" });
  t.is(probed.status, 200, probed.text);
  t.is(probed.body.message, "Provider 配置已保存,连接测试请通过实际 LLM 调用验证");
  t.is(probed.body.provider, "up");
  t.is(probed.body.ok, true, probed.text);
  t.is(typeof probed.body.latency_ms, "number");
  t.is(await authorization(), `Bearer ${key}`, "the mask kept the key");

  const elsewhere = `http://localhost:${api.system.upstream.port}/v1`;
  t.is((await save({ ...masked, base_url: elsewhere })).status, 200);
  t.deepEqual((await shown()).providers, [{ name: "up", base_url: elsewhere, api_key: "" }] as never);
  await api.call("POST", `${root}/health-check`, admin, { provider: "up" });
  t.is(await authorization(), undefined, "a new base URL gets no key");

  t.is((await api.call("POST", `${root}/providers/new`, admin, { api_key: key })).status, 400, "no base URL");
  const wrong = [
    { base_url: 5 },
    { base_url: "ftp://x" },
    { base_url: elsewhere, api_key: "sk-…zzzz" },
    { base_url: elsewhere, name: "other" },
  ];
  for (const body of wrong) t.is((await save(body)).status, 400, JSON.stringify(body));
  t.is((await api.call("POST", `${root}/health-check`, admin, {})).status, 400);
  t.is((await api.call("POST", `${root}/health-check`, admin, { provider: "none" })).status, 404);

  const listed = await api.call("GET", `${root}/fetch-models/up`, admin);
  t.is(listed.status, 200, listed.text);
  t.true((listed.body.models as { id: string }[]).some(({ id }) => id === "slow"));
  const query = `url=${encodeURIComponent(`${elsewhere}/models`)}`;
  t.is((await api.call("GET", `${root}/fetch-models/up?${query}`, admin)).status, 200);
  const foreign = await api.call("GET", `${root}/fetch-models/up?url=${encodeURIComponent(upstream)}`, admin);
  t.is(foreign.status, 400);
  t.is(foreign.body.errorType, "url_not_allowed");

  t.deepEqual((await api.call("DELETE", `${root}/providers/up`, admin)).body as object, {
    status: "deleted",
    name: "up",
  });
  t.is((await api.call("DELETE", `${root}/providers/up`, admin)).status, 404);
});

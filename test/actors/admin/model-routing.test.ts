import test from "ava";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";

const admin = { user: "admin" };
const root = "/api/v1/admin/models";

interface End {
  text: string;
  finish_reason: string;
}

test("models and routes: all processes follow within a second or so, a chain falls back and says so", async (t) => {
  // No provider in the environment: what answers is the built-in model.
  const api = await Api.start({
    actors: 2,
    env: { OPENAI_BASE_URL: "", OPENAI_API_KEY: "", OPENAI_MODEL: "" },
  });
  t.teardown(() => api.stop());
  const upstream = `http://127.0.0.1:${api.system.upstream.port}/v1`;
  const client = await api.system.client("c");
  const info = async (action: string) =>
    (await client.frame(
      (frame) => frame.type === "system_info" && frame.system_info.action === action,
      action,
    )) as unknown as { session_id: string; system_info: { level: string; message: string } };
  const reply = async (id: string, content: string, session = "main") => {
    await client.send(content, { id, session });
    const end = (frame: { type: string; client_msg_id?: string }) =>
      frame.type === "stream_end" && frame.client_msg_id === id;
    return (await client.frame((frame) => end(frame as { type: string }), `end of ${id}`)) as unknown as End;
  };
  const post = async (path: string, body: object) => {
    const { status, text } = await api.call("POST", `${root}/${path}`, admin, body);
    t.is(status, 200, text);
  };

  t.is((await reply("m1", "hello")).text, "ena-test: hello");
  const unconfigured = await info("configure_model");
  t.is(unconfigured.session_id, "main");
  t.is(unconfigured.system_info.level, "warning");

  await post("providers/up", { base_url: upstream, api_key: "sk-test" });
  const model = { provider: "up", enabled: true, priority: 2 };
  await post("models/broken", { ...model, id: "broken", name: "500", priority: 1 });
  await post("models/good", {
    ...model,
    name: "slow:2x1",
    params: { temperature: 0.5, context_tokens: 1000 },
  });
  await post("models/off", { ...model, enabled: false, priority: 0 });
  const { body } = await api.call("GET", `${root}/models`, admin);
  t.deepEqual(
    (body.models as { id: string }[]).map(({ id }) => id),
    ["off", "broken", "good"],
  );
  t.is(body.total as number, 3);
  t.like((body.models as object[])[2], { name: "slow:2x1", tags: [], description: "", enabled: true });
  t.is((await api.call("POST", `${root}/models/x`, admin, { name: "without a provider" })).status, 400);
  t.is((await api.call("POST", `${root}/models/x`, admin, { provider: 5 })).status, 400);
  await post("models/off", { description: "left out stays" });
  const changed = (await api.call("GET", `${root}/models`, admin)).body.models as object[];
  t.like(changed[0], { id: "off", enabled: false, provider: "up", description: "left out stays" });

  // The enabled models by priority, without a route; one process after the other sees it.
  await eventually(
    async () => {
      const listed = (await api.call("GET", "/v1/models", admin)).body.data as { id: string }[];
      return listed.some(({ id }) => id === "good") && !listed.some(({ id }) => id === "off");
    },
    3_000,
    "the models are listed",
  );
  t.is((await reply("m2", "over the chain", "s2")).text, "over the chain");
  const fallback = await info("model_fallback");
  t.regex(fallback.system_info.message, /broken.*good/);

  // A route holds only what is in it.
  await post("routing/chat", { purpose: "chat", fallback_chain: ["broken"], required: true });
  t.deepEqual((await api.call("GET", `${root}/routing`, admin)).body as object, {
    rules: [{ purpose: "chat", fallback_chain: ["broken"], required: true }],
    total: 1,
  });
  let tries = 0;
  await eventually(
    async () => (await reply(`r${tries++}`, "only broken", "s3")).finish_reason === "failed",
    10_000,
    "the route holds",
  );
  t.is((await api.call("POST", `${root}/routing/dance`, admin, { fallback_chain: [] })).status, 400);
  t.is((await api.call("DELETE", `${root}/routing/chat`, admin)).status, 200);
  t.is((await api.call("DELETE", `${root}/routing/chat`, admin)).status, 404);
  t.deepEqual((await api.call("DELETE", `${root}/models/broken`, admin)).body as object, {
    status: "deleted",
    id: "broken",
  });
});

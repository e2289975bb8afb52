import test from "ava";
import { ParleyError } from "../../../schemas/errors.ts";
import { hear, modelsOf, startUpstream } from "../../_kit/worlds/provider.ts";

test("the chain goes on before the first token, and its first answer is the whole reply", async (t) => {
  const upstream = await startUpstream(t);
  const models = await modelsOf({ OPENAI_BASE_URL: upstream.url, OPENAI_MODEL: "401, 400,slow:3x1" });
  const { deltas, text, error } = await hear(models, {});
  t.is(error, undefined);
  t.is(text, "hello");
  t.deepEqual(
    deltas.filter(({ kind }) => kind === "start"),
    [{ kind: "start", model: "slow:3x1" }],
  );
  t.deepEqual(
    (await upstream.calls()).map(({ model }) => model),
    ["401", "400", "slow:3x1"],
  );
});

test("after the first token there is no second model", async (t) => {
  const upstream = await startUpstream(t);
  const models = await modelsOf({ OPENAI_BASE_URL: upstream.url, OPENAI_MODEL: "cut,slow:3x1" });
  const { text, error } = await hear(models, {});
  t.is(text, "half a sentence");
  t.true(error instanceof ParleyError && error.errorType === "llm_unavailable");
  t.is((await upstream.calls()).length, 1);
});

test("all links failed: the last reason, and no built-in model steps in", async (t) => {
  const { url } = await startUpstream(t);
  const { text, error } = await hear(await modelsOf({ OPENAI_BASE_URL: url, OPENAI_MODEL: "400,401" }), {});
  t.is(text, "");
  t.is((error as ParleyError).message, "AI 服务暂不可用: 上游拒绝了密钥 (401)");
});

test("a named model is called alone; names that nobody has are model_not_found", async (t) => {
  const upstream = await startUpstream(t);
  const models = await modelsOf({ OPENAI_BASE_URL: upstream.url, OPENAI_MODEL: "slow:1x0" });
  t.true(models.configured);
  const failing = await hear(models, { model: "400" });
  t.is((failing.error as ParleyError).errorType, "llm_unavailable");
  const unknown = await hear(models, { model: "gpt-unheard-of" });
  t.is((unknown.error as ParleyError).errorType, "model_not_found");
  t.is((await hear(models, { model: "ena-test" })).text, "ena-test: hello");
  t.is((await upstream.calls()).length, 1);
});

test("without a provider ena-test answers", async (t) => {
  const models = await modelsOf({});
  t.false(models.configured);
  t.deepEqual(
    models.list().map(({ id }) => id),
    ["ena-test"],
  );
  t.is((await hear(models, {})).text, "ena-test: hello");
  t.is(models.contextTokens(), 8192);
});

test("the provider's own list is added to the configured names", async (t) => {
  const { url } = await startUpstream(t);
  const ids = (await modelsOf({ OPENAI_BASE_URL: url, OPENAI_MODEL: "mine" })).list().map(({ id }) => id);
  t.is(ids[0], "mine");
  t.true(ids.includes("slow"));
  t.is(ids.at(-1), "ena-test");
});

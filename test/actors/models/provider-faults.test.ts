import test from "ava";
import { ParleyError } from "../../../schemas/errors.ts";
import { hear, modelsOf, startUpstream, unreachable } from "../../_kit/worlds/provider.ts";

const patient = { LIMIT_TURN_REPLY_BYTES: String(256 * 1024) };
/** For upstreams that are silent: what they are waited for is what the test waits. */
const quick = {
  ...patient,
  LIMIT_PROVIDER_CONNECT_MS: "2000",
  LIMIT_PROVIDER_FIRST_TOKEN_MS: "3000",
  LIMIT_PROVIDER_IDLE_MS: "2000",
  LIMIT_PROVIDER_TOTAL_MS: "6000",
};
const silent = ["hang", "drip", "hang-mid"];
const cases: { model: string; calls: number; text?: string; error: RegExp }[] = [
  { model: "hang", calls: 1, error: /未及时/ },
  // Comments are a sign of life: only the whole time ends it.
  { model: "drip", calls: 1, error: /超时/ },
  { model: "hang-mid", calls: 1, text: "half a sentence", error: /中断/ },
  { model: "cut", calls: 1, text: "half a sentence", error: /中断/ },
  { model: "reset", calls: 1, text: "half", error: /./ },
  { model: "error-mid", calls: 1, text: "half", error: /返回错误/ },
  { model: "400", calls: 1, error: /拒绝了请求 \(400\)/ },
  { model: "401", calls: 1, error: /密钥 \(401\)/ },
  { model: "429", calls: 3, error: /限流 \(429\)/ },
  { model: "500", calls: 3, error: /错误 \(500\)/ },
  { model: "html", calls: 1, error: /./ },
  { model: "blank", calls: 1, error: /没有给出回复/ },
  { model: "garbage", calls: 1, error: /无效/ },
  { model: "endless-line", calls: 1, error: /过大/ },
];

for (const { model, calls, text = "", error: reason } of cases) {
  test.serial(`${model}: llm_unavailable after ${calls} call(s)`, async (t) => {
    const upstream = await startUpstream(t);
    const limits = silent.includes(model) ? quick : patient;
    const models = await modelsOf({ OPENAI_BASE_URL: upstream.url, OPENAI_API_KEY: "sk-canary", ...limits });
    const heard = await hear(models, { model });
    const error = heard.error as ParleyError;
    t.true(error instanceof ParleyError, String(error));
    t.is(error.errorType, "llm_unavailable");
    t.is(error.status, 502);
    t.regex(error.message, /^AI 服务暂不可用: /);
    t.regex(error.message, reason);
    t.notRegex(error.message, /sk-|127\.0\.0\.1/);
    t.is(heard.text, text);
    t.is((await upstream.calls()).length, calls);
  });
}

test.serial("a reply over the bound ends, and the upstream is told", async (t) => {
  const upstream = await startUpstream(t);
  const models = await modelsOf({ OPENAI_BASE_URL: upstream.url, ...patient });
  const heard = await hear(models, { text: "@huge:64x0 please", model: "slow" });
  t.regex((heard.error as Error).message, /过大/);
  t.true(heard.text.length <= 256 * 1024);
  await upstream.service.logged(({ fields }) => fields.msg === "aborted", 1_000, "the abort");
});

test.serial("a call that fails before its first token is repeated and succeeds", async (t) => {
  const upstream = await startUpstream(t);
  const models = await modelsOf({ OPENAI_BASE_URL: upstream.url, ...patient });
  const heard = await hear(models, { model: "flaky", text: "@flaky:2x0 hello" });
  t.is(heard.error, undefined);
  t.is(heard.text, "@flaky:2x0 hello");
  t.is((await upstream.calls()).length, 3);
});

test.serial("nothing listens: llm_unavailable", async (t) => {
  const models = await modelsOf({ OPENAI_BASE_URL: unreachable, OPENAI_MODEL: "any", ...patient });
  const { error } = await hear(models, {});
  t.regex((error as ParleyError).message, /无法连接上游/);
});

for (const model of ["slow:50x100", "hang", "hang-mid"]) {
  test.serial(`an abort reaches the upstream within a second: ${model}`, async (t) => {
    const upstream = await startUpstream(t);
    const models = await modelsOf({ OPENAI_BASE_URL: upstream.url });
    const abort = new AbortController();
    const reason = new Error("nobody listens");
    const calling = hear(models, {
      model: model.split(":")[0] as string,
      text: `@${model} hi`,
      signal: abort.signal,
    });
    await upstream.service.logged(({ fields }) => fields.msg === "call", 5_000, "the call");
    const abortedAt = Date.now();
    abort.abort(reason);
    const line = await upstream.service.logged(({ fields }) => fields.msg === "aborted", 1_000, "the abort");
    t.true(Number(line.fields.at) - abortedAt <= 1_000);
    t.is((await calling).error, reason);
    t.is((await upstream.calls()).length, 1);
  });
}

test.serial("a reader that leaves aborts the upstream", async (t) => {
  const upstream = await startUpstream(t);
  const models = await modelsOf({ OPENAI_BASE_URL: upstream.url });
  const call = {
    model: "slow",
    messages: [{ role: "user" as const, content: "@slow:50x100 hi" }],
    params: {},
    signal: new AbortController().signal,
    user: "u1",
  };
  for await (const delta of models.stream("chat", call)) if (delta.kind === "content") break;
  await upstream.service.logged(({ fields }) => fields.msg === "aborted", 1_000, "the abort");
  t.pass();
});

import test from "ava";
import { quotaSchema } from "../../../schemas/documents/quota.ts";
import { startRecordingProvider } from "../../_kit/fakes/recording-provider.ts";
import { eventually } from "../../_kit/judge/waiting.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { rolesCommand } from "../../_kit/worlds/roles.ts";

const admin = { user: "admin" };

test("what finding facts costs counts as tokens and not as a message; without quota plain forms are understood", async (t) => {
  const fact = JSON.stringify({ facts: [{ content: "The user trains for a marathon" }] });
  let extractions = 0;
  const provider = await startRecordingProvider(t, ({ messages }) => {
    if (messages[0]?.content.includes("memory of facts") !== true) return "ok";
    extractions += 1;
    return fact;
  });
  const api = await Api.start({
    actorCommand: rolesCommand("session", "memory"),
    env: { OPENAI_BASE_URL: provider.url, QUOTA_DAY_MESSAGES: "2", QUOTA_MONTH_TOKENS: "2000" },
  });
  t.teardown(() => api.stop());
  const figures = async () => quotaSchema.parse((await api.call("GET", "/api/v1/quota", admin)).body);
  const facts = (count: number) =>
    eventually(
      async () => {
        const { body } = await api.call("GET", "/api/v1/memory", admin);
        return body.total === count && (body.memories as { content: string }[]);
      },
      20_000,
      `${count} facts`,
    );
  const client = await api.system.client("a");
  await client.send("I run every morning for my race");
  await facts(1);
  const { day, month } = await figures();
  t.is(day.messages, 1);
  // The instructions alone have some 200 tokens.
  t.true(month.tokens > 200 && month.tokens < 800, String(month.tokens));
  await client.send(`My name is Anna. ${"And so on. ".repeat(500)}`);
  const two = await facts(2);
  t.true(two.some(({ content }) => content.includes("Anna")));
  t.is(extractions, 1, "over the quota no model is asked");
  t.is((await figures()).day.messages, 2);
});

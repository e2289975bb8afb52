import test from "ava";
import { turnCompletedSchema } from "../../schemas/messages/event.ts";
import { providerChunkSchema, tokenSum } from "../../schemas/wire/provider-chunk.ts";

test("counts of tokens that a provider makes up stay readable in events", (t) => {
  const huge = Number.MAX_SAFE_INTEGER;
  const chunk = providerChunkSchema.parse({ usage: { prompt_tokens: huge, completion_tokens: huge } });
  const usage = chunk.usage as { prompt_tokens: number; completion_tokens: number; total_tokens: number };
  t.true(Number.isSafeInteger(usage.total_tokens));
  const shape = turnCompletedSchema.shape.usage;
  const twice = {
    prompt_tokens: tokenSum(usage.prompt_tokens, usage.prompt_tokens),
    completion_tokens: tokenSum(1, 2),
  };
  t.deepEqual(shape.parse(twice), { prompt_tokens: huge, completion_tokens: 3 });
});

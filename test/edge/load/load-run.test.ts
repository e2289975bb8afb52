import anyTest, { type TestFn } from "ava";
import { LoadRun } from "../../../edge/load/load-run.ts";
import { loadOptionsSchema, type ScenarioName } from "../../../edge/load/options.ts";
import { reportOf } from "../../../edge/load/report.ts";
import { judge } from "../../../edge/load/summary.ts";
import { Api } from "../../_kit/worlds/api.ts";
import { mintToken } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api }>;
const silent = { phase: () => {}, second: () => {} };

test.before(async (t) => {
  t.context = { api: await Api.start() };
});
test.after.always((t) => t.context.api?.stop());

function run(api: Api, scenario: ScenarioName, given: Record<string, unknown>) {
  const options = loadOptionsSchema.parse({
    url: `http://127.0.0.1:${api.system.ports()[0]}`,
    token: mintToken("admin"),
    warmup: "0s",
    duration: "2s",
    ...given,
  });
  return new LoadRun(scenario, options, "", silent).execute();
}

test.serial("chat: every message is accepted, answered once and in order, on every device", async (t) => {
  const given = { users: 3, sessions: 2, devices: 2, rate: 20, processes: 2, model: "ena-test" };
  const result = await run(t.context.api, "chat", { ...given, failIf: ["errors<1%", "p99<1ms"] });
  t.like(result.verdict, { lost: 0, doubled: 0, outOfOrder: 0, gaps: 0 });
  t.is(result.verdict.accepted, result.timeline.counts.sent);
  t.is(result.timeline.counts.done, result.timeline.counts.sent);
  t.is(result.timeline.counts.delivered, 2 * result.timeline.counts.done);
  const judgement = judge(result);
  t.true(judgement.kept);
  t.deepEqual(
    judgement.thresholds.map((each) => each.holds),
    [true, false],
  );
  const page = reportOf(result, judgement);
  t.regex(page, /"series":"answered"/);
  t.notRegex(page, /<(script|link)[^>]+(src|href)=/, "the report needs nothing from elsewhere");
  t.notRegex(page, new RegExp(mintToken("admin").slice(0, 40)), "no token in the report");
});

test.serial("storm: all sockets are cut at once, and miss nothing", async (t) => {
  const given = { users: 2, devices: 3, rate: 10, cuts: 2, duration: "4s", model: "ena-test" };
  const result = await run(t.context.api, "storm", given);
  t.like(result.verdict, { lost: 0, doubled: 0, outOfOrder: 0, gaps: 0 });
  // A cut that comes while sockets are still reconnecting adds none.
  t.true(result.timeline.counts.reconnects >= 3);
});

test.serial("openai: streams end with a finish reason", async (t) => {
  const result = await run(t.context.api, "openai", { users: 2, rate: 10, model: "ena-test" });
  t.is(result.timeline.counts.done, result.timeline.counts.sent);
  t.true((result.timeline.latency("first_chunk", 50) ?? 0) > 0);
});

test.serial("devices: the last state is what was published last", async (t) => {
  const given = { users: 1, devices: 5, rate: 50, transport: "rest" };
  const result = await run(t.context.api, "devices", given);
  t.is(result.verdict.lost, 0);
  t.is(result.verdict.accepted, result.timeline.counts.sent);
});

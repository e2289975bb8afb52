import anyTest, { type ExecutionContext, type TestFn } from "ava";
import { startStateless } from "../../../actors/stateless/main.ts";
import { collections } from "../../../schemas/documents/collections.ts";
import type { UsageDocument } from "../../../schemas/documents/usage.ts";
import { newId } from "../../../schemas/ids.ts";
import {
  type StatelessAnswer,
  type StatelessTurn,
  statelessAnswerSchema,
} from "../../../schemas/messages/stateless-turn.ts";
import { subjects } from "../../../schemas/messages/subjects.ts";
import { eventually, Watch } from "../../_kit/judge/waiting.ts";
import { actorContext, type TestActor } from "../../_kit/worlds/actor.ts";
import { startEngines, type TestEngines } from "../../_kit/worlds/engines.ts";
import { startUpstream, type Upstream } from "../../_kit/worlds/provider.ts";

const test = anyTest as TestFn<TestEngines>;
test.before(async (t) => {
  t.context = await startEngines();
});
test.after.always((t) => t.context.stop());

/** One request of an edge, and what came back. */
class Asked {
  readonly answers: StatelessAnswer[] = [];
  readonly edge = newId("edge_");
  readonly request = newId("req_");
  readonly #watch = new Watch();

  constructor(actor: TestActor, ask: Partial<StatelessTurn> & { text: string }) {
    const { edge, request } = this;
    actor.nc.subscribe(subjects.outEdge(edge, request), {
      callback: (_err, msg) => {
        this.answers.push(statelessAnswerSchema.parse(msg.json()));
        this.#watch.changed();
      },
    });
    const { text, ...rest } = ask;
    const messages = [{ role: "user" as const, content: text }];
    const turn = { edge, request, user: "u1", model: "ena-test", messages, params: {}, ...rest };
    actor.nc.publish(subjects.turnStateless, JSON.stringify(turn));
  }

  get text(): string {
    return this.answers.map((answer) => (answer.kind === "delta" ? (answer.content ?? "") : "")).join("");
  }

  seen(kind: StatelessAnswer["kind"], ms = 5_000): Promise<StatelessAnswer> {
    return this.#watch.until(() => this.answers.find((answer) => answer.kind === kind), ms, kind);
  }
}

/** Serves stateless turns alone, so that another test's process doesn't take this one's. */
async function serve(
  t: ExecutionContext<TestEngines>,
  environment: Record<string, string> = {},
): Promise<{ actor: TestActor; upstream: Upstream; stop(): Promise<void> }> {
  const upstream = await startUpstream(t);
  const actor = await actorContext(t, t.context, { OPENAI_BASE_URL: upstream.url, ...environment });
  const { stop } = startStateless(actor);
  t.teardown(stop);
  return { actor, upstream, stop };
}

test.serial("start, joined deltas, end, usage stored", async (t) => {
  const { actor } = await serve(t);
  const model = "ena-test:500x0";
  const asked = new Asked(actor, { text: "a text that is long enough", model, user: "payer" });
  const end = await asked.seen("end");
  t.is(asked.answers[0]?.kind, "start");
  t.true(asked.text.startsWith("ena-test: a text that is long enough"));
  t.true(asked.answers.length < 50, `${asked.answers.length} answers for 500 chunks`);
  t.is(end.kind === "end" && end.finish_reason, "stop");
  const usage = actor.db.collection<UsageDocument>(collections.usage);
  const stored = await eventually(
    async () => (await usage.findOne({ "_id.user": "payer" })) ?? undefined,
    5_000,
    "usage",
  );
  t.is(stored._id.model, model);
  t.is(stored.turns, 1);
  t.is(end.kind === "end" && end.usage.completion_tokens, stored.completion_tokens);
});

test.serial("tool calls come through in order", async (t) => {
  const { actor } = await serve(t);
  const asked = new Asked(actor, { text: "weather", model: "tools" });
  const end = await asked.seen("end");
  t.is(end.kind === "end" && end.finish_reason, "tool_calls");
  const calls = asked.answers.flatMap((answer) => (answer.kind === "delta" ? (answer.tool_calls ?? []) : []));
  t.is(calls.map((call) => call.function?.arguments ?? "").join(""), '{"city":"Köln"}');
});

test.serial("errors have their type: unknown model, failing model, malformed turn", async (t) => {
  const { actor } = await serve(t);
  const unknown = await new Asked(actor, { text: "x", model: "unheard-of" }).seen("error");
  t.like(unknown, { errorType: "model_not_found" });
  const failing = await new Asked(actor, { text: "x", model: "400" }).seen("error");
  t.like(failing, { errorType: "llm_unavailable" });
  const malformed = await new Asked(actor, { text: "x", messages: "none" as never }).seen("error");
  t.like(malformed, { errorType: "invalid_request" });
});

test.serial("a cancel reaches the upstream within a second", async (t) => {
  const { actor, upstream } = await serve(t);
  const asked = new Asked(actor, { text: "@slow:100x100 hi", model: "slow" });
  await asked.seen("delta");
  const cancelledAt = Date.now();
  actor.nc.publish(subjects.turnCancel(asked.request));
  const line = await upstream.service.logged(({ fields }) => fields.msg === "aborted", 1_000, "the abort");
  t.true(Number(line.fields.at) - cancelledAt <= 1_000);
});

test.serial("a silent edge loses its turn, one that goes on asking keeps it", async (t) => {
  const { actor, upstream } = await serve(t, { LIMIT_EDGE_SILENCE_MS: "600" });
  const [silent, wanted] = [1, 2].map(() => new Asked(actor, { text: "@slow:30x60 hi", model: "slow" })) as [
    Asked,
    Asked,
  ];
  const renewal = setInterval(
    () =>
      actor.nc.publish(subjects.edgeInterest(wanted.edge), JSON.stringify({ requests: [wanted.request] })),
    150,
  );
  t.teardown(() => clearInterval(renewal));
  t.like(await silent.seen("error"), { errorType: "service_unavailable" });
  await upstream.service.logged(({ fields }) => fields.msg === "aborted", 1_000, "the abort");
  await wanted.seen("end");
  t.is((await upstream.calls()).filter(({ aborted }) => aborted !== undefined).length, 1);
});

test.serial("more turns than allowed are refused at once", async (t) => {
  const { actor } = await serve(t, { LIMIT_STATELESS_TURNS: "1" });
  const first = new Asked(actor, { text: "@slow:5x50 hi", model: "slow" });
  await first.seen("delta");
  t.like(await new Asked(actor, { text: "x" }).seen("error"), { errorType: "rate_limited" });
  await first.seen("end");
  await new Asked(actor, { text: "x" }).seen("end");
});

test.serial("a stop lets a turn end, and ends one that takes too long with an error", async (t) => {
  const { actor, stop } = await serve(t, { LIMIT_STATELESS_STOP_MS: "800" });
  const short = new Asked(actor, { text: "@slow:5x50 hi", model: "slow" });
  const long = new Asked(actor, { text: "@slow:500x50 hi", model: "slow" });
  await Promise.all([short.seen("delta"), long.seen("delta")]);
  const stopping = stop();
  await short.seen("end");
  t.like(await long.seen("error"), { errorType: "service_unavailable" });
  await stopping;
});
